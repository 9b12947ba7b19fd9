"""Reads the manifests in `demo/manifests`: a file per product, and one for each contract; pure."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from catalog.manifests.readers import read_documents
from catalog.types import JSONObject
from config.demo.paths import DEMO

MANIFESTS = DEMO / "manifests"
# The origin of the HTTP source in the contracts; the loader puts the real port in its place.
ORIGIN = b"http://127.0.0.1:8001"
PRODUCT_SUFFIX = ".odps.yaml"
ENDED = ("deprecated", "retired")


@dataclass(frozen=True)
class DemoProduct:
    """The files of one product: `<domain>/<slug>.odps.yaml` and its contracts."""

    path: Path

    @property
    def slug(self) -> str:
        return self.path.name.removesuffix(PRODUCT_SUFFIX)

    @property
    def domain(self) -> str:
        return self.path.parent.name

    @property
    def contract_paths(self) -> list[Path]:
        folder = self.path.parent
        paths = {*folder.glob(f"{self.slug}.odcs.yaml"), *folder.glob(f"{self.slug}.*.odcs.yaml")}
        return sorted(paths)

    @cached_property
    def document(self) -> JSONObject:
        return read_yaml(self.path)

    @cached_property
    def contracts(self) -> list[JSONObject]:
        return [read_yaml(path) for path in self.contract_paths]

    @property
    def status(self) -> str:
        return str(self.document["status"])


def read_products() -> list[DemoProduct]:
    return [DemoProduct(path) for path in sorted(MANIFESTS.rglob(f"*{PRODUCT_SUFFIX}"))]


def read_domains() -> list[JSONObject]:
    """Return the domains of `domains.yaml`, parents first."""
    path = DEMO / "domains.yaml"
    return [document.tree for document in read_documents(path.read_bytes(), name=path.name)]


def read_yaml(path: Path) -> JSONObject:
    return read_documents(path.read_bytes(), name=path.name)[0].tree
