"""Result table `method_sensitivity`: the same cohort by four methods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from tests.oracle.by_definition import rule_columns
from tests.oracle.derived import PARENTS
from tests.oracle.rules import predicate_sql, statistic_sql
from tests.oracle.snapshots import KEYED
from tests.oracle.study import Study, build_study

_RFM = (
    ("mean_recency", "recency_score"),
    ("mean_frequency", "frequency_score"),
    ("mean_monetary", "monetary_score"),
)
_NOTHING = {
    "population_mean": None,
    "joined_rows": None,
    "cohort_customers": None,
    "fan_out": None,
    "mean_recency": None,
    "mean_frequency": None,
    "mean_monetary": None,
}


def method_sensitivity(study: Study) -> list[dict[str, Any]]:
    """One row per method; none without a cohort that can be computed."""
    if not study.answer.cohort_known:
        return []
    rows = [_of_view(study, f"{snapshot}_snapshot", snapshot) for snapshot in ("latest", "first")]
    if not _separable(study):
        return rows + [{"method": method} | _NOTHING for method in ("row_level", "naive_join")]
    _count_passing_rows(study)
    return [*rows, _row_level(study), _naive_join(study)]


def _of_view(study: Study, method: str, snapshot: str) -> dict[str, Any]:
    means = ", ".join(f"plain_mean({column}) AS {name}" for name, column in _RFM)
    cohort = study.one(
        f"""
        SELECT count(*) AS cohort_customers, {means}
        FROM view_{snapshot} SEMI JOIN cohort_{snapshot} USING (customer_key)
        """
    )
    mean = _population_mean(study, lambda _: f"view_{snapshot}")
    return {"method": method} | _NOTHING | {"population_mean": mean} | cohort


def _population_mean(study: Study, relation: Any) -> float | None:
    """Return the statistic of the first predicate that uses one; `relation` maps a role to its rows."""
    for predicate in study.predicates:
        if "statistic" in predicate and not predicate.get("within"):
            column = predicate["column"]
            role = study.sources.role(column)
            if column not in study.sources.held[role]:
                return None
            aggregate = statistic_sql(predicate["statistic"], f'"{column}"')
            value: float | None = study.one(f"SELECT {aggregate} AS value FROM {relation(role)}")["value"]
            return value
    return None


def _separable(study: Study) -> bool:
    """Return whether each predicate looks at rows of one table only; what no table holds no row has."""
    role = study.sources.role
    return not any(name in PARENTS for name in rule_columns(study.predicates)) and all(
        role(predicate["within"]) == role(predicate["column"])
        for predicate in study.predicates
        if predicate.get("within")
    )


def _conditions(study: Study, role: str) -> str:
    """Return the condition of the predicates that use a table, over its rows aliased as the role."""

    def column(name: str) -> str:
        return study.sources.select(name, role)

    parts = [
        # A column the table does not hold is missing in every row: nothing passes.
        predicate_sql(predicate, f"rows_{role}", column) if predicate["column"] in study.sources.held[role] else "false"
        for predicate in study.predicates
        if study.sources.role(predicate["column"]) == role
    ]
    return " AND ".join(f"({part})" for part in parts)


def _count_passing_rows(study: Study) -> None:
    """Create passing: per key of the base, how many rows of each table pass that table's predicates.

    A table without predicates is left-joined freely: a key without rows there counts one (empty) row.
    """
    factors = []
    for role in KEYED:
        conditions = _conditions(study, role)
        study.con.execute(
            f"""
            CREATE OR REPLACE TABLE passing_{role} AS
            SELECT customer_key, count(*) AS n FROM rows_{role} AS {role}
            WHERE {conditions or "true"} GROUP BY customer_key
            """
        )
        free = not conditions and role != study.base
        factors.append(f"coalesce(passing_{role}.n, {1 if free else 0}) AS n_{role}")
    joins = " ".join(f"LEFT JOIN passing_{role} USING (customer_key)" for role in KEYED)
    study.con.execute(
        f"""
        CREATE OR REPLACE TABLE passing AS
        SELECT keys.customer_key, {", ".join(factors)}
        FROM (SELECT DISTINCT customer_key FROM rows_{study.base}) AS keys {joins}
        """
    )


def _row_level(study: Study) -> dict[str, Any]:
    # the RFM scores of the latest value row, also where the base table holds columns of the same name
    held = study.sources.held["value"]
    means = ", ".join(
        f"plain_mean(v.{column}) AS {name}" if column in held else f"max(NULL::DOUBLE) AS {name}"
        for name, column in _RFM
    )
    found = study.one(
        f"""
        SELECT count(*) AS cohort_customers, {means}
        FROM passing LEFT JOIN latest_value AS v USING (customer_key)
        WHERE n_activity > 0 AND n_funnel > 0 AND n_value > 0
        """
    )
    return {"method": "row_level"} | _NOTHING | {"population_mean": _row_mean(study)} | found


def _row_mean(study: Study) -> float | None:
    return _population_mean(study, lambda role: f"rows_{role}")


def _naive_join(study: Study) -> dict[str, Any]:
    """Multiply per-key counts; the RFM means weigh every passing value row by the rows it is joined to."""
    found = study.one(
        """
        SELECT
            CAST(coalesce(sum(n_activity::HUGEINT * n_funnel * n_value), 0) AS BIGINT) AS joined_rows,
            count(*) FILTER (WHERE n_activity > 0 AND n_funnel > 0 AND n_value > 0) AS cohort_customers
        FROM passing
        """
    )
    conditions, held = _conditions(study, "value") or "true", study.sources.held["value"]
    weighted = ", ".join(
        f"""fsum(CAST(weight AS DOUBLE) * value.{column})
            / CAST(sum(weight) FILTER (WHERE value.{column} IS NOT NULL) AS DOUBLE) AS {name}"""
        if column in held
        else f"max(NULL::DOUBLE) AS {name}"
        for name, column in _RFM
    )
    means = study.one(
        f"""
        SELECT {weighted}
        FROM rows_value AS value
        JOIN (SELECT customer_key, n_activity::HUGEINT * n_funnel AS weight FROM passing) USING (customer_key)
        WHERE {conditions} AND weight > 0
        """
    )
    customers = found["cohort_customers"]
    fan_out = found["joined_rows"] / customers if customers else None
    return {
        "method": "naive_join",
        "population_mean": _row_mean(study),
        **found,
        "fan_out": fan_out,
        **means,
    }


def naive_join_executed(con: duckdb.DuckDBPyConnection, definition: Mapping[str, Any]) -> dict[str, Any]:
    """Run the join that `naive_join` only counts, and return the same row. For small lakes."""
    study = build_study(con, definition)
    others = " ".join(
        f"LEFT JOIN rows_{role} AS {role} ON {role}.customer_key = {study.base}.customer_key"
        for role in KEYED
        if role != study.base
    )
    per_table = [_conditions(study, role) for role in KEYED]
    conditions = " AND ".join(condition for condition in per_table if condition) or "true"
    held = study.sources.held["value"]
    means = ", ".join(
        f"avg(value.{column}) AS {name}" if column in held else f"max(NULL::DOUBLE) AS {name}" for name, column in _RFM
    )
    found = study.one(
        f"""
        SELECT count(*) AS joined_rows, count(DISTINCT {study.base}.customer_key) AS cohort_customers, {means}
        FROM rows_{study.base} AS {study.base} {others} WHERE {conditions}
        """
    )
    customers = found["cohort_customers"]
    fan_out = found["joined_rows"] / customers if customers else None
    return {"method": "naive_join", "population_mean": _row_mean(study), "fan_out": fan_out} | found
