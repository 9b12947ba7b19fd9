"""Text of any script as the words that are indexed and searched; pure.

Chinese, Japanese, Korean, Thai, Lao, Khmer and Burmese put no spaces between words. Their runs are
indexed as overlapping pairs of characters, then the last character alone, so that every part of a
run is a phrase of pairs, and a single character the prefix of one.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import groupby

_HIRAGANA, _KATAKANA = "\u3041-\u3096\u309d-\u309f", "\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
_HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_HANGUL = "\uac00-\ud7a3"
_SOUTH_EAST_ASIAN = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e50-\u0e59"  # Thai
    "\u0e81-\u0ecd\u0ed0-\u0edf\u1000-\u1049\u1050-\u109f\u1780-\u17d3\u17d7\u17dc-\u17e9"
)
_RUN = re.compile(f"[{_HIRAGANA}{_KATAKANA}{_HAN}{_HANGUL}{_SOUTH_EAST_ASIAN}]+")
_SCRIPTS = [re.compile(f"[{one}]") for one in (_HIRAGANA, _KATAKANA, _HAN)]
_HIRAGANA_SIGN = _SCRIPTS[0]
_MARKS = "".join(
    chr(code) for code in range(0x300, 0xABFF) if unicodedata.category(chr(code))[0] == "M"
)
# A word; marks of a letter belong to it, for many Indic vowels are marks.
WORD = re.compile(rf"(?:[^\W_]|[{_MARKS}])+")
# They change how a word is written and not which word it is.
JOINERS = "\u200c\u200d\u00ad\ufeff"


def nfc(text: str) -> str:
    """Return a text with composed characters, as most keyboards type them."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """Return the form that is split into words: of one width, without marks of their own.

    Engines disagree about the marks: one splits a word there, another does not.
    """
    if text.isascii():
        return text
    composed = unicodedata.normalize("NFKC", text)
    return "".join(
        sign for sign in composed if not unicodedata.combining(sign) and sign not in JOINERS
    )


def has_unspaced(text: str) -> bool:
    """Return True if a text has characters of a script without spaces."""
    return not text.isascii() and _RUN.search(fold(text)) is not None


def is_single_sign(text: str) -> bool:
    """Return True for one character of a script without spaces: many words begin with it."""
    return len(text) == 1 and has_unspaced(text)


def index_form(text: str) -> str:
    """Return a text as it is indexed: runs without spaces as pairs and their last character."""
    if text.isascii():
        return text
    return _RUN.sub(lambda match: f" {_pairs(match[0])} {match[0][-1]} ", fold(text))


def query_form(text: str) -> str:
    """Return a text as a phrase of indexed words: the run at its end may go on."""
    if text.isascii():
        return text
    folded = fold(text).strip()
    end = len(folded)

    def words_of(match: re.Match[str]) -> str:
        is_open = match.end() == end and len(match[0]) > 1
        return f" {_pairs(match[0])} {'' if is_open else match[0][-1]} "

    return " ".join(_RUN.sub(words_of, folded).split())


def _pairs(run: str) -> str:
    return " ".join(run[index : index + 2] for index in range(len(run) - 1))


def unspaced_runs(text: str) -> list[str]:
    """Return the runs of a text that are written without spaces."""
    return [] if text.isascii() else _RUN.findall(fold(text))


def without_runs(text: str) -> str:
    return text if text.isascii() else _RUN.sub(" ", text)


def split_words(text: str) -> list[str]:
    """Return the parts of a typed word that can be found apart: the script changes between them.

    A single character between two parts is a particle if it is Hiragana (`データの分析`) and left
    out; elsewhere it belongs to the part next to it (`お客様`, `食べる`).
    """
    if not has_unspaced(text):
        return [text]
    parts: list[str] = []
    pending = ""
    runs = list(_script_runs(text))
    for index, run in enumerate(runs):
        if len(run) > 1 or not _RUN.match(run):
            parts.append(pending + run)
            pending = ""
        elif _HIRAGANA_SIGN.match(run) and parts and index < len(runs) - 1 and not pending:
            continue
        elif parts and not pending and _RUN.match(parts[-1]):
            parts[-1] += run
        else:
            pending += run
    return [*parts, pending] if pending else parts


def _script_runs(text: str) -> Iterator[str]:
    for _, signs in groupby(text, _script_of):
        yield "".join(signs)


def _script_of(sign: str) -> int:
    """Return a number for each script whose changes end a word; the long vowel sign is Katakana."""
    for number, script in enumerate(_SCRIPTS):
        if script.match(sign):
            return number
    return len(_SCRIPTS) + (1 if _RUN.match(sign) or unicodedata.combining(sign) else 0)
