"""What a reader may see of a measurement never tells a count under 10; attacked by a solver."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from itertools import product as crossed

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.representation.disclosure import visible_to_all
from governance.representation.hidden_counts import Before
from governance.representation.results import (
    AttributeResult,
    GroupResult,
    LabelResult,
    Measure,
    OutcomeGroup,
    PairResult,
    Representation,
    Thresholds,
    Verdict,
)
from governance.representation.visible import VisibleRepresentation, exact_view, hidden_count

NAMES = {"sex": ["f", "m"], "race": ["a", "b", "c"], "age": ["old", "young", "mid"]}


def group(name, n, total, parts=()):
    share = n / total if total else None
    return GroupResult(
        group=name,
        n=n,
        share=share,
        interval_low=share and max(0, share - 0.01),
        interval_high=share and min(1, share + 0.01),
        reference_share=0.3,
        gap=None if share is None else share - 0.3,
        disparity_ratio=None if share is None else share / 0.3,
        parts=parts,
    )


def measured(cells, **changes):
    """Return the measurement of a table: `cells` counts records by sex, race and age."""
    rows = sum(cells.values())

    def table(*places):
        counts = Counter()
        for key, n in cells.items():
            counts[tuple(key[place] for place in places)] += n
        known = {key: n for key, n in counts.items() if None not in key}
        return known, rows - sum(known.values())

    common = {"verdict": Verdict.IMBALANCED, "sentence": "f is 3.1 % of 97 records."}
    common |= {"reference_name": "", "reference_date": ""}
    attributes, pairs = [], []
    for place, name in enumerate(NAMES):
        known, missing = table(place)
        n = sum(known.values())
        groups = tuple(group(value, known.get((value,), 0), n) for value in NAMES[name])
        attributes.append(
            AttributeResult(attribute=name, n=n, missing=missing, groups=groups, **common)
        )
    for first, second in ((0, 1), (0, 2), (1, 2)):
        known, missing = table(first, second)
        n = sum(known.values())
        names = [list(NAMES)[place] for place in (first, second)]
        groups = tuple(
            group(" × ".join(key), known.get(key, 0), n, key)
            for key in crossed(*(NAMES[name] for name in names))
        )
        pairs.append(
            PairResult(
                attribute=" × ".join(names),
                n=n,
                missing=missing,
                groups=groups,
                first=names[0],
                second=names[1],
                **common,
            )
        )
    return Representation(
        rows=rows,
        measured_on="2026-11-30",
        thresholds=Thresholds(),
        attributes=tuple(attributes),
        pairs=tuple(pairs),
        **changes,
    )


class Attacker:
    """Solves for hidden counts: equations from everything visible, by elimination and by bounds."""

    def __init__(self):
        self.known, self.bounds, self.equations = {}, {}, []

    def see(self, key, count, share=None, total=None):
        """Take a count as it is visible, or its bounds; a share tells the total that it is of."""
        if count.n is not None:
            self.known[key] = count.n
            if share and total:
                self.known[total] = round(count.n / share)
        elif count.text == "<10":
            self.bounds[key] = (1, 9)
        else:
            self.bounds.setdefault(key, (0, 10**6))

    def add(self, parts, total):
        self.equations.append((list(parts), total))

    def read(self, view: VisibleRepresentation, tag=""):
        self.see(f"{tag}rows", view.rows)
        for item in view.attributes:
            name = f"{tag}{item.attribute}"
            self.see(f"{name} n", item.n)
            self.see(f"{name} missing", item.missing)
            for item_group in item.groups:
                self.see(
                    f"{name}={item_group.group}", item_group.count, item_group.share, f"{name} n"
                )
            self.add([f"{name}={item_group.group}" for item_group in item.groups], f"{name} n")
            self.add([f"{name} n", f"{name} missing"], f"{tag}rows")
        self.read_pairs(view, tag)
        return self

    def read_pairs(self, view, tag):
        for item in view.pairs:
            name = f"{tag}{item.attribute}"
            self.see(f"{name} n", item.n)
            self.see(f"{name} missing", item.missing)
            keys = {item_group.parts: f"{name}={item_group.group}" for item_group in item.groups}
            for item_group in item.groups:
                self.see(keys[item_group.parts], item_group.count, item_group.share, f"{name} n")
                if item_group.count.n is None and item_group.count.text == "<10":
                    self.bounds[keys[item_group.parts]] = (0, 9)
            self.add(keys.values(), f"{name} n")
            self.add([f"{name} n", f"{name} missing"], f"{tag}rows")
            for side, attribute in enumerate((item.first, item.second)):
                for value in NAMES[attribute]:
                    line = [key for parts, key in keys.items() if parts[side] == value]
                    rest = f"{name} lacking {attribute}={value}"
                    self.bounds.setdefault(rest, (0, 10**6))
                    if self.known.get(f"{name} missing") == 0:
                        self.known[rest] = 0
                    self.add([*line, rest], f"{tag}{attribute}={value}")

    def unknown(self):
        keys = {key for parts, total in self.equations for key in (*parts, total)}
        return sorted(keys - self.known.keys())

    def solve(self):
        """Return the unknown counts that the equations determine, and the bounds of all."""
        unknown = self.unknown()
        rows = []
        for parts, total in self.equations:
            row, constant = dict.fromkeys(unknown, Fraction(0)), Fraction(0)
            for key, sign in [*((key, 1) for key in parts), (total, -1)]:
                if key in self.known:
                    constant -= sign * self.known[key]
                else:
                    row[key] += sign
            rows.append([*row.values(), constant])
        determined = {}
        for row in reduced(rows):
            places = [place for place, value in enumerate(row[:-1]) if value]
            if len(places) == 1:
                determined[unknown[places[0]]] = int(row[-1])
        return determined, self.tightened()

    def tightened(self):
        bounds = {key: (n, n) for key, n in self.known.items()}
        bounds |= {key: self.bounds.get(key, (0, 10**6)) for key in self.unknown()}
        for _ in range(30):
            before = dict(bounds)
            for parts, total in self.equations:
                low, high = sum(bounds[p][0] for p in parts), sum(bounds[p][1] for p in parts)
                bounds[total] = (max(bounds[total][0], low), min(bounds[total][1], high))
                for part in parts:
                    least = bounds[total][0] - (high - bounds[part][1])
                    most = bounds[total][1] - (low - bounds[part][0])
                    bounds[part] = (max(bounds[part][0], least), min(bounds[part][1], most))
            if bounds == before:
                break
        return bounds


def reduced(rows):
    """Return a matrix in reduced row echelon form."""
    rows, done = [list(row) for row in rows], 0
    for column in range(len(rows[0]) - 1 if rows else 0):
        pivot = next((i for i in range(done, len(rows)) if rows[i][column]), None)
        if pivot is None:
            continue
        rows[done], rows[pivot] = rows[pivot], rows[done]
        rows[done] = [value / rows[done][column] for value in rows[done]]
        for index, row in enumerate(rows):
            if index != done and row[column]:
                factor = row[column]
                rows[index] = [a - factor * b for a, b in zip(row, rows[done], strict=True)]
        done += 1
    return rows[:done]


def small_counts(result, tag=""):
    """Return the true small counts of a measurement by the attacker's names."""
    truth = {}
    for item in result.attributes:
        truth[f"{tag}{item.attribute} missing"] = item.missing
        truth |= {f"{tag}{item.attribute}={g.group}": g.n for g in item.groups}
    for item in result.pairs:
        truth |= {f"{tag}{item.attribute}={g.group}": g.n for g in item.groups}
    return {key: n for key, n in truth.items() if 0 < n < 10}


def assert_nothing_is_told(result, view):
    attacker = Attacker().read(view)
    determined, bounds = attacker.solve()
    for key in small_counts(result):
        assert key not in attacker.known, f"{key} is visible"
        assert key not in determined, f"{key} is computed"
        assert bounds[key][0] < bounds[key][1], f"{key} has one possible value"


def test_the_attacker_computes_a_count_that_is_hidden_alone():
    view = exact_view(simple(f=1_200, m=900, x=4))
    (attribute,) = view.attributes
    masked = replace(attribute.groups[2], count=hidden_count(4), share=None)
    groups = (*attribute.groups[:2], masked)
    view = replace(view, attributes=(replace(attribute, groups=groups),))

    determined, bounds = Attacker().read(view).solve()

    assert determined["sex=x"] == 4
    assert bounds["sex=x"] == (4, 4)


COUNTS = st.one_of(
    st.integers(0, 3), st.integers(0, 12), st.integers(8, 60), st.integers(200, 5_000)
)
KEYS = list(crossed(*([*values, None] for values in NAMES.values())))
KNOWN = list(crossed(*NAMES.values()))


@st.composite
def tables(draw, with_missing=True):
    keys = KEYS if with_missing and draw(st.booleans()) else KNOWN
    sizes = draw(st.lists(COUNTS, min_size=len(keys), max_size=len(keys)))
    return {
        key: n if None not in key else draw(st.integers(0, 4))
        for key, n in zip(keys, sizes, strict=True)
    }


@settings(max_examples=60, deadline=None)
@given(tables())
def test_no_count_under_10_can_be_computed_from_what_is_visible(cells):
    result = measured(cells)

    assert_nothing_is_told(result, visible_to_all(result))


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(tables(), st.data())
def test_an_earlier_measurement_of_growing_data_adds_nothing(cells, data):
    first = measured(cells)
    view_before = visible_to_all(first)
    grown = {
        key: n + data.draw(st.sampled_from([0, 0, 0, 1, 2, 15, 400])) for key, n in cells.items()
    }
    second = measured(grown)
    view = visible_to_all(second, Before(first, view_before))

    if view is None:
        return
    assert_nothing_is_told(second, view)
    attacker = Attacker().read(view_before, "1 ").read(view, "2 ")
    assert_growth_tells_nothing(attacker, first, second)


def assert_growth_tells_nothing(attacker, first, second):
    """Assume that no record was deleted: each count now is its count then and something added."""
    for key in list({key for parts, total in attacker.equations for key in (*parts, total)}):
        if key.startswith("1 "):
            added = f"added {key[2:]}"
            attacker.bounds[added] = (0, 10**6)
            attacker.add([key, added], f"2 {key[2:]}")
    _, bounds = attacker.solve()
    for key in small_counts(first, "1 ") | small_counts(second, "2 "):
        assert bounds[key][0] < bounds[key][1], f"{key} has one possible value"


@settings(max_examples=60, deadline=None)
@given(tables(with_missing=False))
def test_the_same_data_again_shows_the_same(cells):
    result = measured(cells)
    view_before = visible_to_all(result)

    assert visible_to_all(result, Before(result, view_before)) == view_before


def simple(**groups):
    """Return the measurement of one attribute; `missing` counts records without a group."""
    missing = groups.pop("missing", 0)
    n = sum(groups.values())
    attribute = AttributeResult(
        attribute="sex",
        n=n,
        missing=missing,
        groups=tuple(group(name, count, n) for name, count in groups.items()),
        reference_name="",
        reference_date="",
        verdict=Verdict.BALANCED,
        sentence="",
    )
    return Representation(
        rows=n + missing,
        measured_on="2026-11-30",
        thresholds=Thresholds(),
        attributes=(attribute,),
    )


def texts(view):
    return {item_group.group: item_group.count.text for item_group in view.attributes[0].groups}


def test_a_small_group_is_hidden_with_the_smallest_that_can_hide_it():
    view = visible_to_all(simple(f=1_200, m=900, x=4, none=0))

    assert texts(view) == {"f": "1,200", "m": "hidden", "x": "<10", "none": "0"}


def test_shares_and_gaps_of_hidden_groups_are_hidden_and_their_interval_says_what_is_known():
    view = visible_to_all(simple(f=1_200, m=900, x=4))
    f, m, x = view.attributes[0].groups

    assert f.share is not None
    assert (m.share, m.gap, m.disparity_ratio, x.share) == (None, None, None, None)
    assert m.interval_low < 900 / 2104 < m.interval_high
    assert x.interval_low < 4 / 2104 < x.interval_high < 0.01


def test_a_few_missing_values_hide_the_whole_that_shares_are_of():
    view = visible_to_all(simple(f=1_200, m=900, missing=3))
    attribute = view.attributes[0]

    assert attribute.missing.text == "<10"
    assert attribute.n.text == "hidden"
    assert all(item_group.share is None for item_group in attribute.groups)


def test_of_two_groups_that_pin_each_other_neither_is_named_small():
    view = visible_to_all(simple(f=9, m=9))

    assert set(texts(view).values()) == {"hidden"}


def test_of_a_table_with_fewer_than_ten_rows_nothing_is_shown():
    view = visible_to_all(simple(f=5, m=0))

    assert view.rows.text == "<10"
    assert set(texts(view).values()) == {"hidden"}


def test_a_group_that_just_fell_under_10_hides_its_whole_attribute():
    first = simple(f=1_200, m=900, x=12)
    second = simple(f=1_200, m=900, x=9)

    view = visible_to_all(second, Before(first, visible_to_all(first)))

    assert set(texts(view).values()) == {"hidden"}


def test_a_hidden_group_that_barely_grew_stays_hidden():
    first = simple(f=1_200, m=900, x=9)
    second = simple(f=1_200, m=900, x=10)
    view = visible_to_all(second, Before(first, visible_to_all(first)))

    assert texts(view) == {"f": "1,200", "m": "hidden", "x": "hidden"}


def test_a_group_of_groups_of_another_attribute_is_hidden_as_a_whole():
    fine, coarse = simple(a=3, b=40, c=500, d=600), simple(ab=43, cd=1_100)
    attribute = replace(coarse.attributes[0], attribute="region")
    cells = {("a", "ab"): 3, ("b", "ab"): 40, ("c", "cd"): 500, ("d", "cd"): 600}
    parts = crossed("abcd", ("ab", "cd"))
    pair = PairResult(
        **vars(attribute)
        | {
            "attribute": "sex × region",
            "first": "sex",
            "second": "region",
            "groups": tuple(group(" × ".join(key), cells.get(key, 0), 1143, key) for key in parts),
        }
    )
    result = replace(fine, attributes=(fine.attributes[0], attribute), pairs=(pair,))
    view = visible_to_all(result)

    assert set(texts(view).values()) == {"hidden"}
    assert view.attributes[1].groups[0].count.n == 43


def labelled(result, *counts):
    sizes = [sum(values) for values in counts]
    label = LabelResult(
        label="hired",
        values=("yes", "no"),
        favourable=("yes",),
        n=sum(sizes),
        missing=result.rows - sum(sizes),
        groups=tuple(
            OutcomeGroup(
                group=item_group.group,
                n=size,
                counts=values,
                rate=values[0] / size,
                interval_low=0.0,
                interval_high=1.0,
                measures=(Measure(code="cdd", value=0.1, within="race"),),
            )
            for item_group, size, values in zip(
                result.attributes[0].groups, sizes, counts, strict=True
            )
        ),
        verdict=Verdict.BALANCED,
        sentence="",
    )
    return replace(result, attributes=(replace(result.attributes[0], label=label),))


@pytest.mark.parametrize("counts", [((1_195, 5), (450, 450)), ((1_195, 0), (450, 450))])
def test_a_label_with_a_small_count_is_not_shown(counts):
    view = visible_to_all(labelled(simple(f=1_200, m=900), *counts))

    assert view.attributes[0].label is None
    assert view.attributes[0].groups[0].count.n == 1_200


def test_a_measure_within_groups_that_are_not_shown_is_not_shown():
    view = visible_to_all(labelled(simple(f=1_200, m=900), (600, 600), (450, 450)))

    assert view.attributes[0].label.groups[0].rate == 0.5
    assert view.attributes[0].label.groups[0].measures[0].value is None


def test_those_who_may_see_the_data_see_every_count():
    view = exact_view(simple(f=1_200, m=900, x=4))

    assert texts(view)["x"] == "4"
    assert VisibleRepresentation.from_json(view.as_json()) == view
