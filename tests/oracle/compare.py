"""Compare result tables of two origins, row by row and column by column."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Rows = Sequence[Mapping[str, Any]]

# The identity columns (run_id, attempt_id, analysis) are left out: the oracle has none.
CONTRACT: dict[str, tuple[str, ...]] = {
    "measures": (
        *("section", "group_name", "measure", "unit", "n", "n_missing", "mean", "stddev", "median"),
        *("p10", "p25", "p33", "p67", "p75", "p90", "trimmed_mean", "ci_low", "ci_high", "method"),
        *("by_definition", "source_table"),
    ),
    "comparisons": (
        *("section", "stratum", "measure", "group_a", "n_a", "mean_a", "group_b", "n_b", "mean_b"),
        *("mean_a_low", "mean_a_high", "mean_b_low", "mean_b_high"),
        *("difference", "ratio", "relative_difference", "contribution", "ci_low", "ci_high"),
        *("rel_ci_low", "rel_ci_high", "effect_size", "p_value", "p_adjusted", "by_definition"),
    ),
    "distributions": (
        *("section", "group_name", "dimension", "value", "n", "share", "share_low", "share_high"),
        *("population_share", "index"),
    ),
    "crosstabs": (
        *("section", "group_name", "row_dimension", "row_value", "column_dimension", "column_value"),
        *("n", "n_health", "mean_health", "health_ci_low", "health_ci_high"),
        *("n_ltv", "mean_ltv", "ltv_ci_low", "ltv_ci_high", "sum_ltv", "value_at_stake", "label"),
    ),
    "correlations": (
        *("section", "group_name", "x", "y", "n", "pearson_r", "ci_low", "ci_high", "spearman_r"),
        *("p_value", "p_adjusted", "method"),
    ),
    "associations": (
        *("section", "group_name", "x", "y", "n", "test", "statistic", "df", "df_residual"),
        *("p_value", "p_adjusted", "cramers_v"),
    ),
    "attrition": ("step", "predicate", "n_remaining", "n_undecidable", "statistic_value"),
    "method_sensitivity": (
        *("method", "population_mean", "joined_rows", "cohort_customers", "fan_out"),
        *("mean_recency", "mean_frequency", "mean_monetary"),
    ),
    "match_rates": ("left_table", "right_table", "key", "left_rows", "matched_rows", "match_rate"),
    "cohort_members": (
        *("customer_key", "key_id", "customer_tier", "estimated_customer_ltv", "peer_mean_ltv"),
        *("ltv_difference", "ltv_percent_rank", "ltv_zscore", "ltv_decile", "value_level", "risk_level"),
        *("value_index", "risk_index", "value_index_level", "risk_index_level", "framework_segment"),
        "alert",
    ),
    "strategies": (
        *("segment", "n", "value_at_stake", "priority", "strategy", "owner", "due_days"),
        *("kpi", "kpi_now", "kpi_target", "kpi_alarm"),
    ),
    "changes": ("figure", "previous_run_id", "previous", "current", "difference", "cause"),
}

KEYS: dict[str, tuple[str, ...]] = {
    "measures": ("section", "group_name", "measure"),
    "comparisons": ("section", "stratum", "measure", "group_a", "group_b"),
    "distributions": ("section", "group_name", "dimension", "value"),
    "crosstabs": (
        *("section", "group_name", "row_dimension", "row_value"),
        *("column_dimension", "column_value"),
    ),
    "correlations": ("section", "group_name", "x", "y"),
    "associations": ("section", "group_name", "x", "y", "test"),
    "attrition": ("step",),
    "method_sensitivity": ("method",),
    "match_rates": ("left_table", "right_table", "key"),
    "cohort_members": ("customer_key",),
    "strategies": ("segment",),
    "changes": ("figure", "cause"),
}

# Quantiles and tails of distributions may come from another library.
_FROM_DISTRIBUTIONS = frozenset(
    {
        *("ci_low", "ci_high", "rel_ci_low", "rel_ci_high", "share_low", "share_high"),
        *("health_ci_low", "health_ci_high", "ltv_ci_low", "ltv_ci_high", "p_value", "p_adjusted"),
    }
)
# the floor: a z-score next to zero is the difference of two equal numbers
_RELATIVE, _RELATIVE_FROM_DISTRIBUTIONS, _ABSOLUTE = 1e-9, 1e-8, 1e-11
_SHOWN = 20


def assert_tables_equal(
    ours: Mapping[str, Rows],
    theirs: Mapping[str, Rows],
    *,
    keys: Mapping[str, tuple[str, ...]] = KEYS,
) -> None:
    """Fail with the first differences between two sets of result tables.

    Every table of `keys` is compared on every column of the contract: counts, strings and booleans exactly;
    doubles to 1e-9 relative, intervals and p-values to 1e-8, both with a floor of 1e-11. Null equals null
    only. A missing table, column or row on either side is a difference, and so is a repeated key.

    Raises:
        AssertionError: with up to 20 differences, each with table, key, column, ours and theirs.
    """
    found = [
        difference
        for table, key in keys.items()
        for difference in _table_differences(table, key, ours.get(table), theirs.get(table))
    ]
    if found:
        more = f"\n... and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise AssertionError(f"{len(found)} differences\n" + "\n".join(found[:_SHOWN]) + more)


def _table_differences(table: str, key: tuple[str, ...], ours: Rows | None, theirs: Rows | None) -> Iterable[str]:
    if ours is None or theirs is None:
        yield f"{table}: the table is missing in {'ours' if ours is None else 'theirs'}"
        return
    absent = [*_absent_columns(table, "ours", ours), *_absent_columns(table, "theirs", theirs)]
    if absent:
        yield from absent
        return
    left, right = _by_key(key, ours), _by_key(key, theirs)
    for side, rows, indexed in (("ours", ours, left), ("theirs", theirs, right)):
        if len(rows) != len(indexed):
            yield f"{table}: {len(rows) - len(indexed)} repeated keys in {side}"
    for at in sorted(left.keys() | right.keys(), key=repr):
        if at not in right or at not in left:
            yield f"{table} {at}: row only in {'ours' if at in left else 'theirs'}"
            continue
        for column in CONTRACT[table]:
            a, b = left[at][column], right[at][column]
            if not _same(column, a, b):
                yield f"{table} {at} {column}: ours {a!r}, theirs {b!r}"


def _absent_columns(table: str, side: str, rows: Rows) -> list[str]:
    absent = [column for column in CONTRACT[table] if any(column not in row for row in rows)]
    return [f"{table}: column {column} is missing in {side}" for column in absent]


def _by_key(key: tuple[str, ...], rows: Rows) -> dict[tuple[Any, ...], Mapping[str, Any]]:
    return {tuple(row[column] for column in key): row for row in rows}


def _same(column: str, a: Any, b: Any) -> bool:
    if a is None or b is None:
        return a is None and b is None
    if not isinstance(a, float) and not isinstance(b, float):
        return bool(type(a) is type(b) and a == b)
    if isinstance(a, str | bool) or isinstance(b, str | bool):
        return False
    relative = _RELATIVE_FROM_DISTRIBUTIONS if column in _FROM_DISTRIBUTIONS else _RELATIVE
    return math.isclose(a, b, rel_tol=relative, abs_tol=_ABSOLUTE)
