"""The types of facts by path, as the TypedDicts of `facts` declare them; pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints, is_typeddict

from governance.policies.facts import Facts

WORDS = {str: "text", bool: "yes or no", int: "whole number", float: "number", datetime: "moment"}


@dataclass(frozen=True)
class FactType:
    """One fact: a record with members, a list of one type, or a plain value.

    `kind` is "record", "list", or the word for a plain type.
    """

    kind: str
    doc: str = ""
    is_nullable: bool = False
    members: tuple[tuple[str, FactType], ...] = ()
    element: FactType | None = None

    def member(self, name: str) -> FactType | None:
        return dict(self.members).get(name)


@cache
def fact_types() -> FactType:
    """Return the type of all facts."""
    return _type_of(Facts)


def _type_of(hint: Any, doc: str = "") -> FactType:
    if metadata := getattr(hint, "__metadata__", None):
        return _type_of(hint.__origin__, metadata[0])
    if get_origin(hint) in (Union, UnionType):
        [plain] = [part for part in get_args(hint) if part is not NoneType]
        fact = _type_of(plain, doc)
        return FactType(fact.kind, doc, True, fact.members, fact.element)
    if is_typeddict(hint):
        hints = get_type_hints(hint, include_extras=True)
        members = tuple((name, _type_of(value)) for name, value in hints.items())
        return FactType("record", doc or (hint.__doc__ or ""), members=members)
    if get_origin(hint) is list:
        element = _type_of(get_args(hint)[0])
        return FactType("list", doc or element.doc, element=element)
    return FactType(WORDS[hint], doc)


def paths(fact: FactType, prefix: str = "") -> Iterator[tuple[str, FactType]]:
    """Yield each fact below one with its path; elements of lists have the path `list[]`."""
    for name, member in fact.members:
        path = f"{prefix}.{name}" if prefix else name
        yield path, member
        yield from paths(member, path)
        if member.element is not None:
            yield from paths(member.element, f"{path}[]")
