"""Reports what the database of its environment holds, and when the index agrees with it.

    python -m benchmarks.chaos.consistency --seconds 60

Prints a line of JSON as soon as index and database are equal, or when they still differ `--seconds`
after the engine first answered; then the database's products and domains. Times are of the
machine's monotonic clock.
"""

import argparse
import json
import time
from contextlib import suppress
from typing import Any

import django

MAX_BOOT_SECONDS = 300.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    django.setup()
    print(json.dumps(wait_until_equal(options.seconds)), flush=True)
    print(json.dumps({"product": products(), "domain": domains()}), flush=True)


def wait_until_equal(seconds: float) -> dict[str, Any]:
    """Return when the engine first answered, when all was equal, and what still differs."""
    from catalog.search.port import SearchUnavailable

    answers_at: float | None = None
    deadline, problems = time.monotonic() + MAX_BOOT_SECONDS, ["the engine does not answer"]
    while time.monotonic() < deadline:
        with suppress(SearchUnavailable):
            asked_at = time.monotonic()
            problems = differences()
            if answers_at is None:
                answers_at, deadline = asked_at, asked_at + seconds
            if not problems:
                break
        time.sleep(0.5)
    equal_at = None if problems else time.monotonic()
    return {"answers_at": answers_at, "equal_at": equal_at, "differences": problems[:20]}


def differences() -> list[str]:
    """Return the present differences of the active index and the database.

    Raises SearchUnavailable.
    """
    from catalog.search.backends import active_backend
    from catalog.search.document import key_of
    from catalog.search.result_types import RESULT_TYPES

    entries = {key_of(entry.type, entry.id): entry for entry in active_backend().entries()}
    problems = []
    for result_type in RESULT_TYPES.values():
        for document in result_type.documents(result_type.rows()):
            entry = entries.pop(document.key, None)
            actual = entry and (entry.revision, set(entry.readers), entry.digest)
            if actual != (document.revision, set(document.tokens), document.digest()):
                problem = "missing" if entry is None else "other"
                problems.append(f"{result_type.name} {document.slug}: {problem}")
    return problems + [f"{key}: surplus" for key in entries]


def products() -> dict[str, Any]:
    """Return the products by slug, which no client changes."""
    from catalog.products.models import DataProduct

    copies = {
        copy.working_copy_of_id: copy
        for copy in DataProduct.including_working_copies.filter(
            working_copy_of__isnull=False
        ).defer("tree")
    }
    return {
        row.slug: {
            "edition": row.edition,
            "name": row.name,
            "text": row.purpose,
            "status": row.status,
            "visibility": row.visibility,
            "version": row.version,
        }
        | _working_copy(copies.get(row.pk))
        for row in DataProduct.objects.defer("tree")
    }


def _working_copy(copy: Any) -> dict[str, Any]:
    if copy is None:
        return {}
    columns = {"edition": copy.edition, "text": copy.purpose, "version": copy.version}
    return {f"copy_{name}": value for name, value in columns.items()}


def domains() -> dict[str, Any]:
    """Return the domains by their first slug."""
    from catalog.domains.models import Domain, FormerDomainSlug

    first = {row.domain_id: row.slug for row in FormerDomainSlug.objects.order_by("-pk")}
    return {
        first.get(row.pk, row.slug): {"edition": row.edition, "name": row.name, "text": row.slug}
        for row in Domain.objects.all()
    }


if __name__ == "__main__":
    main()
