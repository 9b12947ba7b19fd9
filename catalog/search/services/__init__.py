"""Search as services: answering as somebody, and engines that follow the database."""

from __future__ import annotations

from catalog.search.services.checking import (
    TARGET,
    WINDOW,
    DayOfChecks,
    IndexReport,
    check_indexes,
    reports_of,
)
from catalog.search.services.finding import (
    Completions,
    Found,
    addressed,
    check_engine,
    search_catalog,
    suggest,
    tokens_of,
    without_one,
)
from catalog.search.services.following import EngineState, states
from catalog.search.services.indexing import drain, follow_domains
from catalog.search.services.keeping_up import index_products, keep_up
from catalog.search.services.likeness import Similar, similar_to
from catalog.search.services.rebuilding import (
    Progress,
    Step,
    SwapRefused,
    clear_leftovers,
    rebuild,
    roll_back,
)
from catalog.search.services.showing import ShownProduct
from catalog.search.services.verifying import Drift, report_of, verify

__all__ = [
    "TARGET",
    "WINDOW",
    "Completions",
    "DayOfChecks",
    "Drift",
    "EngineState",
    "Found",
    "IndexReport",
    "Progress",
    "ShownProduct",
    "Similar",
    "Step",
    "SwapRefused",
    "addressed",
    "check_engine",
    "check_indexes",
    "clear_leftovers",
    "drain",
    "follow_domains",
    "index_products",
    "keep_up",
    "rebuild",
    "report_of",
    "reports_of",
    "roll_back",
    "search_catalog",
    "similar_to",
    "states",
    "suggest",
    "tokens_of",
    "verify",
    "without_one",
]
