"""Mistyped queries made from names, by rule and by seed: what spelling is measured on; pure.

A word may be mistyped where it is Latin letters only, no stop word, and long enough to be meant:
five letters for one edit, nine for two. Every other query is the whole name; the others are two or
three words of it that no other name holds together (the whole name where there are none such).
Nothing is left out because the mistyped word happens to be another word.
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
SHORTEST = {**dict.fromkeys(ONE_EDIT, 5), TWO_EDITS: 9}
MOST_WORDS = 3


@dataclass(frozen=True, slots=True)
class Mistyped:
    """A query as it was meant and as it was typed, and the keys of the things so named."""

    kind: str
    meant: str
    typed: str
    targets: tuple[str, ...]


def mistyped(names: Mapping[str, str], *, count: int, seed: int) -> list[Mistyped]:
    """Make `count` queries from names by key, the kinds in turn; fewer where no name will do.

    The same names and seed give the same queries.
    """
    keys: dict[str, list[str]] = {}
    for key in sorted(names):
        keys.setdefault(normalize_name(names[key]), []).append(key)
    held = Counter(word for name in keys for word in set(name.split()))
    random = Random(seed)
    made = []
    pools = {kind: _shuffled(keys, kind, random) for kind in KINDS}
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        name = next(pools[kind], None)
        if name is not None:
            word = random.choice(_eligible(name, kind))
            is_whole = number // len(KINDS) % 2 == 0
            meant = name if is_whole else _telling(name, word, keys, held)
            wrong = _edited(word, kind, random)
            typed = " ".join(wrong if part == word else part for part in meant.split())
            made.append(Mistyped(kind, meant, typed, tuple(keys[name])))
    return made


def _shuffled(names: Mapping[str, object], kind: str, random: Random) -> Iterator[str]:
    """The names that hold an eligible word, in random order, over and over."""
    pool = [name for name in names if _eligible(name, kind)]
    while pool:
        random.shuffle(pool)
        yield from list(pool)


def _eligible(name: str, kind: str) -> list[str]:
    return [
        word
        for word in dict.fromkeys(name.split())
        if word.isascii()
        and word.isalpha()
        and len(word) >= SHORTEST[kind]
        and word not in STOP_WORDS
    ]


def _telling(name: str, word: str, names: Mapping[str, object], held: Mapping[str, int]) -> str:
    """The word with one or two others, the rarest first, that together stand in this name only."""
    words = list(dict.fromkeys(name.split()))
    others = sorted((w for w in words if w != word and w not in STOP_WORDS), key=held.__getitem__)
    for count in range(1, MOST_WORDS):
        chosen = {word, *others[:count]}
        holders = islice((n for n in names if chosen <= set(n.split())), 2)
        if len(chosen) > count and len(list(holders)) == 1:
            return " ".join(part for part in words if part in chosen)
    return name


def _edited(word: str, kind: str, random: Random) -> str:
    """Another word, so many edits away as the kind says."""
    edits = 2 if kind == TWO_EDITS else 1
    while True:
        wrong = word
        for each in random.choices(ONE_EDIT, k=2) if edits == 2 else [kind]:
            wrong = _EDITS[each](wrong, random)
        if distance(word, wrong, edits) == edits:
            return wrong


def _transposed(word: str, random: Random) -> str:
    at = random.randrange(len(word) - 1)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _inserted(word: str, random: Random) -> str:
    at = random.randrange(len(word) + 1)
    return word[:at] + random.choice(ascii_lowercase) + word[at:]


def _deleted(word: str, random: Random) -> str:
    at = random.randrange(len(word))
    return word[:at] + word[at + 1 :]


def _substituted(word: str, random: Random) -> str:
    at = random.randrange(len(word))
    return word[:at] + random.choice(ascii_lowercase) + word[at + 1 :]


_EDITS = {
    "transposition": _transposed,
    "insertion": _inserted,
    "deletion": _deleted,
    "substitution": _substituted,
}
