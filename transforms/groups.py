"""Groups of customers described side by side; they may overlap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from transforms import columns as c

Groups = Mapping[str, Column]
"""Name of a group to whether a customer belongs to it: true or false, never null."""


def study_groups(names: Sequence[str]) -> dict[str, Column]:
    """Return the named ones of cohort, peers and population. Needs `is_cohort` and `is_peer`."""
    belongs = {c.COHORT: F.col(c.IS_COHORT), c.PEERS: F.col(c.IS_PEER), c.POPULATION: F.lit(True)}
    return {name: belongs[name] for name in names}


def group_names(groups: Groups) -> Column:
    """Return the names of the groups a customer belongs to, as an array."""
    return F.array_compact(F.array(*(F.when(belongs, F.lit(name)) for name, belongs in groups.items())))


def with_groups(customers: DataFrame, groups: Groups, kept: Sequence[str | Column]) -> DataFrame:
    """Repeat each customer once per group it belongs to.

    In: one row per customer. Out: one row per customer and group with `group_name` and the columns `kept`.
    """
    return customers.select(F.explode(group_names(groups)).alias(c.GROUP), *kept)
