"""Texts of people cut where a sentence or a word ends, and keys of documents as words."""

import re


def first_sentence(text: str, max_length: int = 240) -> str:
    """Return a text's first sentence; a longer one is cut at a word and ends with dots."""
    line = text.strip().partition("\n")[0]
    sentence, dot, _rest = line.partition(". ")
    first = f"{sentence}." if dot else line
    return first if len(first) <= max_length else f"{first[:max_length].rsplit(' ', 1)[0]}…"


def after_first_sentence(text: str, max_length: int = 240) -> str:
    """Return a text without its first sentence; all of it if that sentence was cut."""
    first = first_sentence(text, max_length)
    return text.strip() if first.endswith("…") else text.strip()[len(first) :].strip()


_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def document_label(key: object) -> str:
    """Return a key of a document as words: physicalName is “Physical name”."""
    words = _CAMEL.sub(" ", str(key)).replace("_", " ")
    return words[:1].upper() + words[1:].lower() if words.isascii() else words
