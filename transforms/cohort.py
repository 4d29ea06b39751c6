"""Who is in the cohort, who is a peer, and how many customers each predicate leaves."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from transforms import columns as c
from transforms.population_statistics import with_statistics
from transforms.rules import Condition, holds, is_met


def with_cohort(view: DataFrame, predicates: Sequence[Condition]) -> DataFrame:
    """Add `is_cohort` (all predicates met) and `is_peer`.

    In and out: one row per customer. A peer is outside the cohort, has a tier, and at least one
    cohort customer has that tier. Statistics of the predicates stay as columns.
    """
    met = F.lit(True)
    for predicate in predicates:
        met = met & is_met(predicate)
    members = with_statistics(view, predicates).withColumn(c.IS_COHORT, met)
    cohort_tiers = (
        members.filter(F.col(c.IS_COHORT) & F.col(c.TIER).isNotNull())
        .select(c.TIER)
        .distinct()
        .withColumn("_tier_in_cohort", F.lit(True))
    )
    is_peer = ~F.col(c.IS_COHORT) & F.coalesce(F.col("_tier_in_cohort"), F.lit(False))
    return (
        members.join(F.broadcast(cohort_tiers), on=c.TIER, how="left")
        .withColumn(c.IS_PEER, is_peer)
        .drop("_tier_in_cohort")
    )


def without_cohort(view: DataFrame) -> DataFrame:
    """Add `is_cohort` and `is_peer`, false for everybody: the analysis asks for no cohort."""
    return view.withColumns({c.IS_COHORT: F.lit(False), c.IS_PEER: F.lit(False)})


def attrition(customers: DataFrame, predicates: Sequence[Condition]) -> DataFrame:
    """Count the customers left after each predicate, in order.

    In: customers with the predicates' statistics. Out: one row per step (0 is the population) with
    `n_remaining`, `n_undecidable` (left before the step, value missing) and `statistic_value`.
    """
    left = F.lit(True)
    steps = [_step(0, F.count(F.lit(1)), F.lit(0).cast("bigint"), F.lit(None).cast("double"))]
    for step, predicate in enumerate(predicates, start=1):
        undecidable = left & holds(predicate).isNull()
        left = left & is_met(predicate)
        value = (
            F.max(F.col(predicate.statistic_column).cast("double"))
            if predicate.statistic and not predicate.within
            else F.lit(None).cast("double")
        )
        steps.append(_step(step, F.count_if(left), F.count_if(undecidable), value))
    return customers.agg(F.array(*steps).alias("steps")).select(F.explode("steps").alias("s")).select("s.*")


def _step(step: int, remaining: Column, undecidable: Column, value: Column) -> Column:
    return F.struct(
        F.lit(step).alias("step"),
        remaining.alias("n_remaining"),
        undecidable.alias("n_undecidable"),
        value.alias("statistic_value"),
    )
