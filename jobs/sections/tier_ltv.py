"""LTV of the cohort against the other customers of the same tier, and against the whole tier."""

from __future__ import annotations

from typing import Any

from jobs.inference import Moments, stratified, welch
from jobs.sections.comparison_row import comparison_row
from jobs.sections.evidence import Evidence, Rows
from transforms import columns as c
from transforms.peers import tier_statistics

SECTION = "tier_ltv"
BASELINE = "tier_baseline"
OVERALL = "overall"


def build(evidence: Evidence) -> Rows:
    """Return `comparisons` per tier that the cohort has, and overall."""
    tested = c.LTV not in evidence.definition.by_definition()
    tiers = evidence.collect("tiers", lambda: tier_statistics(evidence.customers))
    tiers = sorted(
        (row for row in tiers if row["n_members"] > 0 and row["baseline_n"] > 0),
        key=lambda row: str(row[c.TIER]),
    )
    groups = {row[c.TIER]: {name: _moments(row, name) for name in ("cohort", "peers", "baseline")} for row in tiers}
    compared = {tier: g for tier, g in groups.items() if g["cohort"].n >= 2 and g["peers"].n >= 2}
    n_cohort = sum(g["cohort"].n for g in compared.values())
    rows = []
    for tier, g in groups.items():
        weight = g["cohort"].n / n_cohort if tier in compared else None
        for name, group in ((c.PEERS, g["peers"]), (BASELINE, g["baseline"])):
            # the baseline holds the cohort too: the groups overlap, so nothing is tested
            found = welch(g["cohort"], group, tested=tested and name == c.PEERS)
            share = None
            if name == c.PEERS and weight is not None and found.difference is not None:
                share = weight * found.difference
            rows.append(
                comparison_row(
                    SECTION,
                    str(tier),
                    c.LTV,
                    (c.COHORT, g["cohort"]),
                    (name, group),
                    found,
                    contribution=share,
                    by_definition=not tested,
                )
            )
    for name, key, is_tested in ((c.PEERS, "peers", tested), (BASELINE, "baseline", False)):
        overall = stratified([(g["cohort"], g[key]) for g in compared.values()], tested=is_tested)
        if overall is None:
            continue
        rows.append(
            comparison_row(
                SECTION,
                OVERALL,
                c.LTV,
                (c.COHORT, Moments(overall.n_a, overall.mean_a, None)),
                (name, Moments(overall.n_b, overall.mean_b, None)),
                overall.result,
                contribution=overall.result.difference if name == c.PEERS else None,
                by_definition=not tested,
            )
        )
    return {"comparisons": rows}


def _moments(row: dict[str, Any], name: str) -> Moments:
    return Moments(int(row[f"{name}_n"]), row[f"{name}_mean"], row[f"{name}_stddev"])
