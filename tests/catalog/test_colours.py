"""The colours of the token file: every text is readable, every mark differs from its background."""

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).resolve().parents[2] / "static/css/tokens.css"
PAIR = re.compile(r"--([\w-]+): light-dark\((#[0-9A-F]{6}), (#[0-9A-F]{6})\)")
COLOURS = {name: (light, dark) for name, light, dark in PAIR.findall(TOKENS.read_text())}
THEMES = {"light": 0, "dark": 1}
SURFACES = ("bg", "surface", "sunken")
TEXTS = ("ink", "muted", "accent", "ok", "warn", "bad", "none", "info")
FILLS = ("ok-fill", "warn-fill", "bad-fill", "none-fill")
CONTROLS = ("control", "focus")
LEAST = {"light": 5.1, "dark": 6.0}


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2.2."""
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str, theme: str) -> float:
    """Return the contrast ratio of two roles in a theme, from 1 to 21."""
    lights = sorted(luminance(COLOURS[name][THEMES[theme]]) for name in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("surface", SURFACES)
def test_every_text_is_readable_on_every_surface(theme: str, surface: str) -> None:
    poor = {text for text in TEXTS if contrast(text, surface, theme) < LEAST[theme]}

    assert poor == set()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("surface", SURFACES)
def test_every_mark_and_control_contrasts_with_its_background(theme: str, surface: str) -> None:
    # Charts are drawn on the page and on panels, never on sunken ground.
    marks = CONTROLS if surface == "sunken" else (*FILLS, *CONTROLS)

    faint = {mark for mark in marks if contrast(mark, surface, theme) < 3}

    assert faint == set()


@pytest.mark.parametrize("theme", THEMES)
def test_texts_on_tinted_grounds_are_readable(theme: str) -> None:
    for text, ground in (
        ("on-accent", "accent"),
        ("ink", "mark"),
        ("ink", "soft"),
        ("accent", "soft"),
    ):
        assert contrast(text, ground, theme) >= 4.5, (text, ground)
