"""Reads the server of a contract in a limited child process, by our own statements only."""

import json
import os
import selectors
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from django.conf import settings

from catalog.contracts.models import Server
from catalog.domains.folders import folders_of
from catalog.ports.files import OutsideFolder, open_in_folders
from catalog.types import JSONObject
from governance.sandbox.database_servers import connection_parameters, dialect_of
from governance.sandbox.groups import GroupCounts, GroupRequest
from governance.sandbox.http_answers import answer_table, fetched_answer
from governance.sandbox.object_storage import fetched_object, object_table
from governance.sandbox.types import (
    FILE_KINDS,
    FOOTER,
    PENDING,
    QueryTimes,
    Source,
    SourceProfile,
    SourceUnreadable,
    TableProfile,
)

WALL_SECONDS = 30
# What the child needs for its imports, on a busy machine.
START_SECONDS = 10
MAX_OUTPUT = 32 * 1024 * 1024
# Other names of the formats.
FORMATS = {
    **dict.fromkeys(("tsv", "txt", "csv.gz", "csv.zst"), "csv"),
    **dict.fromkeys(("jsonl", "ndjson", "geojson", "json.gz", "json.zst"), "json"),
    **dict.fromkeys(("db", "sqlite3"), "sqlite"),
    **dict.fromkeys(("parq", "geoparquet"), "parquet"),
}
# As JSON writes it; Postgres stores no text with it.
NULL_CHARACTER, REPLACEMENT = rb"\u0000", rb"\ufffd"
READ_SIZE = 64 * 1024
EXIT_SECONDS = 1
PROJECT = Path(__file__).resolve().parents[2]
# Each further arena of glibc takes 64 MB of the address space, which is limited.
ALLOCATION = {"MALLOC_ARENA_MAX": "1"}
# The child's environment has no secret and no address of a server.
ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


@dataclass(frozen=True)
class OpenServer:
    """A server whose file is open or whose address is checked.

    `table` is the name of a file's one table. `note` says what of the place is read; `is_sample` is
    True for the first part of a text.
    """

    source: Source
    table: str = ""
    note: str = ""
    is_sample: bool = False


def read_server(server: Server, request: Source) -> SourceProfile:
    """Return the tables of a contract's server. Raises SourceUnreadable.

    `request` says which values may be read, and which tables and keys the contract declares.
    """
    with open_server(server, request) as target:
        profile = run_child(target.source)
    if not target.table:
        return profile
    tables = [
        replace(table, name=target.table, is_sample=table.is_sample or target.is_sample)
        for table in profile.tables
    ]
    return SourceProfile(tables, f"{target.note} {profile.note}".strip())


def count_groups(server: Server, request: GroupRequest) -> GroupCounts:
    """Return how many records of a server's table each group has. Raises SourceUnreadable."""
    with open_server(server, Source(groups=request)) as target:
        if target.source.kind == FOOTER:
            detail = "Groups are counted of whole objects, and this one is too large."
            raise SourceUnreadable("too-costly", detail)
        counts = run_group_child(target.source)
    return replace(
        counts,
        note=f"{target.note} {counts.note}".strip(),
        is_sample=counts.is_sample or target.is_sample,
    )


def time_query(server: Server, query: str, *, seconds: float) -> QueryTimes:
    """Run one SELECT in a server's database and return its times. Raises SourceUnreadable."""
    dialect = dialect_of(server.type)
    if dialect is None:
        raise SourceUnreadable("not-readable-here")
    database = connection_parameters(server, dialect)
    source = Source(kind=dialect.connector, database=database, query=query, query_seconds=seconds)
    responses, failure = respond(source, seconds=seconds + START_SECONDS)
    for response in responses:
        if "code" in response:
            raise SourceUnreadable(response["code"], response["detail"])
        return QueryTimes(*response["times"])
    raise failure


@contextmanager
def open_server(server: Server, request: Source) -> Iterator[OpenServer]:
    """Open what the child of a server is given. Raises SourceUnreadable."""
    if (dialect := dialect_of(server.type)) is not None:
        database = connection_parameters(server, dialect)
        yield OpenServer(replace(request, kind=dialect.connector, database=database))
        return
    kind = file_kind(server)
    request = replace(request, kind=kind)
    of_file = replace(request, keys=tuple(key._replace(table="rows") for key in request.keys))
    if server.type == "s3":
        if kind in ("", "sqlite"):
            raise SourceUnreadable("not-readable-here", "Its format is parquet, csv or json.")
        with fetched_object(server, kind) as fetched:
            descriptor = fetched.file.fileno()
            kind = FOOTER if fetched.is_footer else kind
            source = replace(of_file, kind=kind, descriptor=descriptor)
            yield OpenServer(source, file_table(server), fetched.note, fetched.is_sample)
        return
    if server.type == "api":
        with fetched_answer(server) as file:
            source = replace(of_file, kind="json", descriptor=file.fileno())
            yield OpenServer(source, answer_table(server.location))
        return
    if server.type != "local" or not kind:
        raise SourceUnreadable("not-readable-here")
    with _open_file(server, kind) as (descriptor, log):
        if kind == "sqlite":
            yield OpenServer(replace(request, descriptor=descriptor, wal=log))
        else:
            yield OpenServer(replace(of_file, descriptor=descriptor), file_table(server))


@contextmanager
def _open_file(server: Server, kind: str) -> Iterator[tuple[int, int]]:
    """Open a file of the domain's folders, and the write-ahead log of SQLite or -1."""
    domain_id = server.contract.product.domain_id
    folders = folders_of([domain_id])[domain_id]
    try:
        descriptor = open_in_folders(
            server.location, root=Path(settings.ASSAY_FILES_ROOT), folders=folders
        )
    except OutsideFolder as error:
        raise SourceUnreadable("outside-folder") from error
    except (OSError, ValueError) as error:
        raise SourceUnreadable("not-found") from error
    try:
        require_file(descriptor)
        if kind == "sqlite":
            with _open_log(server, folders) as log:
                yield descriptor, log
        else:
            yield descriptor, -1
    finally:
        os.close(descriptor)


@contextmanager
def _open_log(server: Server, folders: Collection[str]) -> Iterator[int]:
    """Open the write-ahead log next to an SQLite file; -1 if there is none."""
    root = Path(settings.ASSAY_FILES_ROOT)
    try:
        log = open_in_folders(f"{server.location}-wal", root=root, folders=folders)
    except (OutsideFolder, OSError, ValueError):
        yield -1
        return
    try:
        yield log
    finally:
        os.close(log)


def file_kind(server: Server) -> str:
    """Return what a file is read as: its stated format, or that of its name; empty if unknown."""
    suffixes = Path(server.location.casefold()).suffixes
    inner = suffixes[:-1] if suffixes[-1:] in ([".gz"], [".zst"]) else suffixes
    stated = server.format.casefold() or "".join(inner[-1:]).removeprefix(".")
    kind = FORMATS.get(stated, stated)
    return kind if kind in FILE_KINDS else ""


def require_file(descriptor: int) -> None:
    """Raise SourceUnreadable for a folder, a pipe or a device."""
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        kind = "a folder; name one file in it" if stat.S_ISDIR(mode) else "a pipe or a device"
        raise SourceUnreadable("not-a-file", f"It is {kind}.")


def file_table(server: Server) -> str:
    """Return the name of a file's one table: that of the file."""
    if server.type == "s3":
        return object_table(server.location)
    return Path(server.location).name.split(".")[0]


def run_child(source: Source) -> SourceProfile:
    """Start the child with a source and return its tables. Raises SourceUnreadable.

    What a child that exceeds a limit has read until then is kept.
    """
    tables: dict[str, TableProfile] = {}
    note, is_complete, is_refused = "", False, False
    responses, failure = respond(source)
    for response in responses:
        if "code" in response:
            failure = SourceUnreadable(response["code"], response["detail"])
            # What seemed to be a table before is none.
            is_refused = failure.code == "wrong-format"
        read = map(TableProfile.from_json, response.get("tables", ()))
        tables.update({table.name: table for table in read})
        note = response.get("note") or note
        if response.get("is_complete"):
            is_complete, failure = True, SourceUnreadable("empty")
    if not tables or is_refused:
        raise failure
    profiles = list(tables.values())
    if not is_complete:
        profiles = [_with_reasons(table, str(failure)) for table in profiles]
    return SourceProfile(profiles, note)


def run_group_child(source: Source) -> GroupCounts:
    """Start the child with a source and return the counts of its groups. Raises SourceUnreadable.

    Counts are complete or there are none.
    """
    responses, failure = respond(source)
    for response in responses:
        if "code" in response:
            raise SourceUnreadable(response["code"], response["detail"])
        if "counts" in response:
            return GroupCounts.from_json(response["counts"])
    raise failure


def respond(
    source: Source, *, seconds: float = WALL_SECONDS
) -> tuple[list[JSONObject], SourceUnreadable]:
    """Start the child with a source; return what it responds, and how it ended if that is all."""
    numbers = (source.descriptor, source.wal, *(number for _, number in source.key_files))
    descriptors = tuple(number for number in numbers if number >= 0)
    program = (
        f"import sys; sys.path.insert(0, {str(PROJECT)!r}); "
        "from governance.sandbox.worker import main; main()"
    )
    with subprocess.Popen(  # noqa: S603 - our own program, no shell
        [sys.executable, "-I", "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ} | ALLOCATION,
        pass_fds=descriptors,
        start_new_session=True,
    ) as child:
        try:
            output = _exchange(child, json.dumps(asdict(source)).encode(), seconds)
            with suppress(subprocess.TimeoutExpired):
                child.wait(timeout=EXIT_SECONDS)
        finally:
            child.kill()
    lines = output.replace(NULL_CHARACTER, REPLACEMENT).splitlines(keepends=True)
    responses = [json.loads(line) for line in lines if line.endswith(b"\n")]
    return responses, SourceUnreadable(_end_of(child.returncode))


def _end_of(exit_code: int) -> str:
    """Return the code of a reading that gave no answer, by how its process ended."""
    ends = {1: "failed", -signal.SIGSEGV: "stopped", -signal.SIGABRT: "stopped"}
    return ends.get(exit_code, "too-costly")


def _with_reasons(table: TableProfile, reason: str) -> TableProfile:
    """Say of a table and its columns that were not reached why they have no figures."""
    columns = (
        replace(column, reason=column.reason or f"Not profiled. {reason}")
        if column.null_share is None and table.rows != 0
        else column
        for column in table.columns
    )
    own = reason if table.reason == PENDING else table.reason
    return replace(table, reason=own, columns=tuple(columns))


def _exchange(child: subprocess.Popen[bytes], request: bytes, seconds: float) -> bytes:
    """Send a request and return what the child writes within the limits of time and size."""
    assert child.stdin is not None
    assert child.stdout is not None
    output, ends_at = bytearray(), time.monotonic() + seconds
    with suppress(BrokenPipeError), child.stdin:
        child.stdin.write(request)
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while len(output) <= MAX_OUTPUT and (left := ends_at - time.monotonic()) > 0:
            if selector.select(left):
                part = os.read(child.stdout.fileno(), READ_SIZE)
                if not part:
                    break
                output += part
    return bytes(output)
