"""One analysis over one lake: customers, cohort, peers and levels as tables.

customers     one row per customer of the base table, with platforms, levels, in_cohort and is_peer
membership    one row per customer and group it belongs to (cohort, peers, population)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from tests.oracle.lake import one, rows
from tests.oracle.rules import first_match_sql, literal, predicate_sql
from tests.oracle.snapshots import KEYED, build_snapshots
from tests.oracle.sources import Sources, read_sources

GROUPS = ("cohort", "peers", "population")
# Above this many customers the product may approximate percentiles and Spearman.
EXACT_UP_TO = 5_000_000


@dataclass(frozen=True, slots=True)
class Study:
    """A definition bound to a connection whose stacked tables are built."""

    con: duckdb.DuckDBPyConnection
    definition: Mapping[str, Any]
    sources: Sources

    @property
    def base(self) -> str:
        """The role of the base table."""
        return str(self.definition["base"])

    @property
    def predicates(self) -> list[Mapping[str, Any]]:
        """The cohort predicates in order."""
        return list(self.definition["cohort"])

    def section(self, name: str) -> Mapping[str, Any] | None:
        """Return a section's settings, None where the definition does not ask for it."""
        sections = self.definition["sections"]
        return (sections[name] or {}) if name in sections else None

    @property
    def framework(self) -> list[Mapping[str, Any]]:
        """The framework's segments in order; empty where there is none."""
        return list((self.section("risk_velocity") or {}).get("framework") or [])

    @property
    def graded_as_written(self) -> bool:
        """Whether the definition also grades risk as the seed wrote it."""
        return bool((self.section("value_risk") or {}).get("risk_levels_as_written"))

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """Run one query and return its rows as dicts."""
        return rows(self.con, sql)

    def one(self, sql: str) -> dict[str, Any]:
        """Run a query of exactly one row."""
        return one(self.con, sql)

    def by_definition(self, measure: str) -> bool:
        """Return whether a cohort predicate uses the measure or something it is derived from."""
        used = {predicate["column"] for predicate in self.predicates}
        parents = (self.definition.get("derived_from") or {}).get(measure, [])
        return measure in used or any(self.by_definition(parent) for parent in parents if parent != measure)

    @property
    def method(self) -> str:
        """How percentiles and Spearman are computed at this population."""
        size = self.one("SELECT count(*) AS n FROM customers")["n"]
        return "exact" if size <= EXACT_UP_TO else "approx"


def build_study(con: duckdb.DuckDBPyConnection, definition: Mapping[str, Any]) -> Study:
    """Create every stacked table of one analysis, replacing those of an earlier one."""
    build_snapshots(con)
    study = Study(con, definition, read_sources(con, definition.get("columns") or {}))
    for snapshot in ("latest", "first"):
        _build_view(study, snapshot)
        _build_cohort(study, snapshot)
    _build_customers(study)
    return study


def outer(column: str) -> str:
    """Name a column of the customer row in a rule."""
    return f'c."{column}"'


def _build_view(study: Study, snapshot: str) -> None:
    """One row per customer of the base: the other tables can neither add nor drop one."""
    others = [role for role in KEYED if role != study.base]
    joins = " ".join(f"LEFT JOIN {snapshot}_{role} AS {role} USING (customer_key)" for role in others)
    selected = ", ".join(f'{study.sources.select(name)} AS "{name}"' for name in study.sources.all_columns())
    study.con.execute(
        f"""
        CREATE OR REPLACE TABLE view_{snapshot} AS
        SELECT {study.base}.customer_key, {selected}
        FROM {snapshot}_{study.base} AS {study.base} {joins}
        """
    )


def _build_cohort(study: Study, snapshot: str) -> None:
    passes = [predicate_sql(predicate, f"view_{snapshot}", outer) for predicate in study.predicates]
    study.con.execute(
        f"""
        CREATE OR REPLACE TABLE cohort_{snapshot} AS
        SELECT c.customer_key FROM view_{snapshot} AS c WHERE {" AND ".join(f"({part})" for part in passes)}
        """
    )


def _build_customers(study: Study) -> None:
    value_risk = study.section("value_risk") or {}
    levels = {
        "value_level": value_risk.get("value_levels", []),
        "risk_level": value_risk.get("risk_levels", []),
        "risk_level_as_written": value_risk.get("risk_levels_as_written", []),
        "framework_segment": study.framework,
    }
    level_columns = ", ".join(
        f"{first_match_sql(rules, 'view_latest', outer)} AS {name}" for name, rules in levels.items()
    )
    flags = [f"c.in_{system}" for system in ("marketo", "stripe", "zendesk")]
    known = " AND ".join(f"coalesce({flag} IN (0, 1), false)" for flag in flags)
    digits = " || '-' || ".join(f"CAST(CAST({flag} AS INTEGER) AS VARCHAR)" for flag in flags)
    study.con.execute(
        f"""
        CREATE OR REPLACE TABLE customers AS
        WITH cohort_tiers AS (
            SELECT DISTINCT customer_tier FROM view_latest SEMI JOIN cohort_latest USING (customer_key)
            WHERE customer_tier IS NOT NULL
        )
        SELECT
            c.*,
            members.customer_key IS NOT NULL AS in_cohort,
            members.customer_key IS NULL AND cohort_tiers.customer_tier IS NOT NULL AS is_peer,
            CASE WHEN {known} THEN {digits} ELSE 'unknown' END AS platforms,
            CASE WHEN {known} THEN CAST({" + ".join(flags)} AS INTEGER) END
                AS number_of_platforms,
            {level_columns}
        FROM view_latest AS c
        LEFT JOIN cohort_latest AS members ON members.customer_key = c.customer_key
        LEFT JOIN cohort_tiers ON cohort_tiers.customer_tier = c.customer_tier;
        CREATE OR REPLACE TABLE membership AS
        SELECT customer_key, 'cohort' AS group_name FROM customers WHERE in_cohort
        UNION ALL SELECT customer_key, 'peers' FROM customers WHERE is_peer
        UNION ALL SELECT customer_key, 'population' FROM customers;
        """
    )


def values_sql(names: tuple[str, ...] | list[str], column: str) -> str:
    """Return an inline relation of one text column, in the given order."""
    listed = ", ".join(f"({literal(name)})" for name in names)
    return f"(VALUES {listed}) AS listed({column})"
