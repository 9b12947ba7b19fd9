"""How long it takes to seal and to verify a long audit trail, and whether tampering is found.

Events are written by the database's own bulk insert, sealed by the sealer, and verified. The peer
is a loop that reads the same rows and hashes each, without comparing anything.

    python -m benchmarks.audit_trail
    python -m benchmarks.audit_trail --events 20000 --tamperings 50 --json
    DATABASE_URL=postgres://... python -m benchmarks.audit_trail
"""

import hashlib
import json
import random
import resource
import time
from collections import Counter
from typing import Any

from benchmarks.cli import command_line, report

CHUNK = 10_000


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--tamperings", type=int, default=1_000)
    parser.add_argument("--tampered-events", type=int, default=300)
    options = parser.parse_args()
    prepare()
    from catalog.audit.services import seal_pending
    from catalog.audit.verification import verify_chain

    missed = tamper(options.tampered_events, options.tamperings)
    write_events(options.events)
    sealing = timed(seal_pending)
    verifying = timed(verify_chain)
    plain = timed(read_and_hash)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    result = {
        "events": options.events,
        "seal_per_second": round(options.events / sealing),
        "verify_seconds": round(verifying, 1),
        "plain_seconds": round(plain, 1),
        "ratio": round(verifying / plain, 2),
        "memory_mb": round(memory),
        "tamperings": options.tamperings,
        "missed": dict(missed),
    }
    lines = [
        f"{options.events:,} events: sealed {result['seal_per_second']:,} a second",
        f"verified in {verifying:.1f} s, {result['ratio']} of reading and hashing ({plain:.1f} s)",
        f"largest memory of the process {memory:.0f} MB",
        f"{options.tamperings:,} tamperings, missed: {dict(missed) or 'none'}",
    ]
    report(result, lines, options)


def prepare() -> None:
    import os

    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)


def write_events(count: int) -> None:
    """Write unsealed events without their change."""
    from django.utils import timezone

    from catalog.audit.models import AuditEvent, UnsealedEvent

    for start in range(0, count, CHUNK):
        rows = [
            AuditEvent(
                occurred_at=timezone.now(),
                actor_id="7",
                actor_name="Bench",
                verb="edited",
                object_kind="product",
                object_id=f"00000000-0000-4000-8000-{number:012}",
                object_name=f"Product {number}",
                before={"name": f"Product {number}", "tags": ["a", "b"]},
                after={"name": f"Product {number + 1}", "tags": ["a", "b", "c"]},
            )
            for number in range(start, min(start + CHUNK, count))
        ]
        AuditEvent.objects.bulk_create(rows)
        UnsealedEvent.objects.bulk_create([UnsealedEvent(event=row) for row in rows])


def read_and_hash() -> None:
    from catalog.audit.chain import EVENT_FIELDS
    from catalog.audit.models import AuditEvent

    for event in AuditEvent.objects.order_by("pk").values(*EVENT_FIELDS).iterator(chunk_size=5000):
        hashlib.sha256(json.dumps(event, default=str).encode()).hexdigest()


def timed(work: Any) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


def tamper(events: int, times: int) -> Counter[str]:
    """Tamper at random with a short trail, each time undone; return what was not found."""
    from django.db import transaction
    from django.utils import timezone

    from catalog.audit.services import read_anchors, seal_pending, write_anchor
    from catalog.audit.verification import verify_chain
    from tests.catalog import test_audit_verification as acts

    write_events(events)
    seal_pending()
    write_anchor(now=timezone.now())
    anchors, missed = read_anchors().valid, Counter[str]()
    ways = [acts.change, acts.delete, acts.insert, acts.swap, acts.cut, acts.rewrite]
    for seed in range(times):
        way = ways[seed % len(ways)]
        with transaction.atomic():
            way(random.Random(seed))
            if verify_chain(anchors=anchors, max_issues=1).is_intact:
                missed[way.__name__] += 1
            transaction.set_rollback(True)
    return missed


if __name__ == "__main__":
    main()
