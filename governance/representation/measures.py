"""Measures of representation and of labels; pure, by the formulas of the literature.

Counts go in, finite numbers come out, or None where a formula has no value. The measures of labels
compare a group d with all other records a, as Amazon SageMaker Clarify does; P are shares of the
label's values. Sources:

- Wilson: Probable inference, the law of succession, and statistical inference, JASA 22 (1927).
- Newcombe: Interval estimation for the difference between independent proportions, Statistics in
  Medicine 17 (1998), method 10.
- Clarify: Hardt et al., Amazon SageMaker Clarify: machine learning bias detection and
  explainability in the cloud, KDD 2021 (arXiv:2109.03285); Das et al., Fairness measures for
  machine learning in finance, Journal of Financial Data Science 3 (2021).
- Wachter, Mittelstadt, Russell: Why fairness cannot be automated, Computer Law & Security Review 41
  (2021): conditional demographic disparity.
- Kullback, Leibler: On information and sufficiency, Annals of Mathematical Statistics 22 (1951).
- Lin: Divergence measures based on the Shannon entropy, IEEE Trans. Information Theory 37 (1991).
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from statistics import NormalDist
from typing import NamedTuple

from governance.representation.results import Measure

# Titles of the measures by code, in the order in which they are shown.
TITLES = {
    "class-imbalance": "Class imbalance (CI)",
    "dpl": "Difference in proportions of labels (DPL)",
    "kl": "Kullback-Leibler divergence (KL)",
    "js": "Jensen-Shannon divergence (JS)",
    "lp": "L2 norm (LP)",
    "tvd": "Total variation distance (TVD)",
    "ks": "Kolmogorov-Smirnov (KS)",
    "ks-ordered": "Kolmogorov-Smirnov over ordered bins",
    "demographic-disparity": "Demographic disparity (DD)",
    "cdd": "Conditional demographic disparity (CDDL)",
}
EMPTY_SIDE = "No record of this group has a label."
EMPTY_OTHERS = "No record of another group has a label."
NO_FAVOURABLE = "No value of the label is stated as favourable."


class Interval(NamedTuple):
    low: float
    high: float


class Share(NamedTuple):
    """`k` of `n` records; `unknown` more could be either."""

    k: int
    n: int
    unknown: int = 0

    @property
    def value(self) -> float:
        return self.k / self.n


def wilson_interval(k: int, n: int, level: float) -> Interval | None:
    """Return the score interval of the share k / n (Wilson 1927, p. 209); None if n is 0.

    It contains the share, and with more records of the same share it only becomes narrower.
    """
    if not n:
        return None
    z2 = NormalDist().inv_cdf((1 + level) / 2) ** 2
    share = k / n
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2) / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    # Rounding must not put the share outside.
    return Interval(min(share, max(0.0, centre - half)), max(share, min(1.0, centre + half)))


def possible_interval(share: Share, level: float) -> Interval:
    """Return the interval that also holds if all unknown records are on one side, or on the other.

    Source: Manski, Partial Identification of Probability Distributions (2003), chapter 1.
    """
    interval = wilson_interval(share.k, share.n, level)
    if interval is None:
        return Interval(0.0, 1.0)
    known = share.n / (share.n + share.unknown)
    return Interval(interval.low * known, interval.high * known + (1 - known))


def difference_interval(first: Share, second: Share, level: float) -> Interval | None:
    """Return the interval of first - second (Newcombe 1998, method 10); None if either is empty."""
    if not first.n or not second.n:
        return None
    one, two = possible_interval(first, level), possible_interval(second, level)
    difference = first.value - second.value
    return Interval(
        difference - math.hypot(first.value - one.low, two.high - second.value),
        difference + math.hypot(one.high - first.value, second.value - two.low),
    )


class Sides(NamedTuple):
    """The counts of each value of the label: in the group d, and among all other records a."""

    group: Sequence[int]
    others: Sequence[int]

    @property
    def shares(self) -> tuple[list[float], list[float]]:
        """Return the distributions P_d and P_a."""
        n_group, n_others = sum(self.group), sum(self.others)
        return [n / n_group for n in self.group], [n / n_others for n in self.others]


def class_imbalance(n_group: int, n_others: int) -> float | None:
    """Return (n_a - n_d) / (n_a + n_d), from -1 to 1 (Clarify)."""
    n = n_group + n_others
    return (n_others - n_group) / n if n else None


def kl_divergence(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Return the sum of P log(P / Q) in nats (Kullback, Leibler 1951).

    None if it is infinite: a value has a share in the first distribution and none in the second.
    """
    pairs = [(p, q) for p, q in zip(first, second, strict=True) if p]
    if not all(q for _, q in pairs):
        return None
    return math.fsum(p * math.log(p / q) for p, q in pairs)


def js_divergence(first: Sequence[float], second: Sequence[float]) -> float:
    """Return (KL(P, M) + KL(Q, M)) / 2 with M = (P + Q) / 2, in nats (Lin 1991)."""
    middle = [(p + q) / 2 for p, q in zip(first, second, strict=True)]
    divergences = (kl_divergence(shares, middle) or 0.0 for shares in (first, second))
    return max(0.0, sum(divergences) / 2)


def lp_norm(first: Sequence[float], second: Sequence[float], p: float = 2) -> float:
    """Return the p-norm of P - Q (Clarify, where p is 2)."""
    total = math.fsum(abs(a - b) ** p for a, b in zip(first, second, strict=True))
    return float(total ** (1 / p))


def total_variation(first: Sequence[float], second: Sequence[float]) -> float:
    """Return half the 1-norm of P - Q (Clarify)."""
    return lp_norm(first, second, 1) / 2


def max_difference(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the greatest difference of the shares of one value.

    This is what Clarify calls Kolmogorov-Smirnov: a label's values have no order.
    """
    return max((abs(a - b) for a, b in zip(first, second, strict=True)), default=0.0)


def ordered_kolmogorov_smirnov(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the greatest difference of the cumulative shares, of values in their order.

    Source: Smirnov, Table for estimating the goodness of fit of empirical distributions, Annals of
    Mathematical Statistics 19 (1948).
    """
    return max_difference(list(accumulate(first)), list(accumulate(second)))


class Outcomes(NamedTuple):
    """Records with an unfavourable and with a favourable value of the label."""

    unfavourable: int
    favourable: int


class Stratum(NamedTuple):
    """The outcomes of a group within a group of another attribute, and those of all there."""

    group: Outcomes
    all: Outcomes


def demographic_disparity(stratum: Stratum) -> float | None:
    """Return the group's share of the unfavourable less its share of the favourable outcomes.

    Source: Wachter et al. 2021. A side without outcomes counts as 0, as in Clarify; None if both
    are empty.
    """
    group, everyone = stratum
    if not sum(everyone):
        return None
    shares = (k / n if n else 0.0 for k, n in zip(group, everyone, strict=True))
    unfavourable, favourable = shares
    return unfavourable - favourable


def conditional_disparity(strata: Iterable[Stratum]) -> float | None:
    """Return the mean of the disparities in strata, weighted by their records (Wachter et al.)."""
    values = [(demographic_disparity(stratum), sum(stratum.all)) for stratum in strata]
    n = sum(size for _, size in values)
    return math.fsum(value * size for value, size in values if value is not None) / n if n else None


def label_measures(
    sides: Sides,
    favourable: Sequence[int],
    *,
    is_ordered: bool,
    strata: Mapping[str, Sequence[Stratum]],
) -> tuple[Measure, ...]:
    """Return all measures of one group; `favourable` are the places of favourable values.

    `strata` are those of the group within the groups of other attributes, by the attribute's name.
    """
    n_group, n_others = sum(sides.group), sum(sides.others)
    imbalance = class_imbalance(n_group, n_others)
    measures = [_measure("class-imbalance", imbalance, "No record has a label.")]
    empty = "" if n_group and n_others else EMPTY_OTHERS if n_group else EMPTY_SIDE
    if empty:
        measures += [
            Measure(code=code, value=None, reason=empty)
            for code in ("dpl", *DISTANCES, *(["ks-ordered"] if is_ordered else []))
        ]
    else:
        measures += _distances(sides, favourable, is_ordered=is_ordered)
    return (*measures, *_disparities(sides, favourable, strata))


DISTANCES: dict[str, Callable[[Sequence[float], Sequence[float]], float | None]] = {
    "kl": kl_divergence,
    "js": js_divergence,
    "lp": lp_norm,
    "tvd": total_variation,
    "ks": max_difference,
}


def _distances(sides: Sides, favourable: Sequence[int], *, is_ordered: bool) -> list[Measure]:
    shares_d, shares_a = sides.shares
    difference = sum(shares_a[i] - shares_d[i] for i in favourable) if favourable else None
    measures = [_measure("dpl", difference, NO_FAVOURABLE)]
    infinite = "It is infinite: this group lacks a value of the label that others have."
    for code, distance in DISTANCES.items():
        measures.append(_measure(code, distance(shares_a, shares_d), infinite))
    if is_ordered:
        value = ordered_kolmogorov_smirnov(shares_a, shares_d)
        measures.append(Measure(code="ks-ordered", value=value))
    return measures


def _disparities(
    sides: Sides, favourable: Sequence[int], strata: Mapping[str, Sequence[Stratum]]
) -> list[Measure]:
    everyone = [d + a for d, a in zip(sides.group, sides.others, strict=True)]
    overall = Stratum(outcomes_of(sides.group, favourable), outcomes_of(everyone, favourable))
    by_attribute = {"": [overall], **strata}
    measures = []
    for name, parts in by_attribute.items():
        code = "cdd" if name else "demographic-disparity"
        if not favourable:
            measures.append(Measure(code=code, value=None, reason=NO_FAVOURABLE, within=name))
            continue
        value = conditional_disparity(parts)
        n_empty = sum(bool(sum(part.all)) and not all(part.all) for part in parts)
        reason = "No record has a label." if value is None else _empty_note(n_empty, name)
        measures.append(Measure(code=code, value=value, reason=reason, within=name))
    return measures


def outcomes_of(counts: Sequence[int], favourable: Sequence[int]) -> Outcomes:
    n = sum(counts[place] for place in favourable)
    return Outcomes(sum(counts) - n, n)


def _empty_note(n_empty: int, within: str) -> str:
    if not n_empty:
        return ""
    where = f"In {n_empty} groups of {within}" if within else "In all records"
    return f"{where} all outcomes are the same; a share of no outcomes counts as 0."


def _measure(code: str, value: float | None, reason: str) -> Measure:
    return Measure(code=code, value=value, reason=reason if value is None else "")
