"""Cursors of a search: they come back whole, bound to one search, and tell nobody a rank."""

import json
from base64 import urlsafe_b64decode

import pytest

from catalog.search.cursors import decode_cursor, encode_cursor
from catalog.search.port import Cursor

PLACES = [
    Cursor(7.25, 12, 20),
    Cursor("61706665", 3, 5, backwards=True),
    Cursor(None, 0, 40, backwards=True),
    Cursor(7.25, 12, 20, by_meaning=True),
]


@pytest.mark.parametrize("place", PLACES)
def test_a_sealed_place_opens_where_it_was_sealed_for_and_nowhere_else(place: Cursor):
    text = encode_cursor(place, bound_to="anybody:q=parcel")

    assert decode_cursor(text, bound_to="anybody:q=parcel") == place
    assert decode_cursor(text, bound_to="anybody:q=customer") is None
    assert decode_cursor(text[:-2] + "xx", bound_to="anybody:q=parcel") is None
    assert decode_cursor("forged", bound_to="anybody:q=parcel") is None


def test_a_rank_cannot_be_read_off_its_cursor():
    place = PLACES[0]
    text = encode_cursor(place, bound_to="anybody:")

    content = urlsafe_b64decode(text.partition(":")[0])

    assert b"7.25" not in content
    assert json.dumps(place.value).encode() not in content
    assert encode_cursor(place, bound_to="anybody:") != text


def test_cursors_do_not_outlive_the_secret(settings):
    text = encode_cursor(PLACES[0], bound_to="anybody:")

    settings.SECRET_KEY = "another secret of the installation"

    assert decode_cursor(text, bound_to="anybody:") is None
