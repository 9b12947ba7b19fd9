"""Services of search: searches as a reader, and indexes that follow the database."""

from __future__ import annotations

from catalog.search.result_types.domains import DomainRow
from catalog.search.result_types.products import ProductRow
from catalog.search.result_types.terms import TermRow
from catalog.search.services.checks import (
    TARGET,
    WINDOW,
    DayOfChecks,
    IndexReport,
    check_indexes,
    index_reports,
)
from catalog.search.services.pending import EngineState, engine_states
from catalog.search.services.rebuild import (
    ActivationRefused,
    Progress,
    RebuildPhase,
    rebuild,
    remove_unused_indexes,
    roll_back,
)
from catalog.search.services.search import (
    Completions,
    SearchResults,
    check_engine,
    counts_by_type,
    find_by_address,
    relaxed_searches,
    search_catalog,
    suggest,
    tokens_of,
)
from catalog.search.services.similarity import Similar, similar_to
from catalog.search.services.sync import (
    drain,
    index_pending,
    index_products,
    sync_domain_changes,
)
from catalog.search.services.verify import IndexDiff, verify

__all__ = [
    "TARGET",
    "WINDOW",
    "ActivationRefused",
    "Completions",
    "DayOfChecks",
    "DomainRow",
    "EngineState",
    "IndexDiff",
    "IndexReport",
    "ProductRow",
    "Progress",
    "RebuildPhase",
    "SearchResults",
    "Similar",
    "TermRow",
    "check_engine",
    "check_indexes",
    "counts_by_type",
    "drain",
    "engine_states",
    "find_by_address",
    "index_pending",
    "index_products",
    "index_reports",
    "rebuild",
    "relaxed_searches",
    "remove_unused_indexes",
    "roll_back",
    "search_catalog",
    "similar_to",
    "suggest",
    "sync_domain_changes",
    "tokens_of",
    "verify",
]
