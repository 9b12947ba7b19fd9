"""Prints the result of a run: a table for people, JSON for programs; pure."""

from dataclasses import asdict
from typing import Any

from benchmarks.chaos.config import Result

MAX_LINES = 12
TITLES = {
    "lost_writes": "acknowledged writes lost",
    "resurrected": "deleted entities resurrected",
    "leaked": "reads that showed something hidden",
    "unpublished_words": "reads that showed what was not published",
    "leaked_by_count": "reads that disclosed it by a count or a suggestion",
    "failed": "failures (500) or refused writes",
    "not_found": "wrong results of the last searches",
    "drift": "differences of index and database",
}


def as_json(result: Result) -> dict[str, Any]:
    config = asdict(result.config)
    for name in ("postgres_url", "max_faults", "keep_folder"):
        del config[name]
    return {
        "config": config,
        "seconds": round(result.seconds, 1),
        "seconds_to_answers": result.to_answers,
        "seconds_to_equality": result.to_equality,
        "load": result.load,
        **result.figures,
        **result.report.counts(),
        "is_ok": result.report.is_ok,
    }


def as_table(result: Result) -> str:
    """Return the result as a Markdown table."""
    figures, config = result.figures, result.config
    rows = [
        ("engine, database", f"{config.engine}, {config.database}"),
        ("clients, seed", f"{config.clients}, {config.seed}"),
        ("acknowledged writes", f"{figures['acknowledged']:,}"),
        ("without an answer", f"{figures['unknown']:,}"),
        *((f"- {action}", _describe(counts)) for action, counts in figures["writes"].items()),
        ("kill -9 of parts", f"{sum(figures['faults'].values())}"),
        *((f"- {part}", str(count)) for part, count in figures["faults"].items()),
        ("reads", f"{sum(sum(counts.values()) for counts in figures['reads'].values()):,}"),
        *((f"- {name}", _describe(counts)) for name, counts in figures["reads"].items()),
        *((TITLES[name], str(count)) for name, count in result.report.counts().items()),
        ("last fault to the engine's answer", _seconds(result.to_answers)),
        ("last fault to index = database", _seconds(result.to_equality)),
        ("whole run", f"{result.seconds:.0f} s, load {result.load}"),
    ]
    return "\n".join(["| figure | value |", "|---|---|", *(f"| {a} | {b} |" for a, b in rows)])


def problem_lines(result: Result) -> list[str]:
    """Return the first problems of each kind."""
    lines = []
    for name, problems in asdict(result.report).items():
        lines += [f"{TITLES[name]}: {line}" for line in problems[:MAX_LINES]]
        if len(problems) > MAX_LINES:
            lines.append(f"{TITLES[name]}: and {len(problems) - MAX_LINES} more")
    return lines


def _seconds(seconds: float | None) -> str:
    return "never" if seconds is None else f"{seconds:.1f} s"


def _describe(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(counts.items()))
