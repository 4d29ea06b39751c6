"""Composite indices over the cohort: weighted parts between 0 and 1, and levels by the cohort's P33 and P67."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from transforms import columns as c
from transforms.missing import flag
from transforms.population_statistics import exact_mean

LOW, MEDIUM, HIGH = "low", "medium", "high"
PERCENTILES = {"p33": 0.33, "p67": 0.67}
# Equal sums of other parts differ in their last bits, and so do the engines' interpolations between them.
TIED_WITHIN = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of an index: a column, its weight, and how it becomes a number between 0 and 1.

    `scale` is `min_max`, `ordinal` (with `levels`), `off` or `weak` (with `measure`).
    """

    column: str
    weight: float
    scale: str
    levels: tuple[tuple[str, float], ...] = ()
    measure: str = ""


def part_column(index: str, column: str) -> str:
    """Return the name of the column that holds a part once `with_indices` has added it."""
    return f"{index}__{column}"


def percentile_column(index: str, percentile: str) -> str:
    """Return the name of the column that holds `p33` or `p67` of an index."""
    return f"{index}__{percentile}"


def level_column(index: str) -> str:
    """Return the name of the column that holds the level of an index."""
    return f"{index}_level"


def with_indices(customers: DataFrame, indices: Mapping[str, Sequence[Part]]) -> DataFrame:
    """Add every index, its parts, its P33 and P67 over the cohort, and its level.

    In and out: one row per customer with `is_cohort`. Ranges, means and percentiles are the cohort's; outside
    it parts, index and level are null. An index with a missing part is null, and so is its level.
    """
    if not indices:
        return customers
    parts = [part for listed in indices.values() for part in listed]
    is_cohort = F.col(c.IS_COHORT)
    with_known = _with_cohort_statistics(customers, parts)
    with_parts = with_known.withColumns(
        {
            part_column(index, part.column): F.when(is_cohort, normalised(part))
            for index, listed in indices.items()
            for part in listed
        }
    ).drop(*(name(part) for part in parts for name in _STATISTICS))
    with_index = with_parts.withColumns({index: weighted_sum(index, listed) for index, listed in indices.items()})
    percentiles = with_index.filter(is_cohort).agg(
        *(
            F.percentile(F.col(index), share).alias(percentile_column(index, name))
            for index in indices
            for name, share in PERCENTILES.items()
        )
    )
    return with_index.crossJoin(F.broadcast(percentiles)).withColumns(
        {level_column(index): level(index) for index in indices}
    )


def thresholds(customers: DataFrame, indices: Sequence[str]) -> DataFrame:
    """Return one row with P33 and P67 of every index, named as `with_indices` names them."""
    names = [percentile_column(index, name) for index in indices for name in PERCENTILES]
    return customers.agg(*(F.max(name).alias(name) for name in names))


def normalised(part: Part) -> Column:
    """Return a part between 0 and 1; null where its column is missing, or holds a value no scale knows."""
    if part.scale == "min_max":
        value, span = F.col(part.column).cast("double"), F.col(_maximum(part)) - F.col(_minimum(part))
        # a constant part says nothing: 0 for everybody who has it
        constant = F.when(value.isNotNull() & (span == 0), F.lit(0.0))
        return F.coalesce(constant, (value - F.col(_minimum(part))) / F.nullif(span, F.lit(0.0)))
    if part.scale == "ordinal":
        value = F.col(part.column).cast("string")
        return F.coalesce(*(F.when(value == name, F.lit(float(number))) for name, number in part.levels))
    if part.scale == "off":
        return F.lit(1.0) - flag(F.col(part.column))
    if part.scale == "weak":
        return (F.col(_category_mean(part)) < F.col(_overall_mean(part))).cast("double")
    raise ValueError(f"no scale '{part.scale}'")


def weighted_sum(index: str, parts: Sequence[Part]) -> Column:
    """Return the sum of weight x part in the order of the definition; null when a part is missing."""
    terms = [F.lit(float(part.weight)) * F.col(part_column(index, part.column)) for part in parts]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def level(index: str) -> Column:
    """Return `low` up to P33, `medium` up to P67, else `high`; null without an index."""
    value = F.col(index)
    is_low, is_medium = (value <= F.col(percentile_column(index, name)) + TIED_WITHIN for name in PERCENTILES)
    return F.when(is_low, F.lit(LOW)).when(is_medium, F.lit(MEDIUM)).when(value.isNotNull(), F.lit(HIGH))


def _with_cohort_statistics(customers: DataFrame, parts: Sequence[Part]) -> DataFrame:
    """Add range and means that the parts need; a customer without the category gets no category mean."""
    cohort = customers.filter(F.col(c.IS_COHORT))
    overall: dict[str, Column] = {}
    for part in parts:
        value = F.col(part.column).cast("double")
        if part.scale == "min_max":
            overall |= {_minimum(part): F.min(value), _maximum(part): F.max(value)}
        if part.scale == "weak":
            overall[_overall_mean(part)] = exact_mean(F.col(part.measure))
    result = customers
    if overall:
        row = cohort.agg(*(statistic.alias(name) for name, statistic in overall.items()))
        result = result.crossJoin(F.broadcast(row))
    weak = {_category_mean(part): part for part in parts if part.scale == "weak"}
    for name, part in weak.items():
        means = (
            cohort.filter(F.col(part.column).isNotNull())
            .groupBy(part.column)
            .agg(exact_mean(F.col(part.measure)).alias(name))
        )
        result = result.join(F.broadcast(means), on=part.column, how="left")
    return result


def _minimum(part: Part) -> str:
    return f"_minimum_of_{part.column}"


def _maximum(part: Part) -> str:
    return f"_maximum_of_{part.column}"


def _overall_mean(part: Part) -> str:
    return f"_cohort_mean_of_{part.measure}"


def _category_mean(part: Part) -> str:
    return f"_mean_of_{part.measure}_by_{part.column}"


_STATISTICS = (_minimum, _maximum, _overall_mean, _category_mean)
