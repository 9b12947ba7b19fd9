"""A short storm over the real product: parts die while clients write, and nothing is lost."""

import pytest

from benchmarks.chaos.plan import Plan
from benchmarks.chaos.record import as_table, complaints
from benchmarks.chaos.run import run
from benchmarks.chaos.servers import lacking
from tests.conftest import SERVERS_REQUIRED
from tests.settings import TEST_SERVERS

pytestmark = pytest.mark.slow
SHORT = {"writes": 160, "seconds": 25, "fault_pause": 3, "most_faults": 8}


def weather(plan: Plan) -> None:
    """Run a plan and demand that its ledger holds."""
    outturn = run(plan, print)
    print(as_table(outturn))

    assert complaints(outturn) == []
    assert outturn.figures["acknowledged"] >= plan.writes
    assert outturn.to_equality is not None


def test_no_acknowledged_write_is_lost_and_nothing_hidden_shown_though_parts_are_killed():
    weather(Plan(seed=1, **SHORT))


def test_the_same_holds_with_elasticsearch_postgres_and_redis():
    plan = Plan(
        engine="elasticsearch",
        database="postgres",
        postgres_url=TEST_SERVERS["postgres"],
        seed=2,
        **SHORT,
    )
    if reason := lacking(plan):
        if SERVERS_REQUIRED:
            pytest.fail(f"needed here (ASSAY_REQUIRE_SERVERS=1): {reason}", pytrace=False)
        pytest.skip(reason)

    weather(plan)
