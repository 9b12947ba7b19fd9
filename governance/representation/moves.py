"""Which groups have moved: by more than a band, and by more than chance explains; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from governance.representation.results import AttributeResult, GroupResult, Representation


@dataclass(frozen=True)
class Move:
    """A group whose share (0 to 1) was another one in the measurement `since`, by its key."""

    attribute: str
    group: str
    since: int
    before: float
    after: float


GroupKey = tuple[str, str]


def find_moves(
    now: Representation,
    baselines: Mapping[int, Representation],
    since: Mapping[GroupKey, int],
    first: int,
    *,
    band: float,
) -> Iterator[Move]:
    """Yield the groups that moved since the measurement that each is compared with.

    That is the one in which it last moved (`since`), or the `first`: so slow moves count too.
    `baselines` are these measurements by their key. A group moved if its share differs by more
    than `band` and the two intervals do not overlap. A group that is not listed has no records.
    """
    attributes = {key: _by_name(result) for key, result in baselines.items()}
    for attribute in now.attributes:
        names = [group.group for group in attribute.groups if not group.is_rest]
        for results in attributes.values():
            known = results[attribute.attribute].groups if attribute.attribute in results else ()
            names += [group.group for group in known if not group.is_rest]
        for name in dict.fromkeys(names):
            key = since.get((attribute.attribute, name), first)
            before = attributes[key].get(attribute.attribute)
            if before is not None and (move := _move(before, attribute, name, key, band)):
                yield move


def _by_name(result: Representation) -> dict[str, AttributeResult]:
    return {attribute.attribute: attribute for attribute in result.attributes}


def _move(
    before: AttributeResult, after: AttributeResult, name: str, since: int, band: float
) -> Move | None:
    old, new = _group(before, name), _group(after, name)
    if not (before.n and after.n):
        return None
    shares = (old.share or 0.0) if old else 0.0, (new.share or 0.0) if new else 0.0
    if abs(shares[1] - shares[0]) <= band or _overlap(old, new):
        return None
    return Move(after.attribute, name, since, *shares)


def _group(attribute: AttributeResult, name: str) -> GroupResult | None:
    groups = (group for group in attribute.groups if not group.is_rest)
    return next((group for group in groups if group.group == name), None)


def _overlap(old: GroupResult | None, new: GroupResult | None) -> bool:
    """Return True if two intervals have a share in common; that of no records is 0 alone."""
    (low, high), (other_low, other_high) = map(_interval, (old, new))
    return low <= other_high and other_low <= high


def _interval(group: GroupResult | None) -> tuple[float, float]:
    if group is None or group.interval_low is None or group.interval_high is None:
        return 0.0, 0.0
    return group.interval_low, group.interval_high
