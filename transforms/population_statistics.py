"""Statistics of the population that rules compare with: exact, so membership never depends on row order."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import WindowSpec

from transforms.rules import STATISTIC, Condition

# Doubles are summed as decimals: a double sum depends on the order of the rows.
EXACT = "decimal(28,12)"
_NINE_DECIMALS = 1e9


def exact_mean(value: Column, window: WindowSpec | None = None) -> Column:
    """Return the aggregate mean of a column, independent of row order; null when nothing is present.

    With a window, the mean over it for each row. The last step is rounded half-even to nine decimals, so that
    the mean of a constant is that constant and no customer lies above it by a rounding error.
    """
    # null / 0 is null on one engine and an error on the other
    n = _over(F.count(value), window)
    mean = _over(F.sum(value.cast(EXACT)), window).cast("double") / F.nullif(n, F.lit(0))
    return _half_even(mean * F.lit(_NINE_DECIMALS)) / F.lit(_NINE_DECIMALS)


def _half_even(value: Column) -> Column:
    # one engine's rint rounds halves away from zero; half of a half-integer is never a half
    nearest, even = F.rint(value), F.lit(2.0) * F.rint(value / F.lit(2.0))
    return F.when(F.abs(value - nearest) == 0.5, even).otherwise(nearest)


def _over(aggregate: Column, window: WindowSpec | None) -> Column:
    return aggregate if window is None else aggregate.over(window)


def sample_variance(value: Column, window: WindowSpec | None = None) -> Column:
    """Return the aggregate variance (n - 1): null below two values, exactly 0 where all are equal.

    With a window, that over it for each row. Merged partial variances of a constant leave rounding noise on one
    engine, and noise would be tested.
    """
    several = _over(F.count(value), window) > 1
    is_constant = several & (_over(F.min(value), window) == _over(F.max(value), window))
    return F.when(is_constant, F.lit(0.0)).otherwise(_over(F.var_samp(value), window))


def sample_stddev(value: Column, window: WindowSpec | None = None) -> Column:
    """Return the aggregate standard deviation (n - 1), as `sample_variance`."""
    return F.sqrt(sample_variance(value, window))


def statistic(condition: Condition) -> Column:
    """Return the aggregate expression of a condition's statistic (nulls ignored)."""
    value = F.col(condition.column)
    found = STATISTIC.fullmatch(condition.statistic or "")
    if found is None:
        raise ValueError(f"no statistic '{condition.statistic}'")
    if condition.statistic == "mean":
        return exact_mean(value)
    if condition.statistic == "median":
        return F.percentile(value.cast("double"), 0.5)
    if found.group("percentile"):
        return F.percentile(value.cast("double"), float(found.group("percentile")) / 100)
    return F.percentile(value.cast("double"), 1 - float(found.group("share")) / 100)


def with_statistics(customers: DataFrame, conditions: Sequence[Condition]) -> DataFrame:
    """Add one column per statistic the conditions use (see `Condition.statistic_column`).

    In and out: one row per customer. A customer without the `within` category gets null there.
    """
    overall = {q.statistic_column: q for q in conditions if q.statistic and not q.within}
    result = customers
    if overall:
        row = customers.agg(*(statistic(q).alias(name) for name, q in overall.items()))
        result = result.crossJoin(F.broadcast(row))
    for within in sorted({q.within for q in conditions if q.statistic and q.within}):
        grouped = {q.statistic_column: q for q in conditions if q.statistic and q.within == within}
        per_group = customers.filter(F.col(within).isNotNull()).groupBy(within)
        rows = per_group.agg(*(statistic(q).alias(name) for name, q in grouped.items()))
        result = result.join(F.broadcast(rows), on=within, how="left")
    return result
