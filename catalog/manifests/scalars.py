"""Numbers as text turned into values that JSON can hold; pure."""

from typing import TypeAlias

Scalar: TypeAlias = str | int | float | bool | None
MAX_DIGITS = 40


def to_integer(text: str) -> int:
    """Return a decimal, octal (0o) or hexadecimal (0x) integer. Raises ValueError."""
    if len(text) > MAX_DIGITS:
        raise ValueError(f"an integer of more than {MAX_DIGITS} digits")
    return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))


def to_float(text: str) -> float:
    """Return a finite number. Raises ValueError."""
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("too large a number")
    return number
