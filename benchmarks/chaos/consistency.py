"""Says what stands in the database of its environment, and when the index says the same.

    python -m benchmarks.chaos.consistency --seconds 60

Prints a line of JSON when index and database are equal, without any grace for what is on its way,
or when they have differed for so many seconds since the engine answered; then the database's
products and domains. Moments are of the machine's monotonic clock.
"""

from __future__ import annotations

import argparse
import json
import time
from contextlib import suppress
from typing import Any

import django

LONGEST_BOOT = 300.0


def main() -> None:
    """Wait for equality and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    django.setup()
    print(json.dumps(awaited(options.seconds)), flush=True)
    print(json.dumps({"product": products(), "domain": domains()}), flush=True)


def awaited(seconds: float) -> dict[str, Any]:
    """Return since when the engine answers, since when all is equal, and what is not."""
    from catalog.search.port import SearchUnavailable

    answers_at: float | None = None
    deadline, differing = time.monotonic() + LONGEST_BOOT, ["the engine does not answer"]
    while time.monotonic() < deadline:
        with suppress(SearchUnavailable):
            begin = time.monotonic()
            differing = differences()
            if answers_at is None:
                answers_at, deadline = begin, begin + seconds
            if not differing:
                break
        time.sleep(0.5)
    equal_at = None if differing else time.monotonic()
    return {"answers_at": answers_at, "equal_at": equal_at, "differing": differing[:20]}


def differences() -> list[str]:
    """Return what the answering index holds otherwise than the database says, this very moment.

    Raises SearchUnavailable.
    """
    from catalog.search.backends import active_backend
    from catalog.search.document import key_of
    from catalog.search.result_types import RESULT_TYPES

    held = {key_of(entry.type, entry.id): entry for entry in active_backend().entries()}
    wrong = []
    for kind in RESULT_TYPES.values():
        for document in kind.documents(kind.rows()):
            entry = held.pop(document.key, None)
            facts = entry and (entry.revision, set(entry.readers), entry.digest)
            if facts != (document.revision, set(document.tokens), document.digest()):
                said = "missing" if entry is None else "other"
                wrong.append(f"{kind.name} {document.slug}: {said}")
    return wrong + [f"{key}: surplus" for key in held]


def products() -> dict[str, Any]:
    """Return the products by slug, which a storm never changes."""
    from catalog.products.models import DataProduct

    return {
        row.slug: {
            "edition": row.edition,
            "name": row.name,
            "text": row.purpose,
            "status": row.status,
            "visibility": row.visibility,
        }
        for row in DataProduct.objects.defer("tree")
    }


def domains() -> dict[str, Any]:
    """Return the domains by the slug that they began with."""
    from catalog.domains.models import Domain, FormerDomainSlug

    first = {row.domain_id: row.slug for row in FormerDomainSlug.objects.order_by("-pk")}
    return {
        first.get(row.pk, row.slug): {"edition": row.edition, "name": row.name, "text": row.slug}
        for row in Domain.objects.all()
    }


if __name__ == "__main__":
    main()
