"""What makes products similar: the features of one, and the weight of each; pure.

A weight follows from the documents that the caller may read and from no others, so that hidden
ones change neither what is similar nor its order.
"""

import re
from collections.abc import Iterable, Mapping
from math import log2

from catalog.identifiers import normalize
from catalog.search.analysis import first_sentence
from catalog.search.fields import MAX_TERM_LENGTH, STOP_WORDS
from catalog.search.port import Feature
from catalog.search.scripts import nfc, split_words

TAG, COLUMN, WORD = "tag", "column", "word"
MAX_FEATURES = {TAG: 10, COLUMN: 24, WORD: 16}
# A tag was chosen to say what a product is about; a column or a word only hints at it.
TYPE_WEIGHTS = {TAG: 3, COLUMN: 1, WORD: 1}
MAX_FEATURE_LENGTH = 200
# A feature of more than a third of the readable documents has no weight.
MAX_SHARE = 1 / 3
# Without a shared tag, this number of columns and words must be shared.
MIN_SHARED = 2
# Words without a subject, beyond the stop words of search.
EXTRA_STOP_WORDS = frozenset(
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
    """Return the tags, the columns, and the words of name and first sentence.

    Of many columns the longest names are taken: `id` is everywhere, `lifetime_value` is not.
    """
    labels = _normalized(tags)
    found_words = _WORD.findall(nfc(f"{name} {first_sentence(summary)}".casefold()))
    words = [
        word
        for word in dict.fromkeys(part for word in found_words for part in split_words(word))
        if word not in STOP_WORDS and word not in EXTRA_STOP_WORDS and len(word) <= MAX_TERM_LENGTH
    ]
    features = {
        TAG: labels,
        COLUMN: sorted(_normalized(columns), key=lambda text: (-len(text), text)),
        # A word that is a tag as well is counted once.
        WORD: [word for word in words if word not in labels],
    }
    return tuple(
        Feature(name, text)
        for name, texts in features.items()
        for text in texts[: MAX_FEATURES[name]]
    )


def _normalized(values: Iterable[str]) -> list[str]:
    texts = dict.fromkeys(map(normalize, values))
    return [text for text in texts if 0 < len(text) <= MAX_FEATURE_LENGTH]


def feature_weights(counts: Mapping[Feature, int], total: int) -> dict[Feature, int]:
    """Return how much sharing a feature counts: more, the fewer of `total` documents have it.

    Whole numbers, so that sums are equal in every engine whatever order they are added in.
    Features that no other document has, or too many, are left out.
    """
    return {
        feature: TYPE_WEIGHTS[feature.type] * max(1, round(_STEPS * log2((total + 1) / count)))
        for feature, count in counts.items()
        if 1 < count <= max(2, int(total * MAX_SHARE))
    }
