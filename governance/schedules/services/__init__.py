"""Claims what is due in fair shares, follows the clocks, and records when loops ran."""

from governance.schedules.services.activity import (
    count_work,
    declare_loops,
    find_silent_loops,
    loop_states,
    record_runs,
)
from governance.schedules.services.claiming import (
    OFF_GRID,
    Batch,
    claim_batch,
    claim_only_batch,
    claim_rows,
    clock_set_at,
    follow_clock,
    skip_to_next_slot,
    start_claimed,
    work_through,
)

__all__ = [
    "OFF_GRID",
    "Batch",
    "claim_batch",
    "claim_only_batch",
    "claim_rows",
    "clock_set_at",
    "count_work",
    "declare_loops",
    "find_silent_loops",
    "follow_clock",
    "loop_states",
    "record_runs",
    "skip_to_next_slot",
    "start_claimed",
    "work_through",
]
