"""Plain controls are written as Django's templates write them."""

import re
from typing import Any

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates

from catalog.web.forms.formsets import TableForm
from catalog.web.forms.renderers import PlainControls
from catalog.web.forms.versioned import VersionedForm

HOSTILE = "\"'<&>\u2028é"


class Every(forms.Form):
    """One field of each kind that pages have."""

    text = forms.CharField(initial=HOSTILE, max_length=9)
    count = forms.IntegerField(min_value=0, required=False)
    share = forms.FloatField(initial=0.5, required=False)
    tick = forms.BooleanField(initial=True)
    mail = forms.EmailField()
    hidden = forms.CharField(widget=forms.HiddenInput, initial=0)
    choice = forms.ChoiceField(choices=[("", "–"), (HOSTILE, HOSTILE), ("b", "B")], initial="b")
    grouped = forms.ChoiceField(choices=[("Group", [("1", "one")]), ("2", "two")])
    several = forms.MultipleChoiceField(choices=[("1", "one"), ("2", "two")], initial=["1", "2"])
    passage = forms.CharField(widget=forms.Textarea, initial=HOSTILE)
    day = forms.DateField(required=False)


@pytest.mark.parametrize("name", list(Every.base_fields))
@pytest.mark.parametrize("data", [None, {}, {"text": HOSTILE, "tick": "on", "choice": HOSTILE}])
def test_a_control_is_what_djangos_template_makes_of_it(name: str, data: Any):
    attributes = {"aria-label": HOSTILE, "data-yes": True, "data-no": False, "rows": 3}

    django, plain = (
        Every(data, renderer=renderer)[name].as_widget(attrs=dict(attributes))
        for renderer in (DjangoTemplates(), PlainControls())
    )

    assert re.sub(r"\n\s*", "", plain) == re.sub(r"\n\s*", "", django)


def test_plain_controls_are_used_where_a_page_has_hundreds_of_them():
    assert isinstance(TableForm().renderer, PlainControls)
    assert isinstance(VersionedForm().renderer, DjangoTemplates)
    assert not isinstance(VersionedForm().renderer, PlainControls)
