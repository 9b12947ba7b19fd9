"""The registry of sections that other apps add to the page of a domain."""

from collections.abc import Callable
from dataclasses import dataclass

from catalog.authorization.access import AccessContext
from catalog.domains.models import Domain


@dataclass(frozen=True)
class DomainPanel:
    """A section of a domain's page: its template reads `content` as `panel.content`."""

    template: str
    content: object


PanelSource = Callable[[Domain, AccessContext], DomainPanel]
_sources: dict[str, PanelSource] = {}


def register_panel(name: str, source: PanelSource) -> None:
    """Register a section of the page of each domain; they are shown in this order."""
    _sources[name] = source


def domain_panels(domain: Domain, reader: AccessContext) -> list[DomainPanel]:
    return [source(domain, reader) for source in _sources.values()]
