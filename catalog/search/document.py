"""The document of one object, as every engine indexes it."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields

import orjson

from catalog.search.fields import DEFAULT_TYPE
from catalog.types import JSONValue

# The scope of retired products, which only a search that asks for them reads.
RETIRED = "retired"
METRICS = ("quality", "availability", "latency")


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchDocument:
    """Everything that search knows of an object. Times are seconds of the epoch, shares 0 to 1."""

    type: str
    id: str
    revision: int
    readers: tuple[str, ...]
    name: str
    slug: str = ""
    summary: str = ""
    aliases: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    domain_names: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    owner_names: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    # Lines of a column's path, a tab, and what else is said of it.
    column_notes: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    licenses: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    sensitivities: tuple[str, ...] = ()
    verdicts: tuple[str, ...] = ()
    contract_states: tuple[str, ...] = ()
    quality_states: tuple[str, ...] = ()
    has: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    bias_states: tuple[str, ...] = ()
    bias_attributes: tuple[str, ...] = ()
    # Attributes, groups, and both as `attribute=group`.
    imbalances: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    used_in: tuple[str, ...] = ()
    quality: float | None = None
    availability: float | None = None
    latency: float | None = None
    updated: int | None = None
    certified_until: int | None = None
    measures: Mapping[str, float] = field(default_factory=dict)
    weight: float = 1.0
    _digest: str = field(default="", init=False, repr=False, compare=False)

    @property
    def types(self) -> tuple[str, ...]:
        """Return the type as a tuple, as the other filters have their values."""
        return (self.type,)

    @property
    def key(self) -> str:
        return key_of(self.type, self.id)

    @property
    def tokens(self) -> tuple[str, ...]:
        """Return the reader tokens as an index stores them, scoped by the type.

        A retired document has a scope of its own, so that no search, facet, completion or count
        has to leave it out.
        """
        scope = RETIRED if RETIRED in self.states else self.type
        return scoped_tokens(self.readers, (scope,))

    def digest(self) -> str:
        """Return a digest of the content without the revision; computed once.

        Measured values are left out: they change all the time without a revision, and follow with
        the next one.
        """
        if not self._digest:
            content = [getattr(self, name) for name in _CONTENT]
            text = encode_json([sorted(self.measures.items()), *content])
            object.__setattr__(self, "_digest", hashlib.sha256(text).hexdigest()[:32])
        return self._digest


_CONTENT = tuple(
    attribute.name
    for attribute in fields(SearchDocument)
    if attribute.name not in {"revision", "measures", "_digest", *METRICS}
)


def key_of(object_type: str, identity: str) -> str:
    return f"{object_type}:{identity}"


def split_key(key: str) -> tuple[str, str]:
    object_type, _, identity = key.partition(":")
    return object_type, identity


def scoped_tokens(readers: Iterable[str], types: Iterable[str]) -> tuple[str, ...]:
    """Return the tokens that open documents of some types: one filter says who and what.

    Those of the default type have no prefix, so that its searches cost nothing for the others.
    """
    tokens, prefixes = tuple(readers), {DEFAULT_TYPE: ""}
    return tuple(prefixes.get(name, f"{name} ") + token for name in types for token in tokens)


def encode_json(value: JSONValue, default: Callable[[JSONValue], JSONValue] | None = None) -> bytes:
    """Return a value as UTF-8; half of a surrogate pair, which no engine accepts, becomes a `?`.

    No text should contain one, but the one that does must not keep the others out of the index.
    """
    try:
        return orjson.dumps(value, default=default)
    except TypeError:
        return json.dumps(value, default=default, ensure_ascii=False).encode(errors="replace")
