"""The sandbox process: it limits itself first, then reads one source and responds.

It is started as `python -m governance.sandbox.worker`, takes one JSON request on its standard
input and writes lines of JSON as it reads: what was read survives a limit that ends the process.
It knows no settings and no database of the product.
"""

import ctypes
import json
import os
import resource
import sys
from collections.abc import Iterator
from dataclasses import asdict
from importlib import import_module

from catalog.types import JSONObject
from governance.sandbox.types import FILE_KINDS, FOOTER, Source, SourceUnreadable

MEMORY = 1024**3
PROCESSOR_SECONDS = 20
# Checks read a whole table, on two processors.
CHECK_PROCESSOR_SECONDS = 90
OPEN_FILES = 64
DATABASE_KINDS = ("sqlite", "postgres", "mysql", "database")
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
CONNECTORS = {
    "parquet": "governance.sandbox.connectors.file",
    "csv": "governance.sandbox.connectors.file",
    "json": "governance.sandbox.connectors.file",
    FOOTER: "governance.sandbox.connectors.parquet_footer",
    "sqlite": "governance.sandbox.connectors.sqlite",
    "postgres": "governance.sandbox.connectors.postgres",
    "mysql": "governance.sandbox.connectors.mysql",
    "database": "governance.sandbox.connectors.database",
}
GROUP_CONNECTORS = {
    **dict.fromkeys(("parquet", "csv", "json"), "governance.sandbox.connectors.file_groups"),
    **dict.fromkeys(DATABASE_KINDS, "governance.sandbox.connectors.database_groups"),
}
CHECK_CONNECTORS = {
    **dict.fromkeys(("parquet", "csv", "json"), "governance.sandbox.connectors.file_checks"),
    **dict.fromkeys(DATABASE_KINDS, "governance.sandbox.connectors.database_checks"),
}


def apply_limits(*, with_network: bool, processor_seconds: int = PROCESSOR_SECONDS) -> None:
    """Limit memory, processor time, writing, core dumps and, for files, the network.

    Without a network namespace only DuckDB's and SQLite's own restrictions remain: they read only
    the descriptor they were given.
    """
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (processor_seconds, processor_seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
    if not with_network:
        kernel = ctypes.CDLL(None, use_errno=True)
        if kernel.unshare(CLONE_NEWNET) != 0:
            kernel.unshare(CLONE_NEWUSER | CLONE_NEWNET)


def respond(request: JSONObject) -> Iterator[JSONObject]:
    """Yield the tables of a source as they are read, or the `code` of why it cannot be read.

    A table that comes again replaces the one of the same name. Of a request for groups the only
    response is their counts; results of checks, and keys, come as they are measured.
    """
    try:
        yield from _read(Source.from_json(request))
    except SourceUnreadable as error:
        yield {"code": error.code, "detail": error.detail}
    except MemoryError:
        yield {"code": "too-costly", "detail": ""}
    except Exception as error:  # noqa: BLE001 - its text may hold values, and nobody sees a traceback
        yield {"code": "failed", "detail": f"({type(error).__name__})"}


def _read(source: Source) -> Iterator[JSONObject]:
    if source.groups is not None:
        count = import_module(GROUP_CONNECTORS[source.kind]).count
        yield {"counts": count(source, source.groups).as_json()}
    elif source.query:
        times = import_module("governance.sandbox.connectors.database_query").run(source)
        yield {"times": list(times)}
    elif source.checks is not None:
        check = import_module(CHECK_CONNECTORS[source.kind]).check
        for progress in check(source, source.checks):
            yield {"progress": asdict(progress)}
    elif source.keys_for is not None:
        for keys in import_module(CHECK_CONNECTORS[source.kind]).keys(source, source.keys_for):
            yield {"keys": keys}
    else:
        for profile in import_module(CONNECTORS[source.kind]).read(source):
            yield {"tables": [table.as_json() for table in profile.tables], "note": profile.note}
    yield {"is_complete": True}


def main() -> None:
    request = json.loads(sys.stdin.buffer.read())
    has_checks = request["checks"] or request["keys_for"]
    apply_limits(
        with_network=request["kind"] not in (*FILE_KINDS, FOOTER),
        processor_seconds=CHECK_PROCESSOR_SECONDS if has_checks else PROCESSOR_SECONDS,
    )
    os.chdir("/")
    for line in respond(request):
        print(json.dumps(line, default=str), flush=True)  # noqa: T201 - the response
    # Nothing has to be put in order, and to free all memory takes time.
    os._exit(0)


if __name__ == "__main__":
    main()
