"""What search must know of a kind of things to hold documents of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet

from catalog.search.document import SearchDocument

CHUNK_SIZE = 1000


@dataclass(frozen=True, slots=True)
class Kind:
    """Things of which every index holds a document each.

    Rows of the model have a `uuid`, a `revision` that rises with whatever the document shows, and
    `revised_at`, the moment of that. `documents` makes the documents of many rows in a fixed
    number of statements. Who deletes a row leaves a tombstone of the kind's name.
    """

    name: str
    model: type[Model]
    documents: Callable[[Iterable[Any]], Iterator[SearchDocument]]

    @property
    def all_rows(self) -> QuerySet[Any]:
        """Return every row, in no order."""
        return self.model._default_manager.order_by()

    def rows(self, ids: Collection[UUID] | None = None) -> QuerySet[Any]:
        """Return the rows from which documents are made, in the order of their keys."""
        rows = self.all_rows.order_by("pk")
        return rows if ids is None else rows.filter(uuid__in=ids)

    def chunks(self) -> Iterator[list[Any]]:
        """Yield all rows in the order of their keys, CHUNK_SIZE at a time."""
        last = 0
        while chunk := list(self.rows().filter(pk__gt=last)[:CHUNK_SIZE]):
            yield chunk
            last = chunk[-1].pk
