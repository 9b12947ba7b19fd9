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
from importlib import import_module

from catalog.types import JSONObject
from governance.sandbox.types import FILE_KINDS, FOOTER, Source, SourceUnreadable

MEMORY = 1024**3
PROCESSOR_SECONDS = 20
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


def apply_limits(*, with_network: bool) -> None:
    """Limit memory, processor time, writing, core dumps and, for files, the network.

    Without a network namespace only DuckDB's and SQLite's own restrictions remain: they read only
    the descriptor they were given.
    """
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
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
    response is their counts.
    """
    source = Source.from_json(request)
    try:
        if source.groups is not None:
            count = import_module(GROUP_CONNECTORS[source.kind]).count
            yield {"counts": count(source, source.groups).as_json()}
            return
        if source.query:
            times = import_module("governance.sandbox.connectors.database_query").run(source)
            yield {"times": list(times)}
            return
        read = import_module(CONNECTORS[source.kind]).read
        for profile in read(source):
            yield {"tables": [table.as_json() for table in profile.tables], "note": profile.note}
        yield {"is_complete": True}
    except SourceUnreadable as error:
        yield {"code": error.code, "detail": error.detail}
    except MemoryError:
        yield {"code": "too-costly", "detail": ""}
    except Exception as error:  # noqa: BLE001 - its text may hold values, and nobody sees a traceback
        yield {"code": "failed", "detail": f"({type(error).__name__})"}


def main() -> None:
    request = json.loads(sys.stdin.buffer.read())
    apply_limits(with_network=request["kind"] not in (*FILE_KINDS, FOOTER))
    os.chdir("/")
    for line in respond(request):
        print(json.dumps(line, default=str), flush=True)  # noqa: T201 - the response
    # Nothing has to be put in order, and to free all memory takes time.
    os._exit(0)


if __name__ == "__main__":
    main()
