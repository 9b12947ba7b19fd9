"""The help page: search syntax, badges and keyboard shortcuts."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from catalog.web.components.badges import VERDICTS, Label
from catalog.web.pages import render_page

EXAMPLES = (
    ('"order lines"', _("The words in this order")),
    ("orders -returns", _("With the first word, without the second")),
    ("domain:sales,logistics", _("Products of either domain")),
    ('owner:"Ana Lindqvist"', _("Products of a person's domains, or of a team")),
    ("min_share(sex)>=40%", _("The smallest group by sex has a share of at least 40 % (or 0.4)")),
    ("max_gap(age_band)<=0.1", _("No age band differs from its reference by over 10 points")),
    ("imbalance:sex", _("Shares by sex are declared or measured")),
    ("bias:measured", _("Groups were counted in the data; also declared, not-assessed")),
    ("bias:contradicted", _("A declared share lies outside what was measured, unexplained")),
    ("has:bias-notes", _("The owner wrote of imbalances, or gave shares of groups")),
)
SHORTCUTS = (
    (("/",), _("go to the search box")),
    (("?",), _("this list")),
    (("g", "h"), _("home")),
    (("g", "s"), _("all products")),
    (("g", "d"), _("domains")),
    (("j", "k"), _("next and previous result")),
    (("o",), _("open the result")),
    (("[", "]"), _("previous and next tab of a product")),
    (("Esc",), _("close the menu or the suggestions")),
)


@dataclass(frozen=True)
class HelpPage:
    examples: Sequence[tuple[str, Label]]
    verdicts: Sequence[str]
    shortcuts: Sequence[tuple[Sequence[str], Label]]


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    page = HelpPage(EXAMPLES, list(VERDICTS), SHORTCUTS)
    return render_page(request, "pages/help.html", page)
