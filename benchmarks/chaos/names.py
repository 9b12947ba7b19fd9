"""Product names that are unique, so that a search for one finds one product; pure."""

CONSONANTS, VOWELS = "bdfgklmnprstvz", "aeiou"
SYLLABLES = tuple(first + second for first in CONSONANTS for second in VOWELS)
COMMON_WORD = "stormglass"


def unique_word(client: int, number: int) -> str:
    """Return the word of one product of one client: an x and four syllables."""
    rest, parts = (client * 4999 + number) * 7919 % len(SYLLABLES) ** 4, []
    for _ in range(4):
        rest, index = divmod(rest, len(SYLLABLES))
        parts.append(SYLLABLES[index])
    return "x" + "".join(parts)


def name_of(key: str) -> str:
    return f"{key.title()} {COMMON_WORD}"
