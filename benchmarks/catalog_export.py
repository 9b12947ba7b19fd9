"""A harvest of the whole catalog, page by page, in each syntax: time, statements and memory.

Somebody signed out follows the links of the `Link` header to the end. Every product that they may
see has to be on exactly one page. The time of a page is compared with the same page in JSON-LD,
which no library writes.

    python -m benchmarks.catalog_export --products 10000
    python -m benchmarks.catalog_export --data DIR --json
"""

import re
import resource
import statistics
import time
from typing import Any

from benchmarks.cli import command_line, mesh, report, with_mesh

SUFFIXES = ("jsonld", "ttl", "rdf")
NEXT = re.compile(r'<([^>]+)>; rel="next"')
DATASET = re.compile(rb"/id/product/([0-9a-f-]{36})(?=#identifier)")


def memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def harvest(suffix: str) -> dict[str, Any]:
    """Return what one walk through all pages costs; the first page also loads the writer."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client, address = Client(), f"/catalog.{suffix}"
    client.get(f"{address}?limit=1")
    seconds, statements, uuids, size = [], set(), [], 0
    before = memory_mb()
    while address:
        started = time.perf_counter()
        with CaptureQueriesContext(connection) as captured:
            response = client.get(address)
        seconds.append(time.perf_counter() - started)
        statements.add(len(captured))
        uuids += sorted(set(DATASET.findall(response.content)))
        size += len(response.content)
        following = NEXT.search(response.get("Link", ""))
        address = following[1] if following else ""
    return {
        "pages": len(seconds),
        "products": len(set(uuids)),
        "repeated": len(uuids) - len(set(uuids)),
        "seconds": round(sum(seconds), 2),
        "page_median_ms": round(statistics.median(seconds) * 1000, 1),
        "page_max_ms": round(max(seconds) * 1000, 1),
        "statements": sorted(statements),
        "megabytes": round(size / 1e6, 1),
        "memory_growth_mb": round(memory_mb() - before, 1),
    }


def main() -> None:
    parser = command_line(__doc__ or "")
    with_mesh(parser, products=10_000)
    options = parser.parse_args()
    with mesh(options):
        from django.conf import settings
        from django.contrib.auth.models import AnonymousUser

        from catalog.products.models import DataProduct

        settings.ALLOWED_HOSTS = ["*"]
        visible = DataProduct.objects.visible_to(AnonymousUser()).live().count()
        walks = {suffix: harvest(suffix) for suffix in SUFFIXES}
    lines = [f"{visible} public products"]
    lines += [f"{suffix}: {walk}" for suffix, walk in walks.items()]
    report({"visible": visible, "walks": walks}, lines, options)


if __name__ == "__main__":
    main()
