"""Loads the demo mesh: data files, people, manifests, measurements, publication.

Each step leaves alone what is already there, so a load that was cut short can simply be run again.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.module_loading import import_string

from catalog.contracts.models import Server
from catalog.contracts.services import confirm_output_port
from catalog.domains.models import Domain
from catalog.manifests.formats import bitol_odps
from catalog.manifests.import_report import ImportReport, ImportResult
from catalog.manifests.readers import Source
from catalog.manifests.services.manifests import import_manifests
from catalog.ports.http_client import fetch
from catalog.ports.http_types import FetchFailed, Request, Response
from catalog.ports.models import OutputPort
from catalog.products.models import DataProduct, ProductAlias, Status
from catalog.products.projection import digest_of
from catalog.products.services import register_product, set_alias
from config.demo.manifests import ENDED, MANIFESTS, ORIGIN, DemoProduct, read_products
from config.demo.paths import HOST, answers_folder, write_port_file
from config.demo.people import LOADER, load_people, share_products
from config.demo.representation import load_plans
from config.demo.service_levels import load_service_levels
from config.demo.source import open_server
from governance.slo.services import probe_ports

Log = Callable[[str], None]
# DuckDB is loaded when the files are written and not before.
WRITE_FILES = "config.demo.data.write_files"
PROBE_ROUNDS = 2
STEPS = 7


class SourceBusy(Exception):
    """Another program answers on the port of the demo's HTTP source."""


def load_mesh(*, log: Log, day: date | None = None) -> list[ImportResult]:
    """Load everything; return the last import result of each product.

    `day` is the day as of which the rows are made, today unless given. Raises SourceBusy.
    """
    products = read_products()
    data_dir = Path(settings.ASSAY_DATA_DIR)
    written = import_string(WRITE_FILES)(
        products,
        files=Path(settings.ASSAY_FILES_ROOT),
        answers=answers_folder(data_dir),
        day=day or timezone.localdate(),
    )
    write_port_file(data_dir, settings.ASSAY_DEMO_PORT)
    log(f"1 of {STEPS}: {len(written)} data files written")
    load_people()
    log(f"2 of {STEPS}: domains, teams, people and terms loaded")
    _register_external(products)
    with source_running(), _files_of_retired(products):
        # A product can be published once a port has passed a check, so the import is run before
        # and after a measurement; only what was published can be deprecated or retired.
        _import(products, log=log, step=f"3 of {STEPS}: products as drafts", as_published=True)
        _measure(log, step=f"4 of {STEPS}: first measurements")
        _confirm_ports()
        publication = f"5 of {STEPS}: publication"
        results = _import(products, log=log, step=publication, as_published=True)
        ended = [product for product in products if product.status in ENDED]
        results += _import(ended, log=log, step=f"5 of {STEPS}: retirement")
        load_service_levels()
        log(f"5 of {STEPS}: standards, maintenance, reported checks and followers loaded")
        _measure(log, step=f"6 of {STEPS}: measurements of what is published")
    share_products()
    for count, address in enumerate(load_plans(), start=1):
        log(f"7 of {STEPS}: groups measured, {count} ({address})")
    return list({result.file: result for result in results}.values())


def summary_lines(results: list[ImportResult]) -> Iterator[str]:
    """Return the number of products by status, and why some of them stay drafts."""
    statuses = Counter(DataProduct.objects.values_list("status", flat=True))
    counts = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
    yield f"{sum(statuses.values())} products: {counts}"
    for result in results:
        if result.findings:
            codes = ", ".join(sorted({finding.code for finding in result.findings}))
            yield f"{result.address} stays a draft: {codes}"


@contextmanager
def source_running() -> Iterator[None]:
    """Run the HTTP source for the duration, unless it runs already.

    Raises SourceBusy if another program uses its port.
    """
    port = settings.ASSAY_DEMO_PORT
    try:
        server = open_server(port, answers_folder(Path(settings.ASSAY_DATA_DIR)))
    except OSError as error:
        if not _is_demo_source(port):
            raise SourceBusy(
                f"Port {port} is used by another program. Choose another with ASSAY_DEMO_PORT."
            ) from error
        yield
        return
    with server:
        threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()


@contextmanager
def _files_of_retired(products: list[DemoProduct]) -> Iterator[None]:
    """Keep a file without rows for each product that is retired later: it was published first."""
    files = {}
    for contract in (c for p in products if p.status == "retired" for c in p.contracts):
        columns = [column["name"] for column in contract["schema"][0]["properties"]]
        path = Path(settings.ASSAY_FILES_ROOT) / contract["servers"][0]["path"]
        files[path] = ",".join(columns) + "\n"
    for path, header in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(header, encoding="utf-8")
    try:
        yield
    finally:
        for path in files:
            path.unlink(missing_ok=True)


def _register_external(products: list[DemoProduct]) -> None:
    """Register the products of external domains; the import then adds their contracts."""
    external = Domain.objects.filter(is_external=True).in_bulk(field_name="slug")
    for product in products:
        document = product.document
        key = {"system": bitol_odps.SYSTEM, "identifier": document["id"]}
        if product.domain not in external or ProductAlias.objects.filter(**key).exists():
            continue
        entry = register_product(
            domain=external[product.domain], tree=document, status=Status.EXTERNAL, actor=LOADER
        )
        set_alias(product=entry, digest=digest_of(entry.tree), **key)


def _import(
    products: list[DemoProduct], *, log: Log, step: str, as_published: bool = False
) -> list[ImportResult]:
    """Import manifests; with `as_published`, those of ended products as they were before."""
    sources = [
        Source(str(path.relative_to(MANIFESTS)), partial(bytes, content))
        for product in products
        for path, content in _contents(product, as_published=as_published)
    ]
    report = ImportReport()
    for item in import_manifests(sources=sources, actor=LOADER):
        report.add(item)
        if len(report.results) % 20 == 0 or len(report.results) == len(products):
            log(f"{step}, {len(report.results)} of {len(products)}")
    for problem in report.all_issues:
        log(str(problem))
    return report.results


def _contents(product: DemoProduct, *, as_published: bool) -> Iterator[tuple[Path, bytes]]:
    origin = f"http://{HOST}:{settings.ASSAY_DEMO_PORT}".encode()
    entries = DataProduct.objects.filter(domain__slug=product.domain, slug=product.slug)
    is_to_end = as_published and product.status in ENDED
    is_to_end = is_to_end and not entries.filter(status__in=ENDED).exists()
    for path in (product.path, *product.contract_paths):
        content = path.read_bytes().replace(ORIGIN, origin)
        if path == product.path and is_to_end:
            status = f"\nstatus: {product.status}\n".encode()
            content = content.replace(status, b"\nstatus: active\n")
        yield path, content


def _measure(log: Log, *, step: str) -> None:
    for number in range(1, PROBE_ROUNDS + 1):
        results = probe_ports()
        good = sum(result.is_good for result in results)
        log(f"{step}, round {number} of {PROBE_ROUNDS}: {good} of {len(results)} ports answered")


def _confirm_ports() -> None:
    """Confirm the ports that cannot be checked, as the stewards of the demo would."""
    unchecked = OutputPort.objects.filter(last_good_at=None, product__status=Status.DRAFT)
    servers = Server.objects.filter(contract__port_contracts__port=OuterRef("pk"))
    ports = unchecked.filter(Exists(servers)).exclude(Exists(servers.filter(is_probed=True)))
    for port in ports.select_related("product__domain"):
        confirm_output_port(port=port, actor=LOADER, reason="Its consumers read from it.")


def _is_demo_source(port: int) -> bool:
    url = f"http://{HOST}:{port}/healthz"
    try:
        response = fetch(Request(url=url, deadline=3, max_bytes=1000))
    except FetchFailed:
        return False
    return (
        isinstance(response, Response)
        and response.status == 200
        and b"demo source" in response.body
    )
