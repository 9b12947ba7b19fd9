"""Cursors are read again for one scope, and tell nobody the place that they hold."""

from base64 import urlsafe_b64decode

import pytest

from catalog.cursors import decode_cursor, encode_cursor

PLACES = [[7.25, 12, 20], {"back": True, "place": ["61706665", "3"]}, [None, 0, 40]]


@pytest.mark.parametrize("place", PLACES)
def test_a_cursor_is_read_again_for_its_own_scope_alone(place):
    text = encode_cursor(place, scope="anybody:q=parcel")

    assert decode_cursor(text, scope="anybody:q=parcel") == place
    assert decode_cursor(text, scope="anybody:q=customer") is None


@pytest.mark.parametrize("text", ["", "forged", "ü", "\udcff", "gAAAAAB" * 20, "="])
def test_a_text_that_is_no_cursor_has_no_place(text):
    assert decode_cursor(text, scope="anybody:") is None


def test_a_changed_cursor_has_no_place():
    text = encode_cursor(PLACES[0], scope="anybody:")

    assert decode_cursor(text[:-2] + "xx", scope="anybody:") is None


def test_a_place_cannot_be_read_from_its_cursor():
    text = encode_cursor(PLACES[0], scope="anybody:")

    assert b"7.25" not in urlsafe_b64decode(text + "=" * (-len(text) % 4))
    assert encode_cursor(PLACES[0], scope="anybody:") != text


def test_cursors_do_not_outlive_the_secret(settings):
    text = encode_cursor(PLACES[0], scope="anybody:")

    settings.SECRET_KEY = "another secret of the installation"

    assert decode_cursor(text, scope="anybody:") is None
