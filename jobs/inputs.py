"""The inputs of a run: tables pinned to versions, checked against the contract, gaps written down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.contracts.model import Contracts
from jobs.definition import Definition
from jobs.definition.inputs import Mapped, TableSourceModel, mapping_key
from jobs.engines.base import Engine
from jobs.errors import InputError, nearest
from jobs.lake import NOW, Lake, Moment, PinnedTable, pin
from jobs.local_frames import local_frame
from transforms.input_mapping import ColumnSource, lost_in_cast, with_contract_names
from transforms.input_tables import TABLES, InputTable, is_readable_as

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
    """Every input table of a run, under our column names. Absent tables are empty frames with the full schema.

    `rows` are the tables as read; `stored` what all analyses use of them, once it was read (see `store_inputs`);
    `columns` what the user calls those of our columns that a mapping names; `absent` our columns that a table lacks.
    """

    pinned: dict[str, PinnedTable]
    rows: dict[str, DataFrame]
    stored: dict[str, DataFrame] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=lambda: {role: table.name for role, table in TABLES.items()})
    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    cast_columns: dict[str, dict[str, ColumnSource]] = field(default_factory=dict)
    absent: dict[str, list[str]] = field(default_factory=dict)
    contracts: Contracts = field(default_factory=dict)
    relations: dict[str, Any] = field(default_factory=dict)
    counts: dict[str, dict[str, Any]] = field(default_factory=dict)
    obstacles: list[Obstacle] = field(default_factory=list)

    def table_name(self, role: str) -> str:
        """Return what the user calls the table of a role; ours unless a mapping says otherwise."""
        return self.names[role]

    def column_name(self, role: str, ours: str) -> str:
        """Return what the user calls one of our columns."""
        return self.columns.get(role, {}).get(ours, ours)

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


class PinnedInputs:
    """The inputs of one run, per distinct mapping of its definitions. A table is pinned once, whoever reads it."""

    def __init__(self, engine: Engine, lake: Lake, moment: Moment = NOW, contracts: Contracts | None = None) -> None:
        self._engine = engine
        self._lake = lake
        self._moment = moment
        self._contracts = contracts or {}
        self._tables: dict[str, PinnedTable | None] = {}
        self._inputs: dict[str, Inputs] = {}

    def of(self, definition: Definition) -> Inputs:
        """Return the inputs as the definition's mapping names them.

        Raises:
            InputError: As `read_inputs`.
        """
        key = mapping_key(definition.inputs)
        if key not in self._inputs:
            found = read_inputs(self._engine, self._lake, definition.inputs, self._tables, self._moment)
            found.contracts = self._contracts
            self._inputs[key] = found
        return self._inputs[key]


def read_inputs(
    engine: Engine,
    lake: Lake,
    mapped: Mapped | None = None,
    tables: dict[str, PinnedTable | None] | None = None,
    moment: Moment = NOW,
) -> Inputs:
    """Pin all input tables once, check their columns, and note what is not there.

    `mapped` names the user's tables and columns where they are not called as ours; `tables` holds what is pinned
    already, by name, and takes what is pinned now; `moment` says at which versions.

    Raises:
        InputError: No input table at all, an unreadable table, a mapped column that is not there, or a column of
            another type.
    """
    inputs = Inputs(pinned={}, rows={})
    known = {} if tables is None else tables
    given: dict[str, TableSourceModel] = {str(role): source for role, source in (mapped or {}).items()}
    inputs.names |= {role: source.table for role, source in given.items() if source.table}
    for role, table in TABLES.items():
        name = inputs.names[role]
        if name not in known:
            known[name] = pin(engine, lake, role, name, moment)
        found = known[name]
        if found is None:
            inputs.rows[role] = local_frame(engine.spark, [], table.ddl)
            if role not in OPTIONAL_ROLES or role in given:
                inputs.obstacles.append(table_obstacle(inputs, role, "missing"))
            continue
        pinned = replace(found, role=role)
        inputs.pinned[role] = pinned
        sources = given[role].column_sources() if role in given else {}
        inputs.columns[role] = {ours: source.column for ours, source in sources.items()}
        if any(column.cast for column in sources.values()):
            inputs.cast_columns[role] = {ours: column for ours, column in sources.items() if column.cast}
        inputs.rows[role], inputs.absent[role] = _with_contract_columns(pinned, table, sources)
        inputs.obstacles += [_missing_column(pinned, name) for name in inputs.absent[role]]
    if not any(role in inputs.pinned for role in CUSTOMER_ROLES):
        expected = ", ".join(inputs.names[role] for role in CUSTOMER_ROLES)
        raise InputError(
            f"{lake.base} holds none of the input tables; expected {expected}",
            advice="check --lake, bring tables in with: customer360 ingest SOURCE --lake LAKE, "
            "or map yours with: customer360 init --lake LAKE",
        )
    return inputs


def note(inputs: Inputs, obstacle: Obstacle) -> None:
    """Add an obstacle once: analyses with different bases count the same tables."""
    if obstacle not in inputs.obstacles:
        inputs.obstacles.append(obstacle)


def _with_contract_columns(
    pinned: PinnedTable, table: InputTable, sources: Mapping[str, ColumnSource]
) -> tuple[DataFrame, list[str]]:
    """Return the table as read, under our names, with contract columns it lacks as typed nulls at the end; and those.

    Raises:
        InputError: A mapped column, the key or the snapshot column is not there, or a column has another type.
    """
    theirs = pinned.frame.columns
    _refuse_alike(pinned.label, theirs)
    for ours, source in sources.items():
        if source.column not in theirs:
            raise InputError(
                f"{pinned.label} has no column '{source.column}', which inputs maps to {ours}"
                f"{nearest(source.column, theirs)}",
                advice="correct the mapping, or propose it anew with: customer360 init --lake LAKE",
            )
    frame = with_contract_names(pinned.frame, sources) if sources else pinned.frame
    found = {f.name: f.dataType.simpleString() for f in frame.schema.fields}
    absent = [name for name in table.columns if name not in found]
    needed = (table.key_column, table.snapshot_column)
    for name in absent:
        if name in needed:
            raise InputError(
                f"{pinned.label} has no column '{name}', which says which customer and which snapshot a row is"
                f"{nearest(name, theirs)}",
                advice="add the column, or map yours to it with: customer360 init --lake LAKE",
            )
    for name, expected in table.columns.items():
        actual = found.get(name, expected)
        if actual == expected:
            continue
        if not is_readable_as(actual, expected):
            column = sources[name].column if name in sources else name
            raise InputError(
                f"{pinned.label} column '{column}' has type {actual}; expected {expected}",
                advice=f"cast the column to {expected} where the table is made, or declare it: "
                f"inputs.{table.role}.columns.{name}: {{column: {column}, cast: {expected}}}",
            )
        frame = frame.withColumn(name, F.col(name).cast(expected))
    nulls = {name: F.lit(None).cast(table.columns[name]) for name in absent}
    return (frame.withColumns(nulls) if nulls else frame), absent


def _missing_column(pinned: PinnedTable, name: str) -> Obstacle:
    return Obstacle(
        section="all",
        table_name=pinned.name,
        column_name=name,
        reason="missing_column",
        effect="read_as_missing",
        replaced_by=None,
        remedy="add_column",
    )


def _refuse_alike(label: str, columns: Iterable[str]) -> None:
    """Refuse columns that differ in case only: an engine cannot tell which one is meant."""
    seen: dict[str, str] = {}
    for name in columns:
        other = seen.setdefault(name.lower(), name)
        if other != name:
            raise InputError(
                f"{label} has the columns '{other}' and '{name}', which differ in case only",
                advice="rename one of them where the table is made",
            )


def table_obstacle(inputs: Inputs, role: str, reason: str) -> Obstacle:
    """Return the obstacle of a whole table that gives nothing; `reason` is missing or empty."""
    effect = {"address": "no_geography"}.get(role, "columns_missing")
    return Obstacle(
        section="geography" if role == "address" else "all",
        table_name=inputs.table_name(role),
        column_name=None,
        reason=f"{reason}_table",
        effect=effect,
        replaced_by=None,
        remedy="load_table",
    )


def quality_rows(
    inputs: Inputs, base: str, absent: Mapping[str, int], taken_from: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return the rows of `quality` that the input counts give.

    `absent` counts per table the customers that the base does not hold; `taken_from` names, per column the analysis
    reads, the role of the table: other tables may hold it too, and more was counted in the same run.
    """
    rows: list[dict[str, Any]] = []
    checks = {"rows_without_key": "warning", "keys_non_ascii": "info", "customers_absent_from_base": "info"}
    for role in CUSTOMER_ROLES:
        counts = inputs.counts[role]
        if role in absent:
            counts = {**counts, "customers_absent_from_base": absent[role]}
        name = inputs.table_name(role)
        for check, severity in checks.items():
            if check not in counts or role not in inputs.pinned:
                continue
            rows.append(quality_row(name, check, severity, counts[check], "0", base=inputs.table_name(base)))
        if role in inputs.pinned:
            rows.append(quality_row(name, "max_rows_per_key", "info", counts["max_rows_per_key"], "1"))
        rows += [
            quality_row(name, "not_finite", "warning", value, "0", column=key.removeprefix("not_finite__"))
            for key, value in counts.items()
            if key.startswith("not_finite__") and value and taken_from.get(key.removeprefix("not_finite__")) == role
        ]
    for role, sources in inputs.cast_columns.items():
        rows += [
            quality_row(
                inputs.table_name(role),
                "values_not_cast",
                "warning",
                inputs.counts[role][lost_in_cast(ours)],
                "0",
                column=ours,
                cast=str(source.cast),
            )
            for ours, source in sources.items()
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
