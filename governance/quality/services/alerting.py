"""Opens an alert for each check that fails, and resolves it when the check passes again."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime

from catalog.products.models import Status
from governance.alerts.models import Alert
from governance.alerts.services import open_alert, resolve_alert
from governance.quality.alert_kinds import QUALITY_FAILED
from governance.quality.models import CheckOutcome, QualityRun
from governance.quality.outcomes import CheckState

LIVE = (Status.PUBLISHED, Status.DEPRECATED)
# A port with more failing checks than this has one alert for all: its data is broken as a whole.
MAX_ALERTS = 10
MAX_ALERT_KEY = 200


def alert_of_run(run: QualityRun, outcomes: Sequence[CheckOutcome], *, now: datetime) -> None:
    """Open and resolve the alerts of a port after a good run, in its transaction.

    Drafts raise none. A check that could not run leaves its alert as it is.
    """
    product = run.port.product
    if product.status not in LIVE:
        return
    failed = [outcome for outcome in outcomes if outcome.state == CheckState.FAILED]
    prefix = f"quality:{run.port_id}:"
    summaries = dict(_summaries(prefix, run, failed, total=len(outcomes)))
    known = {_alert_key(prefix, row.key): row.state for row in outcomes}
    firing = Alert.objects.filter(key__startswith=prefix, is_firing=True)
    for key in firing.values_list("key", flat=True):
        if key not in summaries and known.get(key) != CheckState.ERROR:
            is_rule = key in known or key == prefix
            reason = "The check passes again." if is_rule else "The rule was removed."
            resolve_alert(key=key, reason=reason, now=now)
    for key, summary in summaries.items():
        open_alert(
            key=key,
            kind=QUALITY_FAILED.key,
            subject=product,
            summary=summary,
            now=now,
            path=f"/p/{product.domain.slug}/{product.slug}/quality",
            evidence={"run": str(run.run_id), "rows": run.rows, "failed": len(failed)},
        )


def _summaries(
    prefix: str, run: QualityRun, failed: Sequence[CheckOutcome], *, total: int
) -> Iterator[tuple[str, str]]:
    """Yield the key and the sentence of each alert; it says how many rows it is based on."""
    rows = "row" if run.rows == 1 else "rows"
    basis = f"{run.rows:,} {rows} checked" if run.rows is not None else "one run"
    if len(failed) > MAX_ALERTS:
        yield prefix, f"Port {run.port}: {len(failed)} of {total} checks failed ({basis})."
        return
    for outcome in failed:
        message = outcome.message.removesuffix(".")
        yield _alert_key(prefix, outcome.key), f"{outcome.title}: {message} ({basis})."


def _alert_key(prefix: str, key: str) -> str:
    """Return the key of the alert of a check; of a long one it ends with a digest."""
    if len(prefix + key) <= MAX_ALERT_KEY:
        return prefix + key
    return f"{prefix}{key[:100]}:{hashlib.sha256(key.encode()).hexdigest()[:16]}"
