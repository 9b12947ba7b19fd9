"""Import business terms from a YAML, JSON or CSV file."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from catalog.management.actors import actor_of
from catalog.management.help import CommandWithExamples
from catalog.manifests.import_report import count_actions
from catalog.manifests.issues import DocumentIssue, ParseError
from catalog.manifests.plan import Action
from catalog.manifests.readers import MAX_BYTES
from catalog.manifests.services.terms import TermImportResult, import_terms
from catalog.manifests.terms import parse_terms

EPILOG = """\
A term has a name, a definition, synonyms, acronyms and, where it holds in one domain only, the
domain's slug. YAML and JSON hold a list of them; CSV names the fields in its first row and
separates synonyms and acronyms by semicolons. A field that the file does not name stays as it is.
Each term is imported whole or not at all; importing the same file again changes nothing.

Examples:
  manage.py import_terms terms.yaml --dry-run     show what would happen, change nothing
  manage.py import_terms terms.csv --as olga      act as a person, with their rights

Exit: 0 all well, 1 conflicts or refusals, 2 bad input.
"""


class Command(CommandWithExamples):
    """Import business terms: plan, apply, report."""

    help = "Import business terms from a YAML, JSON or CSV file."
    epilog = EPILOG

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--dry-run", action="store_true", help="change nothing")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")
        parser.add_argument("--as", dest="person", metavar="USERNAME", help="act as this person")

    def handle(self, **options: Any) -> None:
        results, problems, entries = [], [], []
        actor, path = actor_of(options["person"], worker="term import"), options["file"]
        try:
            with path.open("rb") as file:
                entries = parse_terms(file.read(MAX_BYTES + 1), name=str(path))
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}", returncode=2) from error
        except ParseError as error:
            problems = [error.issue]
        for result in import_terms(entries=entries, actor=actor, is_dry_run=options["dry_run"]):
            results.append(result)
            problems += result.issues
            if not options["json"]:
                self._print(result)
        self._close(results, problems, options)
        if problems:
            sys.exit(2)
        if any(result.action in (Action.CONFLICT, Action.REFUSED) for result in results):
            sys.exit(1)

    def _print(self, result: TermImportResult) -> None:
        place = f"{result.file}:{result.line}"
        name = f"{result.domain}: {result.name}" if result.domain else result.name
        changes = f" ({', '.join(result.changes)})" if result.changes else ""
        self.stdout.write(f"{result.action.value:<9} {name} [{place}]: {result.reason}{changes}")

    def _close(
        self,
        results: list[TermImportResult],
        problems: list[DocumentIssue],
        options: dict[str, Any],
    ) -> None:
        counts = count_actions(results)
        if options["json"]:
            report = {
                "dry_run": options["dry_run"],
                "counts": counts,
                "terms": [result.as_json() for result in results],
                "problems": [problem.as_json() for problem in problems],
            }
            self.stdout.write(json.dumps(report, ensure_ascii=False, indent=2))
            return
        for problem in problems:
            self.stdout.write(f"  {problem} {problem.hint}")
        summary = ", ".join(f"{count:,} {action}" for action, count in counts.items())
        ending = " (dry run: nothing was written)" if options["dry_run"] else ""
        self.stdout.write(f"{len(results):,} terms: {summary}{ending}")
