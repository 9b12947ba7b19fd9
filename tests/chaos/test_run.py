"""A short chaos run on the real product: parts are killed while clients write."""

import pytest

from benchmarks.chaos.config import Config
from benchmarks.chaos.output import as_table, problem_lines
from benchmarks.chaos.run import run
from benchmarks.chaos.servers import missing_requirement
from tests.conftest import SERVERS_REQUIRED
from tests.settings import TEST_SERVERS

pytestmark = pytest.mark.slow
SHORT = {"writes": 160, "seconds": 25, "fault_pause": 3, "max_faults": 8}


def check_run(config: Config) -> None:
    """Run, and require that no problem is found."""
    result = run(config, print)
    print(as_table(result))

    assert problem_lines(result) == []
    assert result.figures["acknowledged"] >= config.writes
    assert result.to_equality is not None


def test_killing_parts_loses_no_acknowledged_write_and_shows_nothing_hidden():
    check_run(Config(seed=1, **SHORT))


def test_killing_parts_loses_nothing_with_elasticsearch_postgres_and_redis():
    config = Config(
        engine="elasticsearch",
        database="postgres",
        postgres_url=TEST_SERVERS["postgres"],
        seed=2,
        **SHORT,
    )
    if reason := missing_requirement(config):
        if SERVERS_REQUIRED:
            pytest.fail(f"needed here (ASSAY_REQUIRE_SERVERS=1): {reason}", pytrace=False)
        pytest.skip(reason)

    check_run(config)
