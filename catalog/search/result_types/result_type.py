"""What search must know of a type of objects to index, find and show them."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, TypedDict, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from django.utils.functional import Promise

from catalog.authorization.access import AccessContext
from catalog.search.document import SearchDocument

CHUNK_SIZE = 1000
# A text of a JSON result, by its format.
UUIDText = Annotated[str, "uuid"]
Annotations = Mapping[int, Any]
R = TypeVar("R")


class BaseResult(TypedDict):
    """What the JSON of every result has in common."""

    id: UUIDText
    slug: str
    name: str
    url: str


def read_as(row: Callable[..., R], rows: QuerySet[Any], *columns: str) -> dict[str, R]:
    """Return rows by id, each made from its key, its UUID and these columns.

    To make models would cost more than the search.
    """
    read = rows.order_by().values_list("pk", "uuid", *columns)
    return {str(uuid): row(pk, uuid, *values) for pk, uuid, *values in read}


def no_annotations(access: AccessContext, rows: Sequence[Any]) -> Annotations:
    return {}


@dataclass(frozen=True, kw_only=True)
class ResultType:
    """One type of results; everything about it is declared here.

    Rows of the model have a `uuid`, a `revision` that rises with whatever the document shows, and
    `revised_at`, the moment of that; a deletion leaves a tombstone of the type's name.

    - `documents` builds the documents of many rows in a fixed number of statements.
    - `read_rows` reads the rows of hits from the database as a reader may see them, by id.
    - `annotate` counts what is shown next to rows, as the reader, by their keys.
    - `json` is the shape of `to_json(row, annotation)`; the API's schema is built from it.
    - `csv_columns` are values of that JSON, or where they are others of `csv_cells(rows)`, which
      returns them by the keys of the rows.
    - `card_template` has a macro `card(card)`.
    """

    name: str
    model: type[Model]
    documents: Callable[[Iterable[Any]], Iterator[SearchDocument]]
    read_rows: Callable[[AccessContext, Sequence[str]], Mapping[str, Any]]
    label: Promise
    count_text: Callable[[int], str]
    card_template: str
    json: type[Any]
    to_json: Callable[[Any, Any], Mapping[str, Any]]
    csv_columns: tuple[str, ...]
    csv_cells: Callable[[Sequence[Any]], Mapping[int, Mapping[str, str]]] = lambda _rows: {}
    annotate: Callable[[AccessContext, Sequence[Any]], Annotations] = no_annotations
    # Where the fields of a document are called otherwise than those of a product.
    field_labels: Mapping[str, Promise] = field(default_factory=dict)

    @property
    def all_rows(self) -> QuerySet[Any]:
        return self.model._default_manager.order_by()

    def to_csv(self, rows: Sequence[Any]) -> Iterator[list[str]]:
        """Yield the cells of each row, which show no annotation."""
        cells = self.csv_cells(rows)
        for row in rows:
            values = {**self.to_json(row, None), **cells.get(row.pk, {})}
            yield [str(values[name] or "") for name in self.csv_columns]

    def rows(self, ids: Collection[UUID] | None = None) -> QuerySet[Any]:
        """Return the rows from which documents are built, in the order of their keys."""
        rows = self.all_rows.order_by("pk")
        return rows if ids is None else rows.filter(uuid__in=ids)

    def chunks(self) -> Iterator[list[Any]]:
        """Yield all rows in the order of their keys, CHUNK_SIZE at a time."""
        last = 0
        while chunk := list(self.rows().filter(pk__gt=last)[:CHUNK_SIZE]):
            yield chunk
            last = chunk[-1].pk
