"""Verify the sealed audit trail."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from catalog.audit.services import read_anchors
from catalog.audit.verification import ChainReport, verify_chain
from catalog.management.search_engines import show_progress

MAX_ISSUES = 100


class Command(BaseCommand):
    """Verify every seal of the audit trail and the anchors; exit 1 if something is wrong."""

    help = (
        "Verify that no event of the audit trail was changed, deleted, added or moved, and that its"
        " end is that of the last anchor; exit 0 intact, 1 not."
        " Example: manage.py verify_audit_trail --json"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, **options: Any) -> None:
        anchors = read_anchors()
        report = verify_chain(
            anchors=anchors.valid,
            max_issues=MAX_ISSUES,
            progress=lambda count: show_progress(count, "verified"),
        )
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(report, anchors.valid, anchors.issues)))
        else:
            self._print(report, len(anchors.valid), anchors.issues)
        if not report.is_intact or anchors.issues:
            sys.exit(1)

    def _print(self, report: ChainReport, anchors: int, issues: tuple[str, ...]) -> None:
        for issue in report.issues:
            place = f"seal {issue.sequence:,}" if issue.sequence else f"event {issue.event_id}"
            self.stdout.write(f"{place}: {issue.kind}")
        for text in issues:
            self.stdout.write(text)
        state = "intact" if report.is_intact else f"{len(report.issues)} issues"
        self.stdout.write(
            f"{report.events:,} events verified, {report.waiting:,} wait for their seal,"
            f" {anchors:,} anchors compared: {state}"
        )


def _as_json(report: ChainReport, anchors: tuple[object, ...], issues: tuple[str, ...]) -> Any:
    return {
        "is_intact": report.is_intact and not issues,
        "events": report.events,
        "waiting": report.waiting,
        "head": report.head,
        "anchors": len(anchors),
        "anchor_issues": list(issues),
        "issues": [
            {
                "issue": issue.kind.name.lower(),
                "message": issue.kind.value,
                "sequence": issue.sequence,
                "event": issue.event_id,
            }
            for issue in report.issues
        ],
    }
