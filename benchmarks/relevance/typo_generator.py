"""Mistyped queries made from names, by rule and seed; pure.

A word is mistyped only if it has Latin letters only, is no stop word and is long enough to be
recognized: five letters for one edit, nine for two. Every other query is the whole name; the
others are two or three words of it that occur together in no other name (the whole name if there
are none). A mistyped word that happens to be another word is not left out.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from random import Random
from string import ascii_lowercase

from catalog.search.fields import STOP_WORDS
from catalog.search.spelling import distance, normalize_name

ONE_EDIT = ("transposition", "insertion", "deletion", "substitution")
TWO_EDITS = "two edits"
KINDS = (*ONE_EDIT, TWO_EDITS)
MIN_LENGTH = {**dict.fromkeys(ONE_EDIT, 5), TWO_EDITS: 9}
MAX_WORDS = 3


@dataclass(frozen=True, slots=True)
class TypoCase:
    """A query as intended and as typed, and the keys of everything with that name."""

    kind: str
    intended: str
    typed: str
    targets: tuple[str, ...]


def make_typos(names: Mapping[str, str], *, count: int, seed: int) -> list[TypoCase]:
    """Make `count` cases from names by key, the kinds in turn; fewer if no name is suitable.

    The same names and seed give the same cases.
    """
    keys: dict[str, list[str]] = {}
    for key in sorted(names):
        keys.setdefault(normalize_name(names[key]), []).append(key)
    word_counts = Counter(word for name in keys for word in set(name.split()))
    random = Random(seed)
    cases = []
    pools = {kind: _shuffled(keys, kind, random) for kind in KINDS}
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        name = next(pools[kind], None)
        if name is not None:
            word = random.choice(_eligible_words(name, kind))
            is_whole = number // len(KINDS) % 2 == 0
            intended = name if is_whole else _identifying_words(name, word, keys, word_counts)
            mistyped = _edit(word, kind, random)
            typed = " ".join(mistyped if part == word else part for part in intended.split())
            cases.append(TypoCase(kind, intended, typed, tuple(keys[name])))
    return cases


def _shuffled(names: Mapping[str, object], kind: str, random: Random) -> Iterator[str]:
    """Yield names with an eligible word in random order, endlessly."""
    pool = [name for name in names if _eligible_words(name, kind)]
    while pool:
        random.shuffle(pool)
        yield from list(pool)


def _eligible_words(name: str, kind: str) -> list[str]:
    return [
        word
        for word in dict.fromkeys(name.split())
        if word.isascii()
        and word.isalpha()
        and len(word) >= MIN_LENGTH[kind]
        and word not in STOP_WORDS
    ]


def _identifying_words(
    name: str, word: str, names: Mapping[str, object], word_counts: Mapping[str, int]
) -> str:
    """Return the word and the rarest one or two others that together occur in this name only."""
    words = list(dict.fromkeys(name.split()))
    others = sorted(
        (w for w in words if w != word and w not in STOP_WORDS), key=word_counts.__getitem__
    )
    for count in range(1, MAX_WORDS):
        chosen = {word, *others[:count]}
        matches = islice((n for n in names if chosen <= set(n.split())), 2)
        if len(chosen) > count and len(list(matches)) == 1:
            return " ".join(part for part in words if part in chosen)
    return name


def _edit(word: str, kind: str, random: Random) -> str:
    """Return another word at exactly the edit distance of the kind."""
    edits = 2 if kind == TWO_EDITS else 1
    while True:
        edited = word
        for edit in random.choices(ONE_EDIT, k=2) if edits == 2 else [kind]:
            edited = _EDITS[edit](edited, random)
        if distance(word, edited, edits) == edits:
            return edited


def _transpose(word: str, random: Random) -> str:
    index = random.randrange(len(word) - 1)
    return word[:index] + word[index + 1] + word[index] + word[index + 2 :]


def _insert(word: str, random: Random) -> str:
    index = random.randrange(len(word) + 1)
    return word[:index] + random.choice(ascii_lowercase) + word[index:]


def _delete(word: str, random: Random) -> str:
    index = random.randrange(len(word))
    return word[:index] + word[index + 1 :]


def _substitute(word: str, random: Random) -> str:
    index = random.randrange(len(word))
    return word[:index] + random.choice(ascii_lowercase) + word[index + 1 :]


_EDITS = {
    "transposition": _transpose,
    "insertion": _insert,
    "deletion": _delete,
    "substitution": _substitute,
}
