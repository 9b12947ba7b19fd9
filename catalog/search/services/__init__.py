"""Search as services: answering as somebody, and engines that follow the database."""

from __future__ import annotations

from catalog.search.services.domain_rows import DomainRow, products_below
from catalog.search.services.following import EngineState, states
from catalog.search.services.health import (
    TARGET,
    WINDOW,
    DayOfChecks,
    IndexReport,
    check_indexes,
    reports_of,
)
from catalog.search.services.keeping_up import index_products, keep_up
from catalog.search.services.product_rows import ProductRow
from catalog.search.services.rebuild import (
    ActivationRefused,
    Progress,
    Step,
    clear_leftovers,
    rebuild,
    roll_back,
)
from catalog.search.services.search import (
    Completions,
    Found,
    check_engine,
    counts_by_kind,
    find_by_address,
    relaxed_searches,
    search_catalog,
    suggest,
    tokens_of,
)
from catalog.search.services.similarity import Similar, similar_to
from catalog.search.services.sync import drain, follow_domains
from catalog.search.services.term_rows import TermRow, Uses, uses_of
from catalog.search.services.verify import Drift, report_of, verify

__all__ = [
    "TARGET",
    "WINDOW",
    "ActivationRefused",
    "Completions",
    "DayOfChecks",
    "DomainRow",
    "Drift",
    "EngineState",
    "Found",
    "IndexReport",
    "ProductRow",
    "Progress",
    "Similar",
    "Step",
    "TermRow",
    "Uses",
    "check_engine",
    "check_indexes",
    "clear_leftovers",
    "counts_by_kind",
    "drain",
    "find_by_address",
    "follow_domains",
    "index_products",
    "keep_up",
    "products_below",
    "rebuild",
    "relaxed_searches",
    "report_of",
    "reports_of",
    "roll_back",
    "search_catalog",
    "similar_to",
    "states",
    "suggest",
    "tokens_of",
    "uses_of",
    "verify",
]
