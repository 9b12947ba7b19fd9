"""What is searched, filtered, counted and sorted, with its weights, for every engine."""

from dataclasses import dataclass
from enum import StrEnum


class FieldType(StrEnum):
    """How a field is filtered: by a value, a number, a moment, or a keyed number."""

    TERMS = "terms"
    NUMBER = "number"
    MOMENT = "moment"
    KEYED = "keyed"


class Unit(StrEnum):
    """What a typed number means before it is compared."""

    PERCENT = "percent"
    SECONDS = "seconds"
    SHARE = "share"
    AGE = "age"
    DATE = "date"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Field:
    """A field people may name: `name:value`. `attribute` is where the document keeps it.

    `offered` is the attribute whose values a facet counts and autocomplete offers, if they are
    not all that the filter accepts.
    """

    name: str
    attribute: str
    type: FieldType = FieldType.TERMS
    unit: Unit = Unit.PLAIN
    is_facet: bool = False
    choices: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    offered: str = ""

    @property
    def values_attribute(self) -> str:
        return self.offered or self.attribute


STATES = ("draft", "published", "deprecated", "retired", "external", "certified", "new")
SENSITIVITIES = ("public", "internal", "confidential", "restricted")
VERDICTS = ("met", "at_risk", "breached", "collecting", "no_data")
CONTRACT_STATES = ("broken", "unknown", "met")
# `quality:failed` means the field "checks"; `quality:>=98` is the number.
QUALITY_STATES = ("failed", "unknown", "collecting", "passed", "none")
# One search finds documents of one type: the first of these by default.
TYPES = ("product", "term", "domain")
DEFAULT_TYPE = TYPES[0]
# What is known of the groups in the data: `catalog.provenance.representation.bias_states`.
BIAS_STATES = ("measured", "declared", "not-assessed", "contradicted")
PRESENCES = ("bias-notes", "contract", "slo", "columns", "limits", "usage")

FIELDS = (
    Field("type", "types", choices=TYPES, aliases=("kind",)),
    Field("domain", "domains", is_facet=True),
    Field("is", "states", is_facet=True, choices=STATES, aliases=("status",)),
    Field("sensitivity", "sensitivities", is_facet=True, choices=SENSITIVITIES),
    Field("slo", "verdicts", is_facet=True, choices=VERDICTS),
    Field("contract", "contract_states", is_facet=True, choices=CONTRACT_STATES),
    Field("checks", "quality_states", is_facet=True, choices=QUALITY_STATES),
    Field("format", "formats", is_facet=True),
    Field("license", "licenses", is_facet=True, aliases=("licence",)),
    Field("owner", "owners", is_facet=True, aliases=("team",)),
    Field("tag", "tags", is_facet=True),
    Field("has", "has", choices=PRESENCES),
    Field("column", "columns"),
    Field("port", "ports"),
    Field("source", "sources"),
    Field("method", "methods", aliases=("collection", "collection_method")),
    Field("bias", "bias_states", is_facet=True, choices=BIAS_STATES),
    Field("imbalance", "imbalances", is_facet=True, offered="bias_attributes"),
    Field("iri", "aliases", aliases=("urn", "id")),
    Field("quality", "quality", FieldType.NUMBER, Unit.PERCENT),
    Field("availability", "availability", FieldType.NUMBER, Unit.PERCENT),
    Field("latency", "latency", FieldType.NUMBER, Unit.SECONDS),
    Field("updated", "updated", FieldType.MOMENT, Unit.AGE),
    Field("certified", "certified_until", FieldType.MOMENT, Unit.DATE),
    Field("min_share", "measures", FieldType.KEYED, Unit.SHARE, offered="bias_attributes"),
    Field("max_gap", "measures", FieldType.KEYED, Unit.SHARE, offered="bias_attributes"),
)
BY_NAME = {name: field for field in FIELDS for name in (field.name, *field.aliases)}
FACETS = tuple(field for field in FIELDS if field.is_facet)
# Filters by what is known of the groups in the data: a result says what that is.
BIAS_FIELDS = ("bias", "imbalance", "min_share", "max_gap")
# Values of a facet that are counted.
FACET_SIZE = 200

# Ranked by any word: one combined text, and lightly the name, the first sentence, the labels, the
# columns and the titles of uses. Each weight was measured on known-item queries
# (benchmarks/results.md); boosting the name further hurts.
TEXT_WEIGHTS = {
    "text": 1.0,
    "name_text": 0.5,
    "lead_text": 0.3,
    "label_text": 0.2,
    "column_text": 0.3,
    "use_text": 0.8,
}
# Another spelling of a word, from the glossary, counts so much; the better one of both counts.
SPELLING_WEIGHT = 0.5
# A document contains a word if one of these does; the lighter fields repeat the first.
MATCH_FIELDS = ("text", "column_text")
# If at least this many documents contain all terms, they are the results; else any term will do.
MIN_DOCUMENTS_WITH_ALL_TERMS = 20
ALL_TERMS_BOOST = 1.0
# Added for the whole query as a name, slug, alias or address, whatever its punctuation; for each
# degree to which it is spelled as typed; and as the beginning of a name.
EXACT_BOOST = 1000.0
SPELLING_BOOST = 200.0
PREFIX_BOOST = 2.0

# Texts of a hit that are highlighted, in this order.
HIGHLIGHTED = (
    "name",
    "summary",
    "columns",
    "column_notes",
    "tables",
    "tags",
    "aliases",
    "answers",
    "used_in",
    "notes",
)
SNIPPET_LENGTH = 220
# The reason of a hit that is boosted for its meaning; no text contains it.
MEANING = "meaning"
# The same of one whose owner's name was typed.
OWNERS = "owners"
# The same of one that a filter finds by the groups in its data.
BIAS = "bias"

STOP_WORDS = tuple(
    "a an and are as at be but by for from how if in into is it its no not of on or such that the "
    "their then there these they this to using via was we were what which will with".split()
)
MAX_TERM_LENGTH = 60
# Shorter texts are not completed: too many words begin so.
MIN_PREFIX_LENGTH = 3


@dataclass(frozen=True, slots=True)
class Sort:
    """An order of results: by one attribute, ties by identity; documents without it come last."""

    name: str
    attribute: str
    descending: bool


SORTS = (
    Sort("name", "name", descending=False),
    Sort("updated", "updated", descending=True),
    Sort("quality", "quality", descending=True),
    Sort("certified", "certified_until", descending=False),
)
SORT_BY_NAME = {sort.name: sort for sort in SORTS}
RELEVANCE = "relevance"
# What relevance means without a query.
DEFAULT_SORT = "name"
PAGE_SIZE = 20
MAX_OFFSET = 10_000
