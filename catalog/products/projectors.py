"""The registry of slices that update their rows from a product's document; pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from catalog.types import JSONObject

Part = TypeVar("Part")


@dataclass(frozen=True)
class Projector(Generic[Part]):
    """One slice's part of a product document: how it is parsed, and how its rows are written.

    `parse` raises ValidationFailed. `write(product, part, is_new=...)` runs in the transaction of
    the change, after the product's own columns; a new product has no rows yet.
    `merge(product, copy)` runs before a working copy is written over its product: it moves rows
    that only the working copy has. `check_move(product, domain)` raises ValidationFailed if the
    rows cannot move to a domain.
    """

    parse: Callable[[JSONObject], Part]
    write: Callable[..., None]
    merge: Callable[..., None]
    check_move: Callable[..., None]


_projectors: dict[str, Projector[object]] = {}


def register_projector(
    name: str,
    *,
    parse: Callable[[JSONObject], object],
    write: Callable[..., None],
    merge: Callable[..., None] = lambda product, copy: None,
    check_move: Callable[..., None] = lambda product, domain: None,
) -> None:
    """Register a part of the product document; parts are written in order of registration."""
    _projectors[name] = Projector(parse, write, merge, check_move)


def projectors() -> Mapping[str, Projector[object]]:
    return _projectors
