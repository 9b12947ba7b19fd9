"""The short notation of `mesh/*.yaml`: domains and products before they are manifests; pure.

A column is one line, `logical type[/physical type] flags | description | business name`, its
flags being `pk`, `required`, `unique`, a classification, `enum=a,b` and `ref=domain/product`. An
answer is a text, or `{unknown: reason}`, or `{na: reason}`. A group of an attribute is `share/its
share in the reference`. An objective is a sentence: `latency 95% under 0.5s over 7d on api`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from catalog.manifests.readers import read_documents

MESH = Path(__file__).parent / "mesh"
CLASSIFICATIONS = {"pii": "pii", "quasi": "quasi-identifier", "special": "special-category"}
CLASSIFICATIONS |= {"pseudonym": "pseudonym"}
FLAGS = {"pk", "required", "unique"} | set(CLASSIFICATIONS)
PROMISE = re.compile(
    r"(?P<indicator>availability|latency) (?P<percent>[\d.]+)%"
    r"(?: under (?P<threshold>[\d.]+)s)?(?: over (?P<window>\d+[hd]))?(?: on (?P<port>[\w-]+))?"
)
Notes = Mapping[str, Any]


class SpecError(ValueError):
    """A line of the notation says nothing that can be read."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column, or one field of an object; `item_type` where it is a list."""

    name: str
    logical_type: str
    physical_type: str = ""
    item_type: str = ""
    description: str = ""
    business_name: str = ""
    flags: frozenset[str] = frozenset()
    values: tuple[str, ...] = ()
    reference: str = ""
    columns: tuple[Column, ...] = ()

    @property
    def classification(self) -> str:
        """Return what the column reveals of a person; `none` where that is nothing."""
        kinds = [CLASSIFICATIONS[flag] for flag in CLASSIFICATIONS if flag in self.flags]
        return kinds[0] if kinds else "none"


@dataclass(frozen=True, kw_only=True)
class Table:
    """One object of a contract; `rows` names the relation that holds its rows."""

    name: str
    description: str
    grain: str
    rows: str
    columns: tuple[Column, ...]


@dataclass(frozen=True, kw_only=True)
class Port:
    """One output port: a file of a format, a path of the demo's own source, or a far server."""

    name: str
    kind: str
    description: str
    path: str = ""
    host: str = ""
    interval: int | None = None


@dataclass(frozen=True, kw_only=True)
class Product:
    """One data product as its domain describes it; `status` is the one that it ends up with."""

    domain: str
    slug: str
    name: str
    version: str
    status: str
    type: str
    purpose: str
    limitations: str
    usage: str
    sensitivity: str
    visibility: str
    tags: tuple[str, ...]
    synonyms: tuple[str, ...]
    inputs: tuple[str, ...]
    ports: tuple[Port, ...]
    tables: tuple[Table, ...]
    answers: dict[str, dict[str, str]]
    imbalances: tuple[dict[str, Any], ...]
    objectives: tuple[dict[str, Any], ...]
    used_in: tuple[dict[str, str], ...]
    successor: str = ""
    readers: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """Return `domain/slug`."""
        return f"{self.domain}/{self.slug}"

    def with_status(self, status: str) -> Product:
        """Return the same product with another status."""
        return replace(self, status=status)


@dataclass(frozen=True, kw_only=True)
class DomainSpec:
    """One domain with its products; `team` is empty for a foreign source."""

    slug: str
    name: str
    description: str
    contact: str
    team: str = ""
    parent: str = ""
    is_external: bool = False
    products: tuple[Product, ...] = field(default=())


def read_mesh(folder: Path = MESH) -> tuple[DomainSpec, ...]:
    """Return all domains, each behind its parent. Raises Misspelled, ReadingError."""
    sketches = [
        domain_of(read_documents(path.read_bytes(), name=path.name)[0].tree)
        for path in sorted(folder.glob("*.yaml"))
    ]
    return tuple(sorted(sketches, key=lambda sketch: (bool(sketch.parent), sketch.slug)))


def domain_of(notes: Notes) -> DomainSpec:
    """Return the domain of one file."""
    return DomainSpec(
        slug=notes["slug"],
        name=notes["name"],
        description=notes["description"],
        contact=notes["contact"],
        team=notes.get("team", ""),
        parent=notes.get("parent", ""),
        is_external=notes.get("foreign", False),
        products=tuple(
            product_of(slug, product, domain=notes) for slug, product in notes["products"].items()
        ),
    )


def product_of(slug: str, notes: Notes, *, domain: Notes) -> Product:
    """Return one product of a domain's file."""
    contact = f"{domain.get('team', domain['name'])}, {domain['contact']}"
    return Product(
        domain=domain["slug"],
        slug=slug,
        status=notes.get("status", "published"),
        name=notes["name"],
        version=notes["version"],
        type=notes["type"],
        purpose=notes["purpose"],
        limitations=notes["limitations"],
        usage=notes["usage"],
        sensitivity=notes["sensitivity"],
        visibility=notes.get("visibility", "public"),
        tags=tuple(notes["tags"]),
        synonyms=tuple(notes.get("synonyms", ())),
        inputs=tuple(notes.get("inputs", ())),
        readers=tuple(notes.get("readers", ())),
        ports=tuple(port_of(port) for port in notes["ports"]),
        tables=tuple(
            table_of(name, table, rows=f"{domain['slug']}.{slug}")
            for name, table in notes["tables"].items()
        ),
        answers=answers_of(notes["provenance"], contact),
        imbalances=tuple(imbalances_of(notes.get("imbalances", {}))),
        objectives=tuple(objective_of(sentence) for sentence in notes["objectives"]),
        used_in=tuple(notes.get("used_in", ())),
        successor=notes.get("successor", ""),
    )


def port_of(notes: Notes) -> Port:
    """Return one output port."""
    return Port(
        name=notes["name"],
        kind=notes["is"],
        description=notes["text"],
        path=notes.get("path", ""),
        host=notes.get("host", ""),
        interval=notes.get("every"),
    )


def table_of(name: str, notes: Notes, *, rows: str) -> Table:
    """Return one table; its rows lie in the relation of its product unless it names another."""
    return Table(
        name=name,
        description=notes["text"],
        grain=notes["grain"],
        rows=notes.get("rows", rows).replace("-", "_"),
        columns=column_names(notes["columns"]),
    )


def column_names(notes: Notes) -> tuple[Column, ...]:
    """Return the columns of a table or of an object within one."""
    return tuple(column_of(name, line) for name, line in notes.items())


def column_of(name: str, notes: str | Notes) -> Column:
    """Return one column. Raises Misspelled."""
    line, inner = (notes, {}) if isinstance(notes, str) else (notes["is"], notes.get("columns", {}))
    typed, _, rest = line.partition(" | ")
    description, _, business_name = rest.partition(" | ")
    typed, _, values = typed.partition(" enum=")
    listed, _, reference_behind = values.partition(" ref=")
    typed, _, reference = typed.partition(" ref=")
    item_type = ""
    if typed.startswith("array of "):
        typed, item_type = "array", typed.removeprefix("array of ")
    kind, *flags = typed.split()
    if not description or not set(flags) <= FLAGS:
        raise SpecError(f"{name}: {line}")
    logical_type, _, physical_type = kind.partition("/")
    return Column(
        name=name,
        logical_type=logical_type,
        physical_type=physical_type,
        item_type=item_type,
        description=description,
        business_name=business_name,
        flags=frozenset(flags),
        values=tuple(listed.split(",")) if listed else (),
        reference=reference or reference_behind,
        columns=column_names(inner),
    )


def answers_of(notes: Notes, contact: str) -> dict[str, dict[str, str]]:
    """Return the answers by question; who is asked falls back on the domain's contact."""
    answers = {question: answer_of(answer) for question, answer in notes.items()}
    if len(answers) > 2:  # A draft that has hardly begun has not said whom to ask either.
        answers.setdefault("contact", answer_of(contact))
    return answers


def answer_of(notes: str | Notes) -> dict[str, str]:
    """Return one answer as the tree keeps it."""
    if isinstance(notes, str):
        return {"state": "answered", "text": notes}
    if "unknown" in notes:
        return {"state": "unknown", "reason": notes["unknown"]}
    return {"state": "not_applicable", "reason": notes["na"]}


def imbalances_of(notes: Notes) -> list[dict[str, Any]]:
    """Return a row for each group of each attribute."""
    return [
        {
            "attribute": attribute,
            "group": group,
            "share": float(shares.split("/")[0]),
            "referenceShare": float(shares.split("/")[1]),
            "n": groups["n"],
            "reference": {"name": groups["of"], "date": groups["date"]},
        }
        for attribute, groups in notes.items()
        for group, shares in groups.items()
        if group not in ("of", "date", "n")
    ]


def objective_of(sentence: str) -> dict[str, Any]:
    """Return one objective as the tree keeps it. Raises Misspelled."""
    found = PROMISE.fullmatch(sentence)
    if not found:
        raise SpecError(sentence)
    objective: dict[str, Any] = {
        "indicator": found["indicator"],
        "target": round(float(found["percent"]) / 100, 6),
    }
    if found["threshold"]:
        objective["threshold"] = float(found["threshold"])
    objective["window"] = found["window"] or "30d"
    return objective | ({"port": found["port"]} if found["port"] else {})
