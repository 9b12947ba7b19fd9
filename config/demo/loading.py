"""Loads the demo mesh: files, society, manifests, a first look at every port, publication.

Each step leaves alone what it finds done, so a load that was cut short is run again to its end.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from catalog.contracts.services import save_contract
from catalog.domains.models import Domain
from catalog.manifests import bitol_odps
from catalog.manifests.bundles import Source
from catalog.manifests.import_report import ImportResult, Report
from catalog.manifests.services.manifests import import_manifests
from catalog.ports.http_client import fetch
from catalog.ports.http_types import FetchFailed, Request, Response
from catalog.products.models import DataProduct, ProductAlias, Status
from catalog.products.projection import digest_of
from catalog.products.services import register_product, set_alias, share_product
from config.demo.layout import answers_folder, manifests_folder, write_port_file
from config.demo.manifests import Printer
from config.demo.notation import DomainSpec, Product, read_mesh
from config.demo.society import LOADER, settle
from config.demo.source import HOST, open_server
from governance.slo.services import probe_ports

Say = Callable[[str], None]
# DuckDB is loaded when the files are written and not before.
WRITE_FILES = "config.demo.rows.write_files"
ENDING = (Status.DEPRECATED.value, Status.RETIRED.value)
ROUNDS_BEFORE, ROUNDS_AFTER = 2, 2


class SourceBusy(Exception):
    """Another program answers on the port of the demo's HTTP source."""


@dataclass
class Loading:
    """One load. `say` hears of each step; `day` is the day as of which the rows are made."""

    say: Say
    day: date = field(default_factory=timezone.localdate)
    mesh: tuple[DomainSpec, ...] = field(default_factory=read_mesh)

    def __post_init__(self) -> None:
        port = settings.ASSAY_DEMO_PORT
        self.printer = Printer(mesh=self.mesh, source_url=f"http://{HOST}:{port}")
        self.products = {product.address: product for _, product in self.printer.products()}

    def run(self) -> list[ImportResult]:
        """Load everything; return what became of each product in the end. Raises SourceBusy."""
        self._write_files()
        settle(self.mesh)
        self.say("domains, teams, people and terms stand")
        self._register_foreign()
        with source_running():
            self._bring_in()
            self._look_at_ports(ROUNDS_BEFORE)
            landings = self._bring_in() + self._end_products()
            self._look_at_ports(ROUNDS_AFTER)
        self._share()
        return landings

    def _write_files(self) -> None:
        data_dir = Path(settings.ASSAY_DATA_DIR)
        count = import_string(WRITE_FILES)(
            self.mesh,
            files=Path(settings.ASSAY_FILES_ROOT),
            answers=answers_folder(data_dir),
            day=self.day,
        )
        write_port_file(data_dir, settings.ASSAY_DEMO_PORT)
        self.say(f"{count} files written")

    def _register_foreign(self) -> None:
        """Enter the products of foreign sources, which no gate is asked about."""
        for sketch, product in self.printer.products():
            identifier = self.printer.product(sketch, product)["id"]
            alias = ProductAlias.objects.filter(system=bitol_odps.SYSTEM, identifier=identifier)
            if sketch.is_external and not alias.exists():
                self._register(sketch, product)

    def _register(self, sketch: DomainSpec, product: Product) -> None:
        tree = self.printer.product(sketch, product)
        entry = register_product(
            domain=Domain.objects.get(slug=sketch.slug),
            tree=tree,
            status=Status.EXTERNAL,
            actor=LOADER,
        )
        for _, contract in self.printer.contracts(product):
            _, entry = save_contract(
                product=entry, tree=contract, edition=entry.edition, actor=LOADER
            )
        set_alias(
            product=entry,
            system=bitol_odps.SYSTEM,
            identifier=tree["id"],
            digest=digest_of(entry.tree),
        )

    def _bring_in(self) -> list[ImportResult]:
        """Import every governed product; one that will end is published first."""
        asked = [
            (sketch, self._as_it_stands(product))
            for sketch, product in self.printer.products()
            if not sketch.is_external
        ]
        return self._import(asked)

    def _as_it_stands(self, product: Product) -> Product:
        if product.status not in ENDING:
            return product
        standing = _standing(product)
        is_over = standing is not None and standing.status in ENDING
        return product if is_over else product.with_status(Status.PUBLISHED.value)

    def _end_products(self) -> list[ImportResult]:
        """Deprecate and retire what the mesh shows as ending, once it was published."""
        ending = [
            (sketch, product)
            for sketch, product in self.printer.products()
            if product.status in ENDING
        ]
        return self._import(ending)

    def _import(self, asked: list[tuple[DomainSpec, Product]]) -> list[ImportResult]:
        folder = manifests_folder(Path(settings.ASSAY_DATA_DIR))
        sources = [
            Source(str(path.relative_to(folder)), path.read_bytes)
            for sketch, product in asked
            for path in self.printer.write_product(sketch, product, folder)
        ]
        report = Report()
        for item in import_manifests(sources=sources, actor=LOADER):
            report.add(item)
            if len(report.landings) % 20 == 0:
                self.say(f"{len(report.landings)} of {len(asked)} manifests")
        for problem in report.all_problems:
            self.say(str(problem))
        return report.landings

    def _look_at_ports(self, rounds: int) -> None:
        """Measure every port in the foreground: real measurements, a few of them."""
        for _ in range(rounds):
            seen = probe_ports()
            good = sum(each.is_good for each in seen)
            self.say(f"{len(seen)} ports measured, {good} answered well")

    def _share(self) -> None:
        """Let other domains read the restricted products that name them."""
        for product in self.products.values():
            standing = _standing(product) if product.readers else None
            if standing is None or standing.readers.exists():
                continue
            share_product(
                product=standing,
                domains=list(Domain.objects.filter(slug__in=product.readers)),
                teams=[],
                edition=standing.edition,
                actor=LOADER,
            )


def summary_of(landings: list[ImportResult]) -> Iterator[str]:
    """Return lines that say what stands now, and what the gate refused and why."""
    statuses = Counter(DataProduct.objects.values_list("status", flat=True))
    counted = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
    yield f"{sum(statuses.values())} products: {counted}"
    for landing in {landing.address: landing for landing in landings}.values():
        if landing.findings:
            codes = ", ".join(sorted({finding.code for finding in landing.findings}))
            yield f"{landing.address} stays a draft: {codes}"


@contextmanager
def source_running() -> Iterator[None]:
    """Have the HTTP source answer: the one that runs already, or one of our own meanwhile.

    Raises SourceBusy where the port is held by something else.
    """
    port = settings.ASSAY_DEMO_PORT
    try:
        server = open_server(port, answers_folder(Path(settings.ASSAY_DATA_DIR)))
    except OSError as taken:
        if not _is_the_source(port):
            raise SourceBusy(
                f"Port {port} is used by another program. Choose another with ASSAY_DEMO_PORT."
            ) from taken
        yield
        return
    with server:
        threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()


def _is_the_source(port: int) -> bool:
    try:
        answer = fetch(Request(url=f"http://{HOST}:{port}/healthz", deadline=3, max_bytes=1000))
    except FetchFailed:
        return False
    return isinstance(answer, Response) and answer.status == 200 and b"demo source" in answer.body


def _standing(product: Product) -> DataProduct | None:
    return DataProduct.objects.filter(domain__slug=product.domain, slug=product.slug).first()
