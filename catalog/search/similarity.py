"""By what products are alike: the features of one, and how telling each of them is; pure.

How telling a feature is follows from the documents that the caller may read and from no others,
so that what is hidden changes neither who is alike nor in which order.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from math import log2

from catalog.search.analysis import first_sentence
from catalog.search.fields import MAX_TERM_LENGTH, STOP_WORDS
from catalog.search.port import Feature
from catalog.search.spelling import normalize

TAG, COLUMN, WORD = "tag", "column", "word"
MOST = {TAG: 10, COLUMN: 24, WORD: 16}
# A tag was chosen to say what a thing is about; a column or a word says so only by the way.
WORTH = {TAG: 3, COLUMN: 1, WORD: 1}
LONGEST_FEATURE = 200
# What more than one in so many readable documents holds tells nothing.
TELLING_SHARE = 3
# Without a shared tag, so many columns and words must be shared.
MIN_SHARED = 2
# Words that say nothing of a subject, beyond those that no search looks for.
EMPTY_WORDS = frozenset(
    "about above after again all also any because been before being below between both can did do "
    "does done down during each every few had has have he her here hers him his how its just made "
    "make many may more most much must never off once one only other others our out over own per "
    "same she should since so some still than them through too two under until up upon us used "
    "very what when where whether while who whom whose why would you your".split()
)
_STEPS = 4
_WORD = re.compile(r"[^\W\d_]{3,}")


def features_of(
    *, name: str, summary: str, tags: Iterable[str], columns: Iterable[str]
) -> tuple[Feature, ...]:
    """The tags, columns, and words of name and first sentence by which others may be like it.

    Of many columns the longest names are taken: `id` is everywhere, `lifetime_value` is not.
    """
    labels = list(_texts(tags))
    found = {
        TAG: labels,
        COLUMN: sorted(_texts(columns), key=lambda text: (-len(text), text)),
        # A word that is a tag as well is counted once.
        WORD: [word for word in _words(f"{name} {first_sentence(summary)}") if word not in labels],
    }
    return tuple(
        Feature(object_type, text)
        for object_type, texts in found.items()
        for text in texts[: MOST[object_type]]
    )


def _texts(values: Iterable[str]) -> Iterator[str]:
    texts = dict.fromkeys(map(normalize, values))
    return (text for text in texts if 0 < len(text) <= LONGEST_FEATURE)


def _words(text: str) -> Iterator[str]:
    words = dict.fromkeys(word.casefold() for word in _WORD.findall(text))
    said = (word for word in words if word not in STOP_WORDS and word not in EMPTY_WORDS)
    return (word for word in said if len(word) <= MAX_TERM_LENGTH)


def feature_weights(counts: Mapping[Feature, int], total: int) -> dict[Feature, int]:
    """How much sharing a feature is worth: more, the fewer of `total` documents hold it.

    Whole numbers, so that sums are equal in every engine whatever order they are added in. What
    nobody else holds, and what tells nothing, is left out.
    """
    return {
        feature: WORTH[feature.type] * max(1, round(_STEPS * log2((total + 1) / count)))
        for feature, count in counts.items()
        if 1 < count <= max(2, total // TELLING_SHARE)
    }
