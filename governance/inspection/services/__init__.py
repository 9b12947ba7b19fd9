"""Reads the schema of sources: now, on schedule, and into the contract."""

from governance.inspection.models import READABLE
from governance.inspection.services.classification import (
    decide_classifications,
    suggestions_of,
)
from governance.inspection.services.comparing import compare_changed, compare_products
from governance.inspection.services.inspecting import (
    adopt_schema,
    inspect_port,
    inspection_summary,
    try_server,
)
from governance.inspection.services.schedules import (
    claim_sources,
    read_batch,
    schedule_missing_sources,
)
from governance.inspection.services.values import (
    delete_hidden_values,
    delete_values_of,
    visible_profile,
)

__all__ = [
    "READABLE",
    "adopt_schema",
    "claim_sources",
    "compare_changed",
    "compare_products",
    "decide_classifications",
    "delete_hidden_values",
    "delete_values_of",
    "inspect_port",
    "inspection_summary",
    "read_batch",
    "schedule_missing_sources",
    "suggestions_of",
    "try_server",
    "visible_profile",
]
