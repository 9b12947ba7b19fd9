"""Statistics of representation by pandas, statsmodels, scipy and smclarify, from rows of a CSV.

Runs in an environment of its own and knows nothing of Assay. Reads jobs as JSON from standard
input, writes for each attribute (two, joined by " × ", are crossed), group and statistic a number;
what a library refuses or finds infinite is null.

A job: {"path", "separator", "attributes": {name: {"column", "bins"}}, "label": {"column", "bins",
"favourable"}, "references": {name: {group: share}}, "pairs": [[name, name]] or all of them}.
"""

import itertools
import json
import logging
import math
import sys
import warnings

import numpy as np
import pandas as pd
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy, ks_2samp
from smclarify.bias.metrics import pretraining
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

TIMES = " × "


def number(value):
    return float(value) if value is not None and math.isfinite(value) else None


def attempt(function, *arguments):
    """Return a number of a library, or None where the library refuses the data."""
    try:
        return number(function(*arguments))
    except (ValueError, ZeroDivisionError):
        return None


def grouped(values, bins):
    """Return a column as groups; None is missing."""
    if not bins:
        return values.where(values.notna(), None)
    numbers = pd.to_numeric(values)
    texts = [f"{edge:g}" for edge in bins]
    names = [f"under {texts[0]}"]
    names += [f"{low} to under {high}" for low, high in itertools.pairwise(texts)]
    names += [f"{texts[-1]} or more"]
    cut = pd.cut(numbers, [-np.inf, *bins, np.inf], right=False, labels=names)
    return cut.astype(object).where(numbers.notna(), None)


def shares(groups, reference):
    """Return size, share, interval and difference from the reference of each group."""
    known = groups.dropna()
    counts = known.value_counts()
    part = known.value_counts(normalize=True)
    result = {}
    for group in sorted({*counts.index, *(reference or {})}):
        count = int(counts.get(group, 0))
        numbers = {"n": count}
        if len(known):
            low, high = proportion_confint(count, len(known), alpha=0.05, method="wilson")
            numbers |= {"share": float(part.get(group, 0.0)), "low": low, "high": high}
            if reference and group in reference:
                numbers["gap"] = numbers["share"] - reference[group]
                if reference[group]:
                    numbers["ratio"] = numbers["share"] / reference[group]
        result[group] = numbers
    return result


def labels(groups, label, favourable, others, ordered):
    """Return the statistics of the label in each group, against all other records."""
    use = groups.notna() & label.notna()
    groups, label = groups[use], label[use]
    positive = label.isin(favourable)
    result = {}
    for group in sorted(groups.unique()):
        facet = groups == group
        result[group] = numbers = {"label n": int(facet.sum())}
        numbers["class-imbalance"] = attempt(pretraining.CI, groups, facet)
        numbers |= distances(label, facet, ordered)
        if favourable:
            numbers |= rates(positive, facet)
            numbers["dpl"] = attempt(pretraining.DPL, groups, facet, positive)
            everyone = pd.Series("all", index=groups.index)
            numbers["demographic-disparity"] = attempt(
                pretraining.CDDL, groups, facet, positive, everyone
            )
            for name, strata in others.items():
                both = strata[use].notna()
                numbers[f"cdd {name}"] = attempt(
                    pretraining.CDDL,
                    groups[both],
                    facet[both],
                    positive[both],
                    strata[use][both].astype(str),
                )
    return result


def rates(positive, facet):
    own, rest = positive[facet], positive[~facet]
    low, high = proportion_confint(own.sum(), len(own), alpha=0.05, method="wilson")
    numbers = {"rate": own.mean(), "rate low": low, "rate high": high}
    if len(rest):
        low, high = confint_proportions_2indep(
            own.sum(), len(own), rest.sum(), len(rest), method="newcomb", compare="diff"
        )
        numbers |= {
            "difference": own.mean() - rest.mean(),
            "difference low": low,
            "difference high": high,
        }
    return {name: number(value) for name, value in numbers.items()}


def distances(label, facet, ordered):
    if facet.all():
        return dict.fromkeys(("kl", "js", "lp", "tvd", "ks"))
    values = ordered or sorted(label.unique())
    own, rest = (
        label[side].value_counts(normalize=True).reindex(values, fill_value=0.0).to_numpy()
        for side in (facet, ~facet)
    )
    numbers = {
        "kl": number(entropy(rest, own)),
        "js": number(jensenshannon(rest, own) ** 2),
        "lp": number(np.linalg.norm(rest - own)),
        "tvd": number(np.abs(rest - own).sum() / 2),
        "ks": number(np.abs(rest - own).max()),
    }
    if (own > 0).all() and (rest > 0).all():
        # smclarify leaves out values of the label that one side lacks; here there are none.
        for name, value in numbers.items():
            clarify = getattr(pretraining, name.upper())(label, facet)
            assert abs(clarify - value) < 1e-12, (name, clarify, value)
    if ordered:
        places = label.map(ordered.index)
        numbers["ks-ordered"] = number(ks_2samp(places[~facet], places[facet]).statistic)
    return numbers


def run(job):
    table = pd.read_csv(job["path"], sep=job["separator"], dtype=str, keep_default_na=False)
    table = table.mask(table == "")
    attributes = {
        name: grouped(table[item["column"]], item.get("bins"))
        for name, item in job["attributes"].items()
    }
    crossed = dict(attributes)
    for one, two in job.get("pairs") or itertools.combinations(attributes, 2):
        first, second = attributes[one], attributes[two]
        both = first.notna() & second.notna()
        pairs = first.astype(str) + TIMES + second.astype(str)
        crossed[one + TIMES + two] = pairs.where(both, None)
    label = job.get("label")
    ordered = []
    if label:
        values = grouped(table[label["column"]], label.get("bins"))
        if label.get("bins"):
            sample = pd.Series([str(label["bins"][0] - 1), *map(str, label["bins"])])
            ordered = list(grouped(sample, label["bins"]))
    result = {}
    for name, groups in crossed.items():
        answer = shares(groups, job.get("references", {}).get(name))
        if label:
            others = {
                other: strata
                for other, strata in attributes.items()
                if TIMES not in name and other != name
            }
            for group, numbers in labels(
                groups, values, label.get("favourable", []), others, ordered
            ).items():
                answer[group] |= numbers
        result[name] = {
            "n": int(groups.notna().sum()),
            "missing": int(groups.isna().sum()),
            "groups": answer,
        }
    return result


def main():
    logging.disable()
    warnings.simplefilter("ignore")
    jobs = json.load(sys.stdin)
    json.dump({name: run(job) for name, job in jobs.items()}, sys.stdout, allow_nan=False)


if __name__ == "__main__":
    main()
