"""What the cohort would be under other methods, and how far off they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.derived_options import derived_columns
from jobs.inputs import CUSTOMER_ROLES
from jobs.sections.evidence import Evidence, Rows
from jobs.view import view_sources
from transforms import columns as c
from transforms import derived
from transforms.cohort import with_cohort
from transforms.customer_view import build_customer_view
from transforms.derived_columns import with_derived
from transforms.platforms import with_platforms
from transforms.sensitivity import (
    RFM,
    cohort_means,
    joined_rows_per_key,
    naive_join,
    passing_rows_per_key,
    predicates_by_role,
)

METHODS = ("latest_snapshot", "first_snapshot", "row_level", "naive_join")
_MEANS = ("mean_recency", "mean_frequency", "mean_monetary")


def build(evidence: Evidence) -> Rows:
    """Return `method_sensitivity`: one row per method; nulls where a method cannot be computed."""
    found = {
        "latest_snapshot": _over_cohort(evidence, "latest_snapshot", lambda: evidence.customers),
        "first_snapshot": _over_cohort(evidence, "first_snapshot", lambda: _first_snapshot_customers(evidence)),
        **_by_rows(evidence),
    }
    names = ("population_mean", "joined_rows", "cohort_customers", "fan_out", *_MEANS)
    return {
        "method_sensitivity": [
            {"method": method, **{name: found.get(method, {}).get(name) for name in names}} for method in METHODS
        ]
    }


def _threshold(evidence: Evidence) -> Column:
    """Return the statistic of the first predicate that compares with one over the population."""
    for predicate in evidence.definition.predicates():
        if predicate.statistic and not predicate.within:
            return F.col(predicate.statistic_column)
    return F.lit(None).cast("double")


def _over_cohort(evidence: Evidence, name: str, customers: Callable[[], DataFrame]) -> dict[str, Any]:
    def build() -> DataFrame:
        return cohort_means(customers(), F.col(c.IS_COHORT), _threshold(evidence))

    return evidence.collect(name, build)[0]


def _first_snapshot_customers(evidence: Evidence) -> DataFrame:
    named = frozenset(name for p in evidence.definition.predicates() for name in (p.column, p.within) if name)
    used = {parent for name in named for parent in derived.parents(name)}
    needed = {name: evidence.column_sources[name] for name in sorted({*used, *RFM, c.TIER})}
    base = evidence.definition.base

    def build() -> DataFrame:
        return build_customer_view(view_sources(evidence.inputs, base, needed), first=True).drop(c.CUSTOMER_KEY)

    stored = evidence.shared.frame("first_snapshots", (base, tuple(needed.items())), build)
    if named & {c.PLATFORMS, c.NUMBER_OF_PLATFORMS}:
        stored = with_platforms(stored)
    wanted = replace(derived_columns(evidence.definition), names=named)
    return with_cohort(with_derived(stored, wanted), evidence.definition.predicates())


def _by_rows(evidence: Evidence) -> dict[str, dict[str, Any]]:
    predicates = evidence.definition.predicates()
    grouped = predicates_by_role(predicates, evidence.column_sources)
    if grouped is None:
        return {}
    base = evidence.definition.base
    rfm_role = evidence.column_sources[c.RECENCY]
    statistic_role = next((evidence.column_sources[p.column] for p in predicates if p.statistic and not p.within), base)

    def build() -> DataFrame:
        counts = {
            role: passing_rows_per_key(evidence.inputs.stored[role], grouped.get(role, []), with_rfm=role == rfm_role)
            for role in CUSTOMER_ROLES
        }
        return joined_rows_per_key(
            counts[base],
            {role: frame for role, frame in counts.items() if role != base},
            filtered=list(grouped),
            rfm_role="base" if rfm_role == base else rfm_role,
            statistic_role="base" if statistic_role == base else statistic_role,
        )

    stored = evidence.shared.frame("joined_rows", (base, predicates), build)
    naive = evidence.collect("naive_join", lambda: naive_join(stored, with_rfm=True))[0]
    customers = naive["cohort_customers"]
    naive["fan_out"] = naive["joined_rows"] / customers if customers else None
    passing = stored.filter(F.col("joined_rows") > 0).select(c.CUSTOMER_KEY)

    def by_row() -> DataFrame:
        customers = evidence.customers.join(passing, on=c.CUSTOMER_KEY, how="left_semi")
        return cohort_means(customers, F.lit(True), F.lit(None).cast("double"))

    row_level = evidence.collect("row_level", by_row)[0]
    row_level["population_mean"] = naive["population_mean"]
    return {"row_level": row_level, "naive_join": naive}
