"""What a run says of itself: a table for people, JSON for programs; pure."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from benchmarks.chaos.plan import Outturn

SHOWN = 12
TITLES = {
    "lost": "acknowledged writes lost",
    "resurrected": "deleted things resurrected",
    "wrongly_readable": "readings that showed what was hidden",
    "hinted": "readings that gave it away by count or word",
    "failed": "answers of failure (500) or refused writes",
    "unfound": "things not found by their readers in the end",
    "drift": "differences of index and database",
}


def as_json(outturn: Outturn) -> dict[str, Any]:
    """Return the whole record as JSON values."""
    plan = asdict(outturn.plan)
    for name in ("postgres_url", "most_faults", "keeps_folder"):
        del plan[name]
    return {
        "plan": plan,
        "seconds": round(outturn.seconds, 1),
        "seconds_to_answers": outturn.to_answers,
        "seconds_to_equality": outturn.to_equality,
        "load": outturn.load,
        **outturn.figures,
        **outturn.verdict.counts(),
        "is_compatible": outturn.verdict.is_compatible,
    }


def as_table(outturn: Outturn) -> str:
    """Return the record as Markdown."""
    figures, plan = outturn.figures, outturn.plan
    rows = [
        ("parts", f"{plan.engine}, {plan.database}; {plan.clients} clients, seed {plan.seed}"),
        ("acknowledged writes", f"{figures['acknowledged']:,}"),
        ("without an answer", f"{figures['unknown']:,}"),
        *((f"- {kind}", _words(counts)) for kind, counts in figures["writes"].items()),
        ("kill -9 of parts", f"{sum(figures['faults'].values())}"),
        *((f"- {part}", str(count)) for part, count in figures["faults"].items()),
        ("readings", f"{sum(sum(counts.values()) for counts in figures['reads'].values()):,}"),
        *((f"- {name}", _words(counts)) for name, counts in figures["reads"].items()),
        *((TITLES[name], str(count)) for name, count in outturn.verdict.counts().items()),
        ("last fault to the engine's answer", _seconds(outturn.to_answers)),
        ("last fault to index = database", _seconds(outturn.to_equality)),
        ("whole run", f"{outturn.seconds:.0f} s, load {outturn.load}"),
    ]
    return "\n".join(["| what | how many |", "|---|---|", *(f"| {a} | {b} |" for a, b in rows)])


def complaints(outturn: Outturn) -> list[str]:
    """Return what was wrong, the first lines of each kind."""
    lines = []
    for name, found in asdict(outturn.verdict).items():
        lines += [f"{TITLES[name]}: {line}" for line in found[:SHOWN]]
        if len(found) > SHOWN:
            lines.append(f"{TITLES[name]}: and {len(found) - SHOWN} more")
    return lines


def _seconds(seconds: float | None) -> str:
    return "never" if seconds is None else f"{seconds:.1f} s"


def _words(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {word}" for word, count in sorted(counts.items()))
