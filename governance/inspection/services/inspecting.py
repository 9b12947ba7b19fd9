"""Inspects the schema of sources, finds schema drift, and updates contracts from a source."""

import logging
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from catalog.audit.actors import SystemActor
from catalog.audit.services import record
from catalog.authorization.access import require_permission
from catalog.contracts.models import DataContract, Server, contract_of
from catalog.contracts.projection import new_tree, parse_contract
from catalog.contracts.services import save_contract
from catalog.domains.models import Domain
from catalog.exceptions import InvalidTransition, ValidationFailed
from catalog.issues import Issue
from catalog.people.models import Person
from catalog.permissions import Permission
from catalog.ports.models import READ, OutputPort
from catalog.ports.services import ProbeSummary, edited_port, update_probe_times
from catalog.products.models import DataProduct
from catalog.products.services import Writer
from catalog.revisions.services import audit_subject
from catalog.types import JSONObject
from governance.inspection.adoption import adopted_schema
from governance.inspection.declarations import DeclaredColumn, compound_key, tables_of
from governance.inspection.models import READ_INTERVAL, READABLE, Inspection, SourceSchedule
from governance.inspection.proposals import ColumnProposal, with_proposals
from governance.inspection.schema_drift import find_drift
from governance.inspection.services.contract_states import publish_contract_states
from governance.inspection.services.values import (
    allowed_profile,
    readable_columns,
    schema_of,
    source_digest,
    source_server,
    value_rules,
    visible_profile,
)
from governance.sandbox.profile_facts import merge_profile
from governance.sandbox.runner import WALL_SECONDS, file_table, read_server
from governance.sandbox.types import Key, Source, SourceUnreadable, TableProfile

logger = logging.getLogger(__name__)
# Types of server that a later version will read.
NOT_READ_YET = {"gcs": "Google Cloud Storage", "azure": "Azure Blob Storage"}


def inspect_port(*, port: OutputPort, actor: Writer) -> Inspection:
    """Read a port's source now and save its profile, or why it could not be read.

    Reads outside any transaction. Raises PermissionDenied, ValidationFailed if the port has no
    server that can be read, and InvalidTransition while a person has a source of the same domain
    read: a request that waits for it holds a thread of the web server.
    """
    require_permission(actor, Permission.EDIT_PRODUCTS, port.product.domain)
    contract = require_contract(port)
    server = contract.servers.filter(type__in=READABLE).first()
    if server is None:
        raise ValidationFailed([_unreadable_issue(contract)])
    if isinstance(actor, SystemActor):
        result = _read(port, server)
    else:
        with one_reading(port.product.domain_id):
            result = _read(port, server)
    return _save(port=port, contract=contract, result=result, actor=actor)


def try_server(*, domain: Domain, server: JSONObject, actor: Person) -> list[TableProfile]:
    """Return the tables of a server that no contract names yet; nothing is saved.

    Raises PermissionDenied, SourceUnreadable, and InvalidTransition while another source of the
    domain is read.
    """
    require_permission(actor, Permission.EDIT_PRODUCTS, domain)
    document = parse_contract(new_tree(identifier="test", name="test", servers=[server]))
    declared = document.servers[0]
    contract = DataContract(product=DataProduct(domain=domain), tree=document.tree)
    row = Server(
        contract=contract,
        name=declared.name,
        type=declared.type,
        location=declared.location,
        format=declared.format,
    )
    with one_reading(domain.pk):
        return read_server(row, Source()).tables


def _unreadable_issue(contract: DataContract) -> Issue:
    """Return why none of a contract's servers can be read."""
    types = sorted(set(contract.servers.values_list("type", flat=True)) & set(NOT_READ_YET))
    message = "The port has no file or database whose schema can be read."
    if types:
        names = " and ".join(NOT_READ_YET[server_type] for server_type in types)
        message = f"{names} cannot be read yet."
    hint = "Name a server of type local, s3, postgres or mysql in its contract."
    return Issue(location="server", message=message, hint=hint)


@contextmanager
def one_reading(domain_id: int) -> Iterator[None]:
    key = f"source-reading:{domain_id}"
    if not cache.add(key, 1, timeout=2 * WALL_SECONDS):
        raise InvalidTransition(
            "Another source of this domain is being read.",
            location="port",
            hint="Try again in half a minute.",
        )
    try:
        yield
    finally:
        cache.delete(key)


@dataclass(frozen=True)
class ReadResult:
    """The tables of a source, or the code and the detail of why it could not be read."""

    profile: list[TableProfile]
    failure: str = ""
    detail: str = ""
    note: str = ""


def _read(port: OutputPort, server: Server) -> ReadResult:
    declared = declared_tables(require_contract(port))
    request = Source(
        values_of=tuple(readable_columns(port, file_table=file_table(server))),
        tables=tuple(declared),
        keys=tuple(Key(table, key) for table in declared if (key := compound_key(declared[table]))),
    )
    try:
        profile = read_server(server, request)
        return ReadResult(profile.tables, note=profile.note)
    except SourceUnreadable as error:
        return ReadResult([], error.code, error.detail)
    except Exception:
        # A source may be anything; whatever breaks, breaks its own inspection only.
        logger.exception("reading the source of port %d broke", port.pk)
        return ReadResult([], "failed")


@transaction.atomic
def _save(
    *, port: OutputPort, contract: DataContract, result: ReadResult, actor: Writer
) -> Inspection:
    declared = declared_tables(contract)
    drift = [] if result.failure else find_drift(declared, result.profile)
    before = Inspection.objects.select_for_update().filter(port=port).first()
    # A column may have been classified while it was read.
    rows = OutputPort.objects.select_related("product", "port_contract__contract")
    current = rows.get(pk=port.pk)
    visible = allowed_profile(result.profile, value_rules(current), port=current)
    now = timezone.now()
    outcome: JSONObject = {
        "read_at": now,
        "failure": result.failure,
        "failure_detail": result.detail,
        "note": result.note,
    }
    if not result.failure:
        source = source_digest(contract)
        facts = before.table_facts if before and before.facts_source == source else []
        # A failure leaves what was seen last: a contract is not kept because nobody can look.
        outcome |= {
            "observed_at": now,
            "tables": [table.as_json() for table in visible],
            "facts": [table.as_json() for table in merge_profile(facts, visible)],
            "facts_source": source,
            "has_values": any(table.has_values for table in visible),
            "values_revision": current.product.revision,
            "drifts": [asdict(item) for item in drift],
            "is_compared": bool(declared),
            "compared_digest": contract.digest,
        }
    inspection, _ = Inspection.objects.update_or_create(port=port, defaults=outcome)
    _note_check(port, contract, result, inspection.read_at)
    SourceSchedule.objects.filter(port=port).update(next_due_at=inspection.read_at + READ_INTERVAL)
    # A daily inspection by the system is an event only if its outcome changed.
    current_result = (inspection.failure, inspection.drifts)
    is_unchanged = before is not None and (before.failure, before.drifts) == current_result
    if not isinstance(actor, SystemActor) or not is_unchanged:
        record(
            actor=actor,
            verb="read source",
            subject=audit_subject(port.product),
            after={"port": str(port), "failure": result.failure, "drifts": len(drift)},
        )
    publish_contract_states([port.product_id])
    return inspection


def _note_check(
    port: OutputPort, contract: DataContract, result: ReadResult, read_at: datetime
) -> None:
    """Count the reading as a check of a port that is not probed.

    Only a server that does not answer has failed: a missing secret or a blocked address says
    nothing of what consumers get.
    """
    servers = list(contract.servers.all())
    is_probed = any(server.is_probed for server in servers)
    if is_probed or result.failure not in ("", "unreachable"):
        return
    read = next(server for server in servers if server.type in READABLE)
    check = ProbeSummary(
        at=read_at,
        outcome=result.failure or READ,
        is_good=not result.failure,
        server=read.key,
    )
    update_probe_times(probes={port.pk: check})


@transaction.atomic
def adopt_schema(
    *,
    port: OutputPort,
    edition: int,
    actor: Writer,
    version: str = "",
    tables: Collection[str] | None = None,
    accepted: Iterable[ColumnProposal] = (),
) -> tuple[DataContract, DataProduct]:
    """Write the observed schema into the port's contract; what people wrote is kept.

    `version` makes a new contract version. `tables` names those to add, by default all; the columns
    get what is `accepted` of the proposals. Raises PermissionDenied, EditConflict,
    InvalidTransition (not read yet), ImmutableVersion (a published version uses the contract: give
    a new version).
    """
    inspection = Inspection.objects.filter(port=port).first()
    if inspection is None or inspection.failure:
        raise InvalidTransition(
            "The source has not been read yet.", location="port", hint="Read it first."
        )
    port = edited_port(port)
    contract = require_contract(port)
    adopted = adopted_schema(
        schema_of(contract), inspection.profile, server=source_server(contract), adds=tables
    )
    schema = with_proposals(adopted, accepted)
    tree = contract.tree | {"schema": schema}
    if version:
        tree |= {"version": version}
    saved = save_contract(product=port.product, tree=tree, edition=edition, actor=actor)
    drifts = [asdict(item) for item in find_drift(declared_tables(saved[0]), inspection.profile)]
    Inspection.objects.filter(pk=inspection.pk).update(drifts=drifts, is_compared=True)
    return saved


def declared_tables(contract: DataContract) -> dict[str, list[DeclaredColumn]]:
    """Return a contract's top-level properties by the name of their table in the source."""
    return tables_of(schema_of(contract), source_server(contract))


def require_contract(port: OutputPort) -> DataContract:
    contract = contract_of(port)
    if contract is None:
        raise ValidationFailed(
            [Issue(location="port", message="The port has no contract.", hint="Add a contract.")]
        )
    return contract


def inspection_summary(inspection: Inspection) -> JSONObject:
    """Return an inspection as JSON values, with the values of columns that may be shown now."""
    failure = (
        {"code": inspection.failure, "message": inspection.failure_message}
        if inspection.failure
        else None
    )
    return {
        "port": str(inspection.port),
        "read_at": inspection.read_at.isoformat(),
        "failure": failure,
        "note": inspection.note,
        "tables": [table.for_readers() for table in visible_profile(inspection)],
        "drifts": inspection.drifts,
        "is_compared": inspection.is_compared,
    }
