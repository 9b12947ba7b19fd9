"""Import products and contracts from YAML or JSON manifests."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from catalog.management.actors import actor_of
from catalog.management.help import CommandWithExamples
from catalog.manifests.bundles import BundleCollector
from catalog.manifests.formats.registry import FORMATS, get_format
from catalog.manifests.import_report import ImportReport, ImportResult
from catalog.manifests.readers import Source
from catalog.manifests.services import ReleaseTexts, apply_plan, dry_run_plan, plan_manifests
from catalog.manifests.sources import MAX_FILE_BYTES

SUFFIXES = {".yaml", ".yml", ".json", ".jsonld"}
MAX_LOSSES = 20
EPILOG = """\
A manifest is a Bitol ODPS document for the product and an ODCS document for each contract, in one
file or in many. Files of other formats are converted to these, and what is lost is reported. Each
product is imported with its contracts or not at all; one invalid product does not stop the others.
Importing the same files again changes nothing.

Examples:
  manage.py import_manifests products/ --dry-run      show what would happen, change nothing
  manage.py import_manifests products/                import a folder
  manage.py import_manifests orders.yaml --as olga    act as a person, with their rights
  manage.py import_manifests orders.yaml --json       the same report for programs
  manage.py import_manifests a.json b.json --domain sales --format NAME   files of a format

Formats: {formats}.

Exit: 0 all well, 1 findings, conflicts or refusals, 2 bad input.
""".replace("{formats}", ", ".join(known.name for known in FORMATS))


class Command(CommandWithExamples):
    """Import manifests: plan, apply, report."""

    help = "Import products and contracts from YAML or JSON files of any format that is read."
    epilog = EPILOG

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="file or folder")
        parser.add_argument("--dry-run", action="store_true", help="change nothing")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")
        parser.add_argument("--overwrite", action="store_true", help="replace edits made here")
        parser.add_argument(
            "--format",
            choices=[known.name for known in FORMATS],
            help="format of the files; by default detected",
        )
        parser.add_argument("--domain", default="", help="domain of products that name none")
        parser.add_argument("--note", default="", help="what is new, for consumers")
        parser.add_argument(
            "--break-reason", default="", help="why a breaking change has no notice period"
        )
        parser.add_argument("--as", dest="person", metavar="USERNAME", help="act as this person")

    def handle(self, **options: Any) -> None:
        chosen = get_format(options["format"]) if options["format"] else None
        collector = BundleCollector(_sources(options["paths"]), chosen)
        actor, report = actor_of(options["person"], worker="manifest import"), ImportReport()
        run_plan = dry_run_plan if options["dry_run"] else apply_plan
        plans = plan_manifests(
            collector=collector,
            actor=actor,
            default_domain=options["domain"],
            overwrite=options["overwrite"],
        )
        texts = ReleaseTexts(options["note"], options["break_reason"])
        for plan in plans:
            report.add(run_plan(plan=plan, actor=actor, texts=texts))
            self._progress(len(report.results), len(collector))
            if not options["json"]:
                self._print_result(report.results[-1])
        report.issues += collector.issues
        self._close(report, is_dry_run=options["dry_run"], as_json=options["json"])
        if report.exit_code:
            sys.exit(report.exit_code)

    def _progress(self, done: int, of: int) -> None:
        if sys.stderr.isatty():
            end = "\n" if done == of else ""
            sys.stderr.write(f"\r{done:,} of {of:,} products{end}")
            sys.stderr.flush()

    def _print_result(self, result: ImportResult) -> None:
        name = result.address or result.name
        status = f" [{result.status}]" if result.status else ""
        self.stdout.write(f"{result.action.value:<9} {name}{status}: {result.reason}")
        for change in result.changes:
            self.stdout.write(f"            {change}")
        for line in result.release_lines:
            self.stdout.write(f"            {line}")
        for note in result.notes:
            self.stdout.write(f"            note: {note}")
        for loss in result.losses[:MAX_LOSSES]:
            self.stdout.write(f"            not kept: {loss.location or '/'}: {loss.message}")
        if (more := len(result.losses) - MAX_LOSSES) > 0:
            self.stdout.write(f"            not kept: {more:,} more; --json lists them all")
        for finding in result.findings:
            fix = f" {finding.hint}" if finding.hint else ""
            self.stdout.write(f"            {finding.location}: {finding.message}{fix}")
        for issue in result.issues:
            self.stdout.write(f"  {issue} {issue.hint}")

    def _close(self, report: ImportReport, *, is_dry_run: bool, as_json: bool) -> None:
        if as_json:
            content = {"dry_run": is_dry_run, **report.as_json()}
            self.stdout.write(json.dumps(content, ensure_ascii=False, indent=2))
            return
        for issue in report.issues:
            self.stdout.write(f"  {issue} {issue.hint}")
        counts = ", ".join(f"{count:,} {action}" for action, count in report.counts.items())
        ending = " (dry run: nothing was written)" if is_dry_run else ""
        self.stdout.write(f"{len(report.results):,} products: {counts}{ending}")


def _sources(paths: list[Path]) -> Iterator[Source]:
    for path in paths:
        if path.is_dir():
            for file in sorted(file for file in path.rglob("*") if _is_manifest(file, path)):
                yield Source(str(file), partial(_start_of, file), is_explicit=False)
        elif path.is_file():
            yield Source(str(path), partial(_start_of, path))
        else:
            raise CommandError(f"There is no file or folder {path}.", returncode=2)


def _is_manifest(file: Path, folder: Path) -> bool:
    is_hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
    return file.suffix.lower() in SUFFIXES and file.is_file() and not is_hidden


def _start_of(path: Path) -> bytes:
    """Return a file's bytes, at most one more than is allowed."""
    with path.open("rb") as file:
        return file.read(MAX_FILE_BYTES + 1)
