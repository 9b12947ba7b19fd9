"""Takes files that people upload for an output port, and keeps the last ones of each port."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from catalog.audit.services import record
from catalog.authorization.access import Writer, require_permission
from catalog.contracts.models import contract_of
from catalog.contracts.services.serving import add_output_port, change_output_port
from catalog.exceptions import InvalidTransition, ValidationFailed, require_valid
from catalog.issues import Issue
from catalog.permissions import Permission
from catalog.ports.file_formats import MEDIA_TYPES, SUFFIXES
from catalog.ports.models import OutputPort
from catalog.ports.uploads import (
    ReceivedFile,
    Upload,
    UploadConflict,
    current_tag,
    hosted_location,
    install,
    is_hosted,
    prune,
    receive,
    remove_leftovers,
    withdraw,
)
from catalog.products.models import DataProduct, Status
from catalog.products.services import edited_version, lock_product
from catalog.revisions.services import audit_subject
from catalog.types import JSONObject

MEGABYTE = 1024 * 1024
# Of an open file and its format; returns what makes it unusable.
UploadCheck = Callable[[int, str], Sequence[Issue]]
_checks: dict[str, UploadCheck] = {}


@dataclass(frozen=True, kw_only=True)
class UploadedData:
    """What an upload became; `tag` is the ETag of the data.

    `is_live` is False if readers see it only after the next publication.
    """

    port: OutputPort
    product: DataProduct
    location: str
    format: str
    size: int
    sha256: str
    tag: str
    is_live: bool


def register_upload_check(name: str, check: UploadCheck) -> None:
    """Register what looks into each received file before it replaces the one before."""
    _checks[name] = check


def upload_data(
    *,
    product: DataProduct,
    name: str,
    upload: Upload,
    actor: Writer,
    version: str = "1.0.0",
    replaces: str | None = None,
) -> UploadedData:
    """Let an output port serve an uploaded file; a port of another name or version is added.

    The file goes live at once where the port serves such a file already; else the contract names
    it, which readers see after the next publication. `replaces` is the tag of the data that the
    sender has seen, empty for none; None for what is there as the upload begins. The file arrives
    outside any transaction. Raises PermissionDenied, InvalidTransition (the status, or a port that
    serves from elsewhere), ValidationFailed, UploadConflict, UploadTooLarge, UploadCutShort,
    StorageFull: then nothing has changed.
    """
    require_permission(actor, Permission.EDIT_PRODUCTS, product.domain)
    product = edited_version(product)
    _require_open(product)
    if upload.format not in MEDIA_TYPES:
        message = "The format of the file is not known."
        raise ValidationFailed.of("file", message, f"Give its name an ending: {SUFFIXES}.")
    _require_file_port(_find_port(product, name, version))
    location = hosted_location(product.domain.slug, product.uuid, name, version, upload.format)
    target = Path(settings.ASSAY_FILES_ROOT) / location
    expected = served_tag(product, name, version) if replaces is None else replaces
    max_bytes = settings.ASSAY_MAX_UPLOAD_MB * MEGABYTE
    with receive(upload, folder=target.parent, max_bytes=max_bytes) as received:
        _check_content(received, upload.format)
        with _installed(received, target):
            row, copy = lock_product(product, actor, Permission.EDIT_PRODUCTS)
            product = copy or row
            if (current := served_tag(product, name, version)) != expected:
                raise UploadConflict(current)
            server = {"type": "local", "path": location, "format": upload.format}
            port, product = _serve(product, name, version, server, actor)
            is_live = row.is_released and _names(_find_port(row, name, version), location)
            record(
                actor=actor,
                verb="uploaded data",
                subject=audit_subject(row if is_live else product),
                after=_summary(port, upload, received),
            )
    prune(target, keep=settings.ASSAY_UPLOAD_SNAPSHOTS)
    return UploadedData(
        port=port,
        product=product,
        location=location,
        format=upload.format,
        size=received.size,
        sha256=received.sha256,
        tag=current_tag(target),
        is_live=is_live,
    )


def served_tag(product: DataProduct, name: str, version: str) -> str:
    """Return the tag of the upload that a port's contract names; empty if there is none."""
    path = str(_first_server(_find_port(product, name, version)).get("path", ""))
    is_upload = is_hosted(path, product.uuid)
    return current_tag(Path(settings.ASSAY_FILES_ROOT) / path) if is_upload else ""


def remove_stale_uploads(*, before: datetime) -> int:
    """Remove what broken uploads left behind; return how many files."""
    return remove_leftovers(Path(settings.ASSAY_FILES_ROOT), before=before)


@contextmanager
def _installed(received: ReceivedFile, target: Path) -> Iterator[None]:
    """Run the writes of an upload in one transaction that ends with its file in place."""
    snapshot: Path | None = None
    try:
        with transaction.atomic():
            yield
            snapshot = install(received, target)
    except BaseException:
        # The database did not commit, so the file before it stays.
        if snapshot is not None:
            withdraw(snapshot, target)
        raise


def _require_open(product: DataProduct) -> None:
    if product.status in (Status.RETIRED, Status.EXTERNAL):
        raise InvalidTransition(
            f"A product that is {product.status} takes no data.", location="file"
        )


def _find_port(product: DataProduct, name: str, version: str) -> OutputPort | None:
    ports = product.output_ports.select_related("port_contract__contract", "product__domain")
    return ports.filter(name=name, version=version).first()


def _first_server(port: OutputPort | None) -> JSONObject:
    contract = contract_of(port) if port else None
    servers = contract.tree.get("servers") if contract else None
    return servers[0] if servers else {}


def _names(port: OutputPort | None, location: str) -> bool:
    return _first_server(port).get("path") == location


def _require_file_port(port: OutputPort | None) -> None:
    """Raise InvalidTransition if an upload would replace a server that is no file."""
    server_type = _first_server(port).get("type", "local")
    if server_type != "local":
        raise InvalidTransition(
            f"The port {port} serves from a server of type {server_type}, not from a file.",
            location="file",
            hint="Add a port of another name for the file, or change this port's server first.",
        )


def _serve(
    product: DataProduct, name: str, version: str, server: JSONObject, actor: Writer
) -> tuple[OutputPort, DataProduct]:
    """Let a port's contract name the file, unless it does so already."""
    port, edition = _find_port(product, name, version), product.edition
    if port is None:
        place = {"server": "production"} | server
        return add_output_port(
            product=product, name=name, version=version, server=place, edition=edition, actor=actor
        )
    current = _first_server(port)
    if any(current.get(key) != value for key, value in server.items()):
        _require_file_port(port)
        place = {"server": "production"} | current | server
        interval = port.interval
        product = change_output_port(
            port=port, fields={}, server=place, edition=edition, actor=actor, interval=interval
        )
    return port, product


def _check_content(received: ReceivedFile, data_format: str) -> None:
    with received.path.open("rb") as file:
        for check in _checks.values():
            require_valid([issue for issue in check(file.fileno(), data_format) if issue.is_error])


def _summary(port: OutputPort, upload: Upload, received: ReceivedFile) -> JSONObject:
    """Return what the audit trail keeps; of the sender's path to the file only its name."""
    return {
        "port": str(port),
        # Postgres stores no NUL.
        "file": upload.name.replace("\0", "").replace("\\", "/").rpartition("/")[2][:200],
        "format": upload.format,
        "bytes": received.size,
        "sha256": received.sha256,
    }
