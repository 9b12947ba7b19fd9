"""The tree of domains as ids."""

from collections.abc import Mapping


def ancestors_in(parents: Mapping[int, int | None], domain_id: int) -> list[int]:
    """Return a domain and all above it, nearest first; `parents` is each domain's parent by id."""
    path: list[int] = []
    current: int | None = domain_id
    while current is not None and current not in path:
        path.append(current)
        current = parents.get(current)
    return path


def domains_within(parents: Mapping[int, int | None], domain_id: int) -> list[int]:
    """Return a domain and all below it."""
    return [pk for pk in parents if domain_id in ancestors_in(parents, pk)]
