"""Opens the alert of a measurement in which groups moved."""

from collections.abc import Collection, Sequence

from django.utils import timezone

from catalog.products.models import Status
from governance.alerts.kinds import Audience
from governance.alerts.models import Alert
from governance.alerts.services import open_alert, resolve_alert
from governance.representation.alert_kinds import BIAS_DRIFT
from governance.representation.models import RepresentationRun
from governance.representation.moves import Move


def alert_of_moves(
    run: RepresentationRun, moves: Sequence[Move], visible: Collection[Move]
) -> None:
    """Open an alert of the groups that moved, in place of that of an earlier measurement.

    A move does not end by itself, so a person resolves it. Shares that not every reader may see
    are told to nobody: those who edit learn that something moved.
    """
    product, now = run.port.product.published_row, timezone.now()
    if not moves or product.status == Status.DRAFT:
        return
    prefix = f"bias_drift:{run.port_id}:"
    earlier = Alert.objects.filter(kind=BIAS_DRIFT.key, key__startswith=prefix, is_firing=True)
    for key in earlier.values_list("key", flat=True):
        resolve_alert(key=key, reason="A later measurement found a further move.", now=now)
    listed = [move for move in moves if move in visible]
    texts = [
        f"{move.attribute} “{move.group}” from {move.before:.1%} to {move.after:.1%}"
        for move in listed[:5]
    ]
    what = "; ".join(texts) or "groups whose shares not every reader may see"
    open_alert(
        key=f"{prefix}{run.pk}",
        kind=BIAS_DRIFT.key,
        subject=product,
        audience=Audience.READERS if listed else Audience.EDITORS,
        summary=f"{len(listed) or len(moves)} groups of {run.port} moved: {what}.",
        path=f"{product.path}/bias",
        evidence={"moves": len(listed)},
        now=now,
    )
