"""Apply the policies of a folder."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from catalog.management.actors import actor_of
from catalog.management.help import CommandWithExamples
from catalog.manifests.issues import DocumentIssue
from governance.policies.services import FileAction, FileResult, apply_files
from governance.policies.text import MAX_TEXT_BYTES

EPILOG = """\
Each file holds one policy. Its cases have to pass. It is applied in the mode that it names (off,
warn or enforce); applying it again changes nothing. With --as it is only proposed, and another
person approves it.

Examples:
  manage.py apply_policies governance/policies/library --dry-run    show what would change
  manage.py apply_policies policies/ --json                         apply, print a report
  manage.py apply_policies policies/retention.yaml --as gunnar      propose as a person

Exit: 0 all well, 1 a policy was refused, 2 a path cannot be read.
"""


class Command(CommandWithExamples):
    """Apply policies as code: plan, apply, report."""

    help = "Apply the policies of YAML files or of folders with them."
    epilog = EPILOG

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", type=Path, nargs="+", metavar="PATH")
        parser.add_argument("--dry-run", action="store_true", help="change nothing")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")
        parser.add_argument("--as", dest="person", metavar="USERNAME", help="act as this person")

    def handle(self, **options: Any) -> None:
        actor = actor_of(options["person"], worker="policy files")
        texts = list(_texts(options["paths"]))
        results = []
        for result in apply_files(texts=texts, actor=actor, is_dry_run=options["dry_run"]):
            results.append(result)
            if not options["json"]:
                self._print(result)
        if options["json"]:
            report = {"dry_run": options["dry_run"], "policies": [*map(_as_json, results)]}
            self.stdout.write(json.dumps(report))
        if any(result.action is FileAction.REFUSED for result in results):
            sys.exit(1)

    def _print(self, result: FileResult) -> None:
        version = f" version {result.version} ({result.mode})" if result.version else ""
        self.stdout.write(f"{result.file}: {result.action} {result.policy}{version}".rstrip())
        if result.drift:
            self.stdout.write(f"  drift: {result.drift}")
        for issue in result.issues:
            place = f"line {issue.line}: " if isinstance(issue, DocumentIssue) else ""
            hint = f" {issue.hint}" if issue.hint else ""
            self.stdout.write(f"  {place}{issue.message}{hint}")


def _texts(paths: list[Path]) -> Iterator[tuple[str, str]]:
    """Yield each file with its text. Raises CommandError for what cannot be read."""
    for path in paths:
        files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
        if not files:
            raise CommandError(f"{path} has no files *.yaml", returncode=2)
        for file in files:
            try:
                with file.open("rb") as content:
                    yield str(file), content.read(MAX_TEXT_BYTES + 1).decode()
            except OSError as error:
                raise CommandError(f"{file}: {error.strerror}", returncode=2) from error
            except UnicodeDecodeError as error:
                raise CommandError(f"{file} is not UTF-8 text", returncode=2) from error


def _as_json(result: FileResult) -> dict[str, Any]:
    return vars(result) | {"issues": [issue.as_json() for issue in result.issues]}
