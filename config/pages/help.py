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
    ("imbalance:sex", _("Products that state an imbalance by sex")),
    ("min_share(sex)>=0.4", _("The smallest group by sex has a share of at least 40 %")),
    ("has:bias-notes", _("Products whose imbalances are described")),
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
