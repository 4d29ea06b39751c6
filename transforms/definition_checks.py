"""What a definition meets in the data: how many customers each condition selects, and what its columns hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import add

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window as W

from transforms.population_statistics import with_statistics
from transforms.rules import Condition, Rule, first_match, is_met

Scale = tuple[float, float]


def check_definition(
    customers: DataFrame,
    conditions: Sequence[Condition],
    numbers: Sequence[str],
    rule_lists: Sequence[Sequence[Rule]],
    scales: Mapping[str, Scale],
) -> DataFrame:
    """Count in one pass what the conditions of a definition select.

    In: one row per customer; a missing value satisfies nothing. Out: one row with `n` customers; `met_<i>` that
    meet condition i by itself; `minimum_<i>`, `maximum_<i>` (double) and `present_<i>` of column i of `numbers`;
    `several_<i>` and `none_<i>` customers that more than one and no rule of list i matches (a rule without
    conditions matches nobody here); `outside_<i>` customers whose value lies off scale i.
    """
    in_rules = [condition for rules in rule_lists for rule in rules for condition in rule.conditions]
    known = set(customers.columns)
    compared = [q for q in (*conditions, *in_rules) if q.statistic and q.statistic_column not in known]
    aggregates = [F.count(F.lit(1)).alias("n")]
    aggregates += [F.count_if(is_met(condition)).alias(f"met_{i}") for i, condition in enumerate(conditions)]
    for i, name in enumerate(numbers):
        value = F.col(name).cast("double")
        aggregates += [
            F.min(value).alias(f"minimum_{i}"),
            F.max(value).alias(f"maximum_{i}"),
            F.count(value).alias(f"present_{i}"),
        ]
    for i, rules in enumerate(rule_lists):
        matched = _number_matched(rules)
        aggregates += [F.count_if(matched > 1).alias(f"several_{i}"), F.count_if(matched == 0).alias(f"none_{i}")]
    for i, (name, (low, high)) in enumerate(scales.items()):
        is_on = F.col(name).cast("double").between(low, high)
        aggregates.append(F.count_if(F.coalesce(~is_on, F.lit(False))).alias(f"outside_{i}"))
    return customers.transform(with_statistics, compared).agg(*aggregates)


def _number_matched(rules: Sequence[Rule]) -> Column:
    counted = (first_match([rule]).isNotNull().cast("int") for rule in rules if rule.conditions)
    return reduce(add, counted, F.lit(0))


def distinct_values(customers: DataFrame, columns: Sequence[str], most: int) -> DataFrame:
    """List the values of category columns, as spelled, with their customers.

    In: one row per customer. Out: one row per column and value, missing left out, at most `most` + 1 per column
    (so that a column with more can be told): column, value, n.
    """
    pairs = F.array(*(F.struct(F.lit(name).alias("column"), F.col(name).alias("value")) for name in columns))
    listed = customers.select(F.explode(pairs).alias("pair")).select("pair.*").filter(F.col("value").isNotNull())
    in_order = W.partitionBy("column").orderBy(F.col("value").asc())
    return (
        listed.groupBy("column", "value")
        .agg(F.count(F.lit(1)).alias("n"))
        .withColumn("_position", F.row_number().over(in_order))
        .filter(F.col("_position") <= most + 1)
        .select("column", "value", "n")
    )
