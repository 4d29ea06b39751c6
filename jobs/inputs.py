"""The inputs of a run: tables pinned to versions, checked against the contract, gaps written down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.bounded import collect_one
from jobs.engines.base import Engine
from jobs.errors import InputError
from jobs.lake import Lake, PinnedTable, pin
from transforms.input_checks import check_rows, customers_absent_from
from transforms.input_tables import TABLES, InputTable

CUSTOMER_ROLES = ("activity", "funnel", "value")
OPTIONAL_ROLES = ("mapping",)

# Columns that stand in several tables: which one a definition means unless it says otherwise.
DEFAULT_ROLE = {
    "primary_engagement_channel": "activity",
    "customer_health_score": "activity",
    "weighted_engagement_score": "activity",
    "activity_grade": "activity",
    "customer_journey_pattern": "activity",
    "customer_segment": "activity",
    "lifecycle_stage": "activity",
    "estimated_customer_ltv": "value",
    "customer_tier": "value",
    "account_age_days": "value",
    "days_since_last_activity": "value",
    "success_target": "value",
}
# Where the first choice has no rows.
FALLBACK_ROLE = {"customer_segment": "value", "lifecycle_stage": "value", "estimated_customer_ltv": "funnel"}

_WIDENS = {
    ("int", "bigint"),
    ("int", "double"),
    ("bigint", "double"),
    ("float", "double"),
    ("date", "timestamp"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """A table or column that was wanted and not had (one row of `obstacles`)."""

    section: str
    table_name: str
    column_name: str | None
    reason: str
    effect: str
    replaced_by: str | None
    remedy: str


@dataclass(slots=True, kw_only=True)
class Inputs:
    """Every input table of a run. Absent tables are empty frames with the full schema."""

    pinned: dict[str, PinnedTable]
    rows: dict[str, DataFrame]
    counts: dict[str, dict[str, Any]] = field(default_factory=dict)
    obstacles: list[Obstacle] = field(default_factory=list)
    has_addresses: bool = False

    def has_rows(self, role: str) -> bool:
        """Whether the table is there and not empty."""
        return bool(self.counts.get(role, {}).get("n_rows", 0))

    def source_of(self, column: str, chosen: Mapping[str, str]) -> str:
        """Return the table role a view column comes from."""
        if column in chosen:
            return chosen[column]
        role = DEFAULT_ROLE.get(column) or next(r for r in CUSTOMER_ROLES if column in TABLES[r].columns)
        fallback = FALLBACK_ROLE.get(column)
        if fallback and not self.has_rows(role) and self.has_rows(fallback):
            return fallback
        return role

    def source_ids(self) -> dict[str, str]:
        """Return the Delta id per pinned table."""
        return {table.name: table.version.table_id for table in self.pinned.values()}

    def source_versions(self) -> dict[str, int]:
        """Return the version per pinned table."""
        return {table.name: table.version.version for table in self.pinned.values()}


def read_inputs(engine: Engine, lake: Lake) -> Inputs:
    """Pin all input tables once, check their columns, and note what is not there.

    Raises:
        InputError: No input table at all, an unreadable table, or a column of another type.
    """
    inputs = Inputs(pinned={}, rows={})
    for role, table in TABLES.items():
        pinned = pin(engine, lake, role, table.name)
        if pinned is None:
            inputs.rows[role] = engine.spark.createDataFrame([], table.ddl)
            if role not in OPTIONAL_ROLES:
                inputs.obstacles.append(_table_obstacle(table, "missing"))
            continue
        inputs.pinned[role] = pinned
        inputs.rows[role] = _with_contract_columns(pinned, table, inputs.obstacles)
    if not any(role in inputs.pinned for role in CUSTOMER_ROLES):
        expected = ", ".join(TABLES[role].name for role in CUSTOMER_ROLES)
        raise InputError(
            f"{lake.base} holds none of the input tables; expected {expected}",
            advice="check --lake, or bring tables in with: customer360 ingest SOURCE --lake LAKE",
        )
    return inputs


def count_inputs(inputs: Inputs, used_doubles: Mapping[str, Iterable[str]], base: str) -> None:
    """Fill `inputs.counts` by one pass per table, and note tables without rows."""
    for role in CUSTOMER_ROLES:
        rows = inputs.rows[role]
        inputs.counts[role] = collect_one(check_rows(rows, sorted(used_doubles.get(role, ()))), role)
        if role in inputs.pinned and not inputs.counts[role]["n_rows"]:
            inputs.obstacles.append(_table_obstacle(TABLES[role], "empty"))
    for role in CUSTOMER_ROLES:
        if role != base and role in inputs.pinned:
            absent = collect_one(customers_absent_from(inputs.rows[role], inputs.rows[base]), role)
            inputs.counts[role]["absent"] = absent["absent"]
    inputs.has_addresses = "address" in inputs.pinned and bool(inputs.rows["address"].limit(1).collect())
    if "address" in inputs.pinned and not inputs.has_addresses:
        inputs.obstacles.append(_table_obstacle(TABLES["address"], "empty"))


def _with_contract_columns(pinned: PinnedTable, table: InputTable, obstacles: list[Obstacle]) -> DataFrame:
    """Return the table as read, with contract columns it lacks as typed nulls at the end."""
    found = {f.name: f.dataType.simpleString() for f in pinned.frame.schema.fields}
    absent = [name for name in table.columns if name not in found]
    needed = (table.key_column, table.snapshot_column)
    for name in absent:
        if name in needed:
            raise InputError(
                f"{pinned.label} has no column '{name}', which says which customer and which snapshot a row is",
                advice="add the column, or map yours to it",
            )
        obstacles.append(
            Obstacle(
                section="all",
                table_name=table.name,
                column_name=name,
                reason="missing_column",
                effect="read_as_missing",
                replaced_by=None,
                remedy="add_column",
            )
        )
    frame = pinned.frame
    for name, expected in table.columns.items():
        actual = found.get(name, expected)
        if actual == expected:
            continue
        if (actual, expected) not in _WIDENS and not actual.startswith("varchar") and actual != "timestamp_ntz":
            raise InputError(
                f"{pinned.label} column '{name}' has type {actual}; expected {expected}",
                advice=f"cast the column to {expected} where the table is made",
            )
        frame = frame.withColumn(name, F.col(name).cast(expected))
    return frame.withColumns({name: F.lit(None).cast(table.columns[name]) for name in absent}) if absent else frame


def _table_obstacle(table: InputTable, reason: str) -> Obstacle:
    effect = {"address": "no_geography"}.get(table.role, "columns_missing")
    return Obstacle(
        section="geography" if table.role == "address" else "all",
        table_name=table.name,
        column_name=None,
        reason=f"{reason}_table",
        effect=effect,
        replaced_by=None,
        remedy="load_table",
    )


def quality_rows(inputs: Inputs, base: str) -> list[dict[str, Any]]:
    """Return the rows of `quality` that the input counts give."""
    rows: list[dict[str, Any]] = []
    checks = {
        "rows_without_key": "warning",
        "keys_non_ascii": "info",
        "absent": "info",
    }
    for role in CUSTOMER_ROLES:
        counts = inputs.counts[role]
        name = TABLES[role].name
        for check, severity in checks.items():
            if check not in counts or role not in inputs.pinned:
                continue
            check_name = "customers_absent_from_base" if check == "absent" else check
            rows.append(quality_row(name, check_name, severity, counts[check], "0", base=TABLES[base].name))
        if role in inputs.pinned:
            rows.append(quality_row(name, "max_rows_per_key", "info", counts["max_rows_per_key"], "1"))
        rows += [
            quality_row(name, "not_finite", "warning", value, "0", column=key.removeprefix("not_finite__"))
            for key, value in counts.items()
            if key.startswith("not_finite__") and value
        ]
    return rows


def quality_row(
    table_name: str,
    check_name: str,
    severity: str,
    observed: float,
    expected: str,
    *,
    section: str = "all",
    measure: str | None = None,
    **params: str,
) -> dict[str, Any]:
    """Return one row of `quality`; passed when the observed number is at most the expected one."""
    return {
        "table_name": table_name,
        "check_name": check_name,
        "severity": severity,
        "passed": float(observed) <= float(expected),
        "observed": float(observed),
        "expected": expected,
        "message_id": check_name,
        "params": params,
        "touches_section": section,
        "touches_measure": measure or params.get("column"),
    }
