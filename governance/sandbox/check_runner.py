"""Runs the checks of a table in the sandbox."""

import json
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import BinaryIO

from catalog.contracts.models import Server
from catalog.types import JSONObject
from governance.sandbox.checks import (
    MAX_KEYS,
    WHOLE_TABLE_KINDS,
    Check,
    CheckRequest,
    CheckResult,
    CheckRun,
    KeyRequest,
)
from governance.sandbox.database_servers import database_types
from governance.sandbox.runner import open_server, respond
from governance.sandbox.types import FOOTER, Source, SourceUnreadable

NO_REFERENCES: Mapping[str, Server] = MappingProxyType({})
# The types of server whose rows can be checked.
CHECKED_TYPES = ("local", "s3", "api", *database_types())
# After its own time the child has some more to say what it did not reach.
MORE_SECONDS = 10
KEY_SECONDS = 50
TOO_LARGE = "Checks read whole objects, and this one is too large."


@dataclass(frozen=True)
class Keys:
    """The keys of a reference in an open file, or why there are none."""

    file: BinaryIO | None = None
    error: SourceUnreadable | None = None


def run_checks(
    server: Server, request: CheckRequest, references: Mapping[str, Server] = NO_REFERENCES
) -> CheckRun:
    """Measure all checks of a table in one scan where its engine allows it.

    `references` are the servers that checks name in their `reference`; the caller decides that the
    product may read them. What goes wrong with one check is said in its result. Raises
    SourceUnreadable if the table cannot be read at all.
    """
    started = time.monotonic()
    with ExitStack() as stack:
        keys = dict(_read_references(request.checks, references, stack))
        files = tuple((key, read.file.fileno()) for key, read in keys.items() if read.file)
        target = stack.enter_context(open_server(server, Source(checks=request, key_files=files)))
        if target.source.kind == FOOTER:
            raise SourceUnreadable("too-costly", TOO_LARGE)
        run = run_check_child(target.source)
    results = (_with_reference(result, keys.get(result.key)) for result in run.results)
    is_cut = target.is_sample or run.is_sample
    is_sample = is_cut or (request.max_rows is not None and run.rows == request.max_rows)
    kinds = {check.key: check.kind for check in request.checks}
    return replace(
        run,
        results=tuple(
            _of_sample(result, kinds[result.key], is_cut=is_cut) if is_sample else result
            for result in results
        ),
        is_sample=is_sample,
        note=f"{target.note} {run.note}".strip(),
        seconds=time.monotonic() - started,
    )


def run_check_child(source: Source) -> CheckRun:
    """Start the child with a source and its checks. Raises SourceUnreadable.

    What a child that exceeds a limit has measured until then is kept.
    """
    assert source.checks is not None
    started = time.monotonic()
    results: dict[str, CheckResult] = {}
    rows: int | None = None
    note, is_sample = "", False
    responses, failure = respond(source, seconds=source.checks.seconds + MORE_SECONDS)
    for response in responses:
        if "code" in response:
            failure = SourceUnreadable(response["code"], response["detail"])
        if "progress" in response:
            progress: JSONObject = response["progress"]
            read = map(CheckResult.from_json, progress["results"])
            results.update({result.key: result for result in read})
            rows = progress["rows"] if rows is None else rows
            note = progress["note"] or note
            is_sample = is_sample or progress["is_sample"]
    if not results and source.checks.checks:
        raise failure
    missing = CheckResult(key="", code=failure.code, error=str(failure))
    return CheckRun(
        rows=rows,
        results=tuple(
            results.get(check.key) or replace(missing, key=check.key)
            for check in source.checks.checks
        ),
        is_sample=is_sample,
        note=note,
        seconds=time.monotonic() - started,
    )


def read_keys(server: Server, request: KeyRequest, file: BinaryIO) -> None:
    """Write the different keys of a table as lines of JSON. Raises SourceUnreadable."""
    with open_server(server, Source(keys_for=request)) as target:
        if target.source.kind == FOOTER or target.is_sample:
            raise SourceUnreadable("too-costly", TOO_LARGE)
        responses, failure = respond(target.source, seconds=KEY_SECONDS)
    n_keys, is_complete = 0, False
    for response in responses:
        if "code" in response:
            failure = SourceUnreadable(response["code"], response["detail"])
        is_complete = is_complete or bool(response.get("is_complete"))
        for key in response.get("keys", ()):
            n_keys += 1
            file.write(json.dumps(key).encode() + b"\n")
    if n_keys > MAX_KEYS:
        raise SourceUnreadable("too-many-keys", f"The reference has more than {MAX_KEYS:,}.")
    if not is_complete:
        raise failure
    file.flush()
    file.seek(0)


def _read_references(
    checks: Iterable[Check], references: Mapping[str, Server], stack: ExitStack
) -> Iterator[tuple[str, Keys]]:
    """Yield the keys that each check needs, read by a process of its own.

    The process that reads the table has only the keys: SQL of this product reads no other one.
    """
    for check in checks:
        if check.reference is None:
            continue
        reference = check.reference
        server = references.get(reference.server)
        file = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
        request = KeyRequest(reference.table, (*reference.columns, *reference.compared))
        try:
            if server is None:
                raise SourceUnreadable("no-reference", "It is not available.")
            read_keys(server, request, file)
            yield check.key, Keys(file)
        except SourceUnreadable as error:
            yield check.key, Keys(error=error)


def _with_reference(result: CheckResult, keys: Keys | None) -> CheckResult:
    """Say why a reference has no keys, which the child could not know."""
    if keys is None or keys.error is None:
        return result
    if keys.error.code in ("no-reference", "too-many-keys"):
        return replace(result, code=keys.error.code, error=str(keys.error))
    error = SourceUnreadable("no-reference", str(keys.error))
    return replace(result, code=error.code, error=str(error))


def _of_sample(result: CheckResult, kind: str, *, is_cut: bool) -> CheckResult:
    """Mark a result of the first rows, or refuse one that is true of all rows only.

    With `is_cut` the source itself has only its first part here; else such checks read it whole.
    """
    if kind not in WHOLE_TABLE_KINDS:
        return replace(result, is_sample=True)
    if not is_cut or result.is_error:
        return result
    error = SourceUnreadable("needs-all-rows")
    return CheckResult(key=result.key, code=error.code, error=str(error))
