"""The values of a document that every index holds, by field; pure."""

from collections.abc import Mapping, Sequence

from catalog.identifiers import normalize, without_host
from catalog.search.analysis import all_names, autocomplete_names, spellings, vocabulary
from catalog.search.document import SearchDocument
from catalog.search.fields import FIELDS, MATCH_FIELDS, SORTS, FieldType
from catalog.search.sort_keys import keyed_number, sort_key, tie_of
from catalog.search.spelling import normalize_name
from catalog.types import JSONObject

TERMS = tuple(
    dict.fromkeys(
        name
        for field in FIELDS
        if field.type is FieldType.TERMS
        for name in (field.attribute, field.values_attribute)
    )
)
NUMBERS = tuple(f.attribute for f in FIELDS if f.type is FieldType.NUMBER)
MOMENTS = tuple(f.attribute for f in FIELDS if f.type is FieldType.MOMENT)


def filter_values(document: SearchDocument, name: str) -> list[str]:
    """Return the values by which a field filters; an IRI as its UUID, for its host may change."""
    values = getattr(document, name)
    if name == "aliases":
        values = map(without_host, values)
    return list(dict.fromkeys(map(normalize, values)))


def index_values(document: SearchDocument, texts: Mapping[str, Sequence[str]]) -> JSONObject:
    """Return the values of each field; `texts` are those of the ranked ones."""
    tie = tie_of(document.key)
    numbers = {name: getattr(document, name) for name in (*NUMBERS, *MOMENTS)}
    sorts = {
        f"sort_{sort.name}": sort_key(getattr(document, sort.attribute), tie, sort)
        for sort in SORTS
    }
    return {
        **texts,
        **{name: filter_values(document, name) for name in TERMS},
        **{name: number for name, number in numbers.items() if number is not None},
        **sorts,
        "key": document.key,
        "readers": list(document.tokens),
        "revision": document.revision,
        "exact": list(dict.fromkeys(map(normalize_name, all_names(document)))),
        "spelled": list(spellings(document)),
        "words": [text for name in MATCH_FIELDS for text in texts[name]],
        "title": list(autocomplete_names(document)),
        "vocabulary": list(vocabulary(document)),
        "measures": [keyed_number(normalize(key), n) for key, n in document.measures.items()],
        "tie": tie,
        "weight": document.weight,
    }
