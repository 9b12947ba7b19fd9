"""Texts of people cut where a sentence or a word ends."""

from django import template

register = template.Library()


@register.filter
def first_sentence(text: str, most: int = 240) -> str:
    """Return a text's first sentence, cut at a word with dots where it is longer than `most`."""
    line = text.strip().partition("\n")[0]
    sentence, dot, _rest = line.partition(". ")
    first = f"{sentence}." if dot else line
    return first if len(first) <= most else f"{first[:most].rsplit(' ', 1)[0]}…"


def after_first_sentence(text: str, most: int = 240) -> str:
    """Return what a text says beyond its first sentence; all of it where that one was cut."""
    first = first_sentence(text, most)
    return text.strip() if first.endswith("…") else text.strip()[len(first) :].strip()
