"""The style guide shows each state that a page can have."""

import pytest

from catalog.web.components.badges import CHECKS, VERDICTS
from tests.factories import make_person

pytestmark = pytest.mark.django_db


def test_every_verdict_and_every_state_of_a_check_is_shown(client):
    make_person()

    response = client.get("/styleguide")
    text = response.content.decode()

    assert {row.state for row in response.context_data["page"].checks} == set(CHECKS)
    assert {verdict for verdict, _ in response.context_data["page"].coverage} == set(VERDICTS)
    assert all(str(style.label) in text for style in (*CHECKS.values(), *VERDICTS.values()))
    assert "planned maintenance" in text
