"""What becomes of every sample file of each format: imported, with what lost, or refused and why.

Each file is read as the importer reads it, and planned as a dry run into a domain of its own, in a
transaction that is rolled back. Files of a format whose files belong together are read by folder.

    python -m benchmarks.formats ../shared/samples
    python -m benchmarks.formats ../shared/samples --refused --json

Exit: 0 if every file of a format was imported or refused with a reason, 1 if a reader failed.
"""

import json
import os
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.cli import command_line

if TYPE_CHECKING:
    from catalog.manifests.formats.types import Format

DOMAIN = "format-samples"
SUFFIXES = (".json", ".jsonld", ".yaml", ".yml")


@dataclass
class Outcome:
    """What became of one file, or of several that belong together."""

    format: str
    path: str
    files: int
    products: int = 0
    losses: int = 0
    reasons: list[str] = field(default_factory=list)

    @property
    def result(self) -> str:
        if not self.products:
            return "refused"
        return "in part" if self.reasons else "with losses" if self.losses else "lossless"


def files_by_format(folder: Path) -> dict["Format", list[list[Path]]]:
    """Return the files that are imported together, by the format that is detected."""
    from catalog.manifests.formats.registry import detect_format
    from catalog.manifests.issues import ParseError
    from catalog.manifests.readers import read_values
    from catalog.manifests.sources import MAX_FILE_BYTES

    groups: dict[Format, dict[Path, list[Path]]] = defaultdict(lambda: defaultdict(list))
    for path in sorted(folder.rglob("*")):
        if path.suffix not in SUFFIXES or not path.is_file():
            continue
        try:
            values = read_values(path.read_bytes(), name=path.name, max_bytes=MAX_FILE_BYTES)
        except ParseError:
            continue
        known = detect_format([value.tree for value in values])
        if known:
            groups[known][path.parent if known.is_file_set else path].append(path)
    return {known: list(files.values()) for known, files in groups.items()}


def domains_in(folder: Path) -> set[str]:
    """Return the domains that products of ours name, which an importer expects to exist."""
    from catalog.manifests.readers import read_documents

    paths = (folder / "bitol-odps").glob("*.y*ml")
    trees = [read_documents(path.read_bytes(), name=path.name)[0].tree for path in paths]
    return {str(tree["domain"]) for tree in trees if tree.get("domain")}


def import_files(known: "Format", paths: list[Path]) -> Outcome:
    from catalog.audit.actors import SystemActor
    from catalog.manifests.import_report import ImportReport
    from catalog.manifests.readers import Source
    from catalog.manifests.services import import_manifests

    sources = [Source(path.name, path.read_bytes) for path in paths]
    if known.name == "odcs":
        sources.append(Source("product.json", partial(product_naming, paths[0])))
    results = import_manifests(
        sources=sources,
        actor=SystemActor("format benchmark"),
        default_domain=DOMAIN,
        is_dry_run=True,
        chosen=known if known.read else None,
    )
    report = ImportReport.of(results)
    stopped = {"invalid", "refused", "conflict"}
    outcome = Outcome(known.name, str(paths[0]), len(paths))
    outcome.products = sum(result.action.value not in stopped for result in report.results)
    outcome.losses = sum(len(result.losses) for result in report.results)
    outcome.reasons = [issue.message for issue in report.all_issues if issue.is_error]
    return outcome


def product_naming(path: Path) -> bytes:
    """Return a product whose port names the contract in a file: a contract alone has no owner."""
    from catalog.manifests.readers import read_documents

    ports = [
        {"name": f"port {number}", "version": "1.0.0", "contractId": str(document.tree.get("id"))}
        for number, document in enumerate(read_documents(path.read_bytes(), name=path.name))
    ]
    tree = {"apiVersion": "v1.0.0", "kind": "DataProduct", "id": "sample", "name": "Sample"}
    return json.dumps(tree | {"domain": DOMAIN, "outputPorts": ports}).encode()


def print_table(outcomes: list[Outcome]) -> None:
    columns = ("lossless", "with losses", "in part", "refused")
    heads = ("files", "products", "losses", *columns)
    print(f"{'format':14}" + "".join(f"{head:>12}" for head in heads))
    for name in dict.fromkeys(outcome.format for outcome in outcomes):
        own = [outcome for outcome in outcomes if outcome.format == name]
        counts = Counter(outcome.result for outcome in own)
        sums = [sum(getattr(o, key) for o in own) for key in ("files", "products", "losses")]
        sums += [counts[column] for column in columns]
        print(f"{name:14}" + "".join(f"{value:12,}" for value in sums))
        reasons = Counter(reason for outcome in own for reason in set(outcome.reasons))
        for reason, count in reasons.most_common(8):
            print(f"{'':14}{count:4,} × {reason[:100]}")


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.db import transaction

    from catalog.audit.actors import SystemActor
    from catalog.domains.services import create_domain

    outcomes = []
    with transaction.atomic():
        for slug in (DOMAIN, *domains_in(options.folder)):
            create_domain(slug=slug, name=slug, mission="", actor=SystemActor("format benchmark"))
        for known, groups in files_by_format(options.folder).items():
            outcomes += [import_files(known, paths) for paths in groups]
        transaction.set_rollback(True)
    if options.json:
        print(json.dumps([vars(outcome) | {"result": outcome.result} for outcome in outcomes]))
    else:
        print_table(outcomes)
    sys.exit(any(not outcome.products and not outcome.reasons for outcome in outcomes))


if __name__ == "__main__":
    main()
