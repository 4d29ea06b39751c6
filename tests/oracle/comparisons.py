"""Result table `comparisons`."""

from __future__ import annotations

import math
from typing import Any

from tests.oracle.associations import platform_anova
from tests.oracle.formulas import (
    Outcome,
    Sample,
    hedges_g,
    mean_interval,
    relative_welch,
    satterthwaite,
    t_test,
    welch,
)
from tests.oracle.measures import segment_measures
from tests.oracle.samples import EMPTY, measure_sql, samples_by
from tests.oracle.sources import LTV
from tests.oracle.study import Study

HEALTH = "customer_health_score"


def comparisons(study: Study) -> list[dict[str, Any]]:
    """One row per section, stratum, measure and pair of groups; p_adjusted is filled later."""
    rows = _profile(study) if study.section("cohort_profile") is not None else []
    if study.section("tier_ltv") is not None:
        rows += _tier_ltv(study)
    if study.section("platforms") is not None:
        rows += _platforms(study)
    return rows + _segments(study)


def _segments(study: Study) -> list[dict[str, Any]]:
    """Compare every pair of segments in everything that is described of them."""
    rows = []
    relation = "segment_membership JOIN customers USING (customer_key)"
    for section, measure, unit in segment_measures(study):
        samples = samples_by(study, measure_sql(measure, unit), "group_name", relation)
        for a, b in study.pairs:
            in_a, in_b = samples.get(a, EMPTY), samples.get(b, EMPTY)
            row = _compared(section, "all", measure, (a, in_a), (b, in_b))
            rows.append(_tested(row, in_a, in_b, study.by_segments(measure, [a, b])))
    return rows


def _profile(study: Study) -> list[dict[str, Any]]:
    relation = "membership JOIN customers USING (customer_key)"
    rows = []
    for item in (study.section("cohort_profile") or {}).get("measures", []):
        groups = samples_by(study, measure_sql(item["column"], item["unit"]), "group_name", relation)
        a, b = groups.get("cohort", EMPTY), groups.get("peers", EMPTY)
        row = _compared("cohort_profile", "all", item["column"], ("cohort", a), ("peers", b))
        rows.append(_tested(row, a, b, study.by_definition(item["column"])))
    return rows


def _tier_ltv(study: Study) -> list[dict[str, Any]]:
    ltv, by_definition = measure_sql(LTV), study.by_definition(LTV)
    cohort, peers, baseline = (
        samples_by(study, ltv, "customer_tier", f"customers WHERE customer_tier IS NOT NULL AND {who}")
        for who in ("in_cohort", "is_peer", "true")
    )
    tiers = sorted(tier for tier in cohort if baseline[tier].n > 0)
    counted = [tier for tier in tiers if cohort[tier].n >= 2 and peers.get(tier, EMPTY).n >= 2]
    in_counted = sum(cohort[tier].n for tier in counted)
    rows = []
    for tier in tiers:
        a, b = cohort[tier], peers.get(tier, EMPTY)
        row = _tested(_compared("tier_ltv", tier, LTV, ("cohort", a), ("peers", b)), a, b, by_definition)
        if tier in counted:
            row["contribution"] = a.n / in_counted * row["difference"]
        whole = _compared("tier_ltv", tier, LTV, ("cohort", a), ("tier_baseline", baseline[tier]))
        rows += [row, whole | {"by_definition": by_definition}]
    triples = [(cohort[tier], peers[tier], baseline[tier]) for tier in counted]
    return rows + [row | {"by_definition": by_definition} for row in _overall(triples, by_definition)]


def _overall(tiers: list[tuple[Sample, Sample, Sample]], by_definition: bool) -> list[dict[str, Any]]:
    """Weigh the tiers by their cohort customers, against peers and against the whole tier."""
    if not tiers:
        return []
    size = sum(c.n for c, _, _ in tiers)
    weights = [c.n / size for c, _, _ in tiers]
    mean_a = _weighted(weights, [c.mean for c, _, _ in tiers])
    rows = []
    for position, name in ((1, "peers"), (2, "tier_baseline")):
        others = [triple[position] for triple in tiers]
        mean_b = _weighted(weights, [b.mean for b in others])
        a = Sample(size, mean_a, None)
        b_all = Sample(sum(b.n for b in others), mean_b, None)
        row = _compared("tier_ltv", "overall", LTV, ("cohort", a), (name, b_all))
        row["relative_difference"] = (
            sum(w * (t[0].mean / b.mean - 1) for w, t, b in zip(weights, tiers, others, strict=True))
            if tiers and all(b.mean > 0 for b in others)
            else None
        )
        rows.append(row)
    against_peers = rows[0]
    against_peers["contribution"] = against_peers["difference"]
    if tiers and not by_definition:
        against_peers |= _overall_test(weights, [(c, p) for c, p, _ in tiers], against_peers)
    return rows


def _overall_test(
    weights: list[float], pairs: list[tuple[Sample, Sample]], row: dict[str, Any]
) -> dict[str, float | None]:
    terms = [(w**2 * s.variance / s.n, s.n) for w, pair in zip(weights, pairs, strict=True) for s in pair]
    variance = sum(term for term, _ in terms)
    if variance == 0:
        return {}
    freedom = satterthwaite(terms)
    test, relative = t_test(row["difference"], variance, freedom), Outcome()
    if row["relative_difference"] is not None:
        relative_variance = sum(
            w**2 * (c.variance / (c.n * p.mean**2) + c.mean**2 * p.variance / (p.n * p.mean**4))
            for w, (c, p) in zip(weights, pairs, strict=True)
        )
        relative = t_test(row["relative_difference"], relative_variance, freedom)
    return {
        "ci_low": test.low,
        "ci_high": test.high,
        "p_value": test.p_value,
        "rel_ci_low": relative.low,
        "rel_ci_high": relative.high,
    }


def _weighted(weights: list[float], means: list[float | None]) -> float | None:
    return math.fsum(w * m for w, m in zip(weights, means, strict=True)) if weights else None


def _platforms(study: Study) -> list[dict[str, Any]]:
    """Compare single combinations only where the analysis of variance over all of them finds something."""
    rows = []
    for group in ("cohort", "population"):
        anova = platform_anova(study, group)
        if anova.p_value is None or anova.p_value >= 0.05:
            continue
        known = (
            f"membership JOIN customers USING (customer_key) WHERE group_name = '{group}' AND platforms <> 'unknown'"
        )
        health = measure_sql(HEALTH)
        for combination, a in sorted(samples_by(study, health, "platforms", known).items()):
            others = samples_by(study, health, "'others'", f"{known} AND platforms <> '{combination}'")
            b = others.get("others", EMPTY)
            row = _compared("platforms", group, HEALTH, (combination, a), ("other_combinations", b))
            rows.append(_tested(row, a, b, by_definition=False))
    return rows


def _compared(section: str, stratum: str, measure: str, a: tuple[str, Sample], b: tuple[str, Sample]) -> dict[str, Any]:
    """Return a row with counts, means and differences; tests, contribution and intervals are null."""
    mean_a, mean_b = a[1].mean, b[1].mean
    both = mean_a is not None and mean_b is not None
    (a_low, a_high), (b_low, b_high) = mean_interval(a[1]), mean_interval(b[1])
    return {
        "section": section,
        "stratum": stratum,
        "measure": measure,
        "group_a": a[0],
        "n_a": a[1].n,
        "mean_a": mean_a,
        "mean_a_low": a_low,
        "mean_a_high": a_high,
        "group_b": b[0],
        "n_b": b[1].n,
        "mean_b": mean_b,
        "mean_b_low": b_low,
        "mean_b_high": b_high,
        "difference": mean_a - mean_b if both else None,
        "ratio": mean_a / mean_b if both and mean_b != 0 else None,
        "relative_difference": (mean_a - mean_b) / mean_b if both and mean_b > 0 else None,
        "contribution": None,
        "ci_low": None,
        "ci_high": None,
        "rel_ci_low": None,
        "rel_ci_high": None,
        "effect_size": None,
        "p_value": None,
        "p_adjusted": None,
        "by_definition": False,
    }


def _tested(row: dict[str, Any], a: Sample, b: Sample, by_definition: bool) -> dict[str, Any]:
    if by_definition:
        return row | {"by_definition": True}
    test, relative = welch(a, b), relative_welch(a, b)
    return row | {
        "rel_ci_low": relative.low,
        "rel_ci_high": relative.high,
        "ci_low": test.low,
        "ci_high": test.high,
        "effect_size": hedges_g(a, b),
        "p_value": test.p_value,
    }
