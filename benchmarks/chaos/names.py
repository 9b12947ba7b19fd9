"""Names that nothing else in a catalog has, so that a search for one finds one product; pure."""

from __future__ import annotations

CONSONANTS, VOWELS = "bdfgklmnprstvz", "aeiou"
SYLLABLES = tuple(first + second for first in CONSONANTS for second in VOWELS)
EVERYWHERE = "stormglass"


def word(client: int, number: int) -> str:
    """Return the word of one product of one client; an x and four syllables, no two alike."""
    rest, parts = (client * 4999 + number) * 7919 % len(SYLLABLES) ** 4, []
    for _ in range(4):
        rest, place = divmod(rest, len(SYLLABLES))
        parts.append(SYLLABLES[place])
    return "x" + "".join(parts)


def name_of(key: str) -> str:
    """Return the name of the product with a word."""
    return f"{key.title()} {EVERYWHERE}"
