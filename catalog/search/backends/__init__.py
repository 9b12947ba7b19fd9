"""Which engines are fed and which one answers; each adapter is loaded by its dotted path."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from catalog.search.flow.engine import SearchBackend


_PATHS = {
    "embedded": "catalog.search.backends.embedded.EmbeddedBackend",
    "elasticsearch": "catalog.search.backends.elasticsearch.ElasticsearchBackend",
}
ADAPTERS = tuple(_PATHS)
_SEMANTIC_RANKING = "catalog.search.semantic.get_semantic_ranking"


def configured_backends() -> tuple[SearchBackend, ...]:
    """Return all engines that hold the catalog, the one that answers first."""
    return tuple(get_backend(name) for name in settings.ASSAY_SEARCH_ENGINES)


def active_backend() -> SearchBackend:
    return get_backend(settings.ASSAY_SEARCH_ENGINES[0])


def get_backend(name: str) -> SearchBackend:
    """Return one engine by its name, the same one each time in a process."""
    if name == "elasticsearch":
        place = settings.ELASTICSEARCH_URL, settings.ASSAY_SEARCH_PREFIX
        semantic = settings.ASSAY_SEARCH_SEMANTIC and import_string(_SEMANTIC_RANKING)()
        return _instance(name, *place, semantic or None)
    return _instance(name, Path(settings.ASSAY_DATA_DIR) / "search")


@lru_cache
def _instance(name: str, *place: Hashable) -> SearchBackend:
    return adapter(name)(*place)


def adapter(name: str) -> Callable[..., SearchBackend]:
    """Return the class of an engine, loaded only now."""
    loaded: Callable[..., SearchBackend] = import_string(_PATHS[name])
    return loaded
