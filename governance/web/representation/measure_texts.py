"""What each measure of a label means in plain words, and where it is defined."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.representation.measures import TITLES

CLARIFY = "https://arxiv.org/abs/2109.03285"
LIN = "https://doi.org/10.1109/18.61115"
KULLBACK_LEIBLER = "https://doi.org/10.1214/aoms/1177729694"
SMIRNOV = "https://doi.org/10.1214/aoms/1177730256"
WACHTER = "https://doi.org/10.1016/j.clsr.2021.105567"
# By code: a short name, the meaning, and the publication with the formula.
TEXTS: dict[str, tuple[str, str | Promise, str]] = {
    "class-imbalance": (
        "CI",
        gettext_lazy(
            "How much smaller the group is than all others together: 0 is equal, 1 means that the"
            " group has no record, below 0 it is the larger side."
        ),
        CLARIFY,
    ),
    "dpl": (
        "DPL",
        gettext_lazy(
            "The share of favourable labels among all others less that in the group. Above 0 the"
            " group gets them less often."
        ),
        CLARIFY,
    ),
    "kl": (
        "KL",
        gettext_lazy(
            "How surprising the labels of all others are if one expects those of the group, in"
            " nats. 0 means equal; it has no upper end."
        ),
        KULLBACK_LEIBLER,
    ),
    "js": (
        "JS",
        gettext_lazy(
            "The distance of both distributions of labels from their middle, in nats: 0 is equal,"
            " 0.693 means nothing in common."
        ),
        LIN,
    ),
    "lp": (
        "L2",
        gettext_lazy(
            "The length of the difference of both distributions of labels: 0 is equal, 1.414 is"
            " the most."
        ),
        CLARIFY,
    ),
    "tvd": (
        "TVD",
        gettext_lazy("The share of labels that would have to change so that both are equal."),
        CLARIFY,
    ),
    "ks": (
        "KS",
        gettext_lazy("The largest difference of the shares of any one label."),
        CLARIFY,
    ),
    "ks-ordered": (
        "KS, ordered",
        gettext_lazy("The largest difference of the shares of labels up to any one of them."),
        SMIRNOV,
    ),
    "demographic-disparity": (
        "DD",
        gettext_lazy(
            "The group's share of the unfavourable labels less its share of the favourable ones."
            " Above 0 it has more of the bad than of the good."
        ),
        WACHTER,
    ),
    "cdd": (
        "CDDL",
        gettext_lazy(
            "The same within each group of another attribute, averaged by their records: a"
            " difference that the other attribute explains disappears."
        ),
        WACHTER,
    ),
}


@dataclass(frozen=True)
class MeasureText:
    code: str
    title: str
    meaning: str
    url: str


def short_name(code: str, within: str = "") -> str:
    """Return the heading of a column: CDDL in age band."""
    short = TEXTS[code][0] if code in TEXTS else code
    if not within:
        return short
    return _("{measure} in {attribute}").format(measure=short, attribute=within.replace("_", " "))


def measure_texts(codes: Iterable[str]) -> list[MeasureText]:
    """Return each measure once, in the order in which they are listed."""
    used = set(codes)
    return [
        MeasureText(code, TITLES[code], str(meaning), url)
        for code, (_short, meaning, url) in TEXTS.items()
        if code in used
    ]
