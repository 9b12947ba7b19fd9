"""Compares the groups of a column with a baseline; pure."""

from collections import Counter
from collections.abc import Mapping, Sequence

from governance.sandbox.checks import MAX_GROUPS, OTHER, Check
from governance.sandbox.group_counting import text_of
from governance.sandbox.groups import NOT_A_NUMBER, bin_names
from governance.sandbox.types import SourceUnreadable


def expected_groups(check: Check) -> list[str]:
    """Return the values that a baseline names."""
    return [name for name, _ in check.baseline if name != OTHER]


def named_groups(check: Check, counts: Sequence[tuple[object, int]]) -> dict[str, int]:
    """Return the rows of each group by its name, in the order of bins or of the baseline.

    `counts` are by the number of a bin or of a value of the baseline, or by the value itself where
    there is no baseline yet. Raises SourceUnreadable if there are too many.
    """
    if check.bins:
        names = [*bin_names(check.bins), NOT_A_NUMBER]
    elif check.baseline:
        names = [*expected_groups(check), OTHER]
    else:
        if len(counts) > MAX_GROUPS:
            detail = f"There are more than {MAX_GROUPS} different values; bins make groups of them."
            raise SourceUnreadable("too-many-groups", detail)
        return {text_of(value) or "": n for value, n in counts}
    numbered: Counter[str] = Counter()
    for number, n in counts:
        # The last name is that of everything else, which engines count as -1.
        numbered[names[int(str(number))]] += n
    last = names[-1]
    return {name: numbered[name] for name in names if name != last or numbered[name]}


def distance(check: Check, groups: Mapping[str, int]) -> float | None:
    """Return the total variation distance from the baseline: ½ Σ |share - expected share|.

    0 is equal, 1 has no group in common. None without a baseline or without a value.
    """
    total = sum(groups.values())
    if not check.baseline or not total:
        return None
    expected = dict(check.baseline)
    names = {**expected, **groups}
    return sum(abs(groups.get(name, 0) / total - expected.get(name, 0)) for name in names) / 2
