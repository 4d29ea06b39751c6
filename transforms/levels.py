"""Name each customer by ordered rules: framework segments, value and risk levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import DataFrame

from transforms.population_statistics import with_statistics
from transforms.rules import Rule, first_match


def with_levels(customers: DataFrame, levels: Mapping[str, Sequence[Rule]]) -> DataFrame:
    """Add one column per named list of rules: the name of the first rule that matches, else null.

    In and out: one row per customer. Statistics the rules compare with are taken over all customers.
    """
    if not levels:
        return customers
    conditions = [condition for rules in levels.values() for rule in rules for condition in rule.conditions]
    known = set(customers.columns)
    new = [condition for condition in conditions if condition.statistic_column not in known]
    with_known = with_statistics(customers, new)
    return with_known.withColumns({name: first_match(rules) for name, rules in levels.items()})
