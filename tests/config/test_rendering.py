"""The JSON of the API is what REST framework would have written."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from django.utils.translation import gettext_lazy
from rest_framework.renderers import JSONRenderer

from catalog.api.rest.renderers import FastJSON

MOMENT = datetime(2026, 11, 26, 14, 5, 6, 700, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        {"a": [1, 2.5, None, True], "é": "\u2028 <b> \U0001f600"},
        {"at": datetime(2026, 1, 1, tzinfo=UTC), "day": date(2026, 1, 1)},
        {"id": UUID(int=7), "price": Decimal("1.10"), "long": timedelta(seconds=90)},
        {"lazy": gettext_lazy("Overview"), "tuple": (1, 2)},
        {"beyond 64 bits": 2**70, "beside": MOMENT.replace(microsecond=0)},
        {1: "a key that is no text"},
        [],
    ],
)
def test_an_answer_means_what_it_meant(value):
    assert json.loads(FastJSON().render(value)) == json.loads(JSONRenderer().render(value))


def test_a_moment_keeps_its_microseconds_and_its_zone():
    elsewhere = MOMENT.astimezone(timezone(timedelta(hours=2)))

    rendered = json.loads(FastJSON().render({"utc": MOMENT, "elsewhere": elsewhere}))

    assert rendered["utc"] == "2026-11-26T14:05:06.000700Z"
    assert datetime.fromisoformat(rendered["elsewhere"]) == MOMENT


def test_no_answer_is_no_bytes():
    assert FastJSON().render(None) == b""
