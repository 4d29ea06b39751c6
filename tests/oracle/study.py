"""One analysis over one lake: customers, cohort, peers, levels, indices, alerts and segments as tables.

customers            one row per customer of the base table, with everything a rule or a section reads
membership           one row per customer and group it belongs to (cohort, peers, population)
segment_membership   the same for the segments, those outside a compared segment, and the population
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from tests.oracle.availability import Answerable, answerable
from tests.oracle.by_definition import implied, rule_columns
from tests.oracle.derived import PARENTS, derived_columns
from tests.oracle.lake import one, rows
from tests.oracle.rules import first_match_sql, literal, predicate_sql
from tests.oracle.snapshots import KEYED, build_snapshots
from tests.oracle.sources import Sources, read_sources

GROUPS = ("cohort", "peers", "population")
# Above this many customers the product may approximate percentiles and Spearman.
EXACT_UP_TO = 5_000_000


@dataclass(frozen=True, slots=True)
class Study:
    """A definition bound to a connection whose stacked tables are built; without what the lake cannot answer."""

    con: duckdb.DuckDBPyConnection
    definition: Mapping[str, Any]
    sources: Sources
    answer: Answerable

    @property
    def base(self) -> str:
        """The role of the base table."""
        return str(self.definition["base"])

    @property
    def predicates(self) -> list[Mapping[str, Any]]:
        """The cohort predicates in order; none where the analysis has no cohort."""
        return list(self.definition.get("cohort") or [])

    def section(self, name: str) -> Mapping[str, Any] | None:
        """Return a section's settings, None where the definition does not ask for it."""
        sections = self.definition["sections"]
        return (sections[name] or {}) if name in sections else None

    @property
    def framework(self) -> list[Mapping[str, Any]]:
        """The framework's segments in order; empty where there is none."""
        return list((self.section("risk_velocity") or {}).get("framework") or [])

    @property
    def segment_rules(self) -> list[Mapping[str, Any]]:
        """The rules of the segments in order, without the remainder; empty where there are none to compute."""
        return list(self.definition["segments"]["rules"]) if self.answer.segments_known else []

    @property
    def remainder(self) -> Mapping[str, Any]:
        """The segment of the customers that no rule matches."""
        return {"name": "remainder"} | (self.definition["segments"].get("remainder") or {})

    @property
    def segments(self) -> list[str]:
        """The segments' names in order, the remainder last."""
        return [rule["name"] for rule in (*self.segment_rules, self.remainder)] if self.segment_rules else []

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The groups that sections `segments` and `consistency` compare."""
        compared = (self.section("segments") or {}).get("compare", [])
        return [(pair["a"], f"not_{pair['a']}" if pair["b"] == "others" else pair["b"]) for pair in compared]

    @property
    def segment_groups(self) -> list[str]:
        """The groups whose measures are described: segments, those outside a compared one, the population."""
        outside = [b for _, b in self.pairs if b not in self.segments]
        return [*self.segments, *dict.fromkeys(outside), "population"]

    def fills(self, column: str) -> bool:
        """Return whether the lake fills every table column that a column needs."""
        return all(self.sources.fills(parent) for parent in PARENTS.get(column, (column,)))

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
        return implied(measure, rule_columns(self.predicates), self.definition)

    def by_segments(self, measure: str, groups: Sequence[str]) -> bool:
        """Return whether a rule that makes one of these segments uses the measure or what it is derived from.

        The first rule that matches wins: a segment is made by its rule and those before it, the remainder by all,
        everybody outside a segment by what makes the segment.
        """
        made_by = {rule["name"]: position + 1 for position, rule in enumerate(self.segment_rules)}
        made_by[self.remainder["name"]] = len(self.segment_rules)
        used = [
            condition
            for group in groups
            for rule in self.segment_rules[: made_by[group if group in made_by else group.removeprefix("not_")]]
            for condition in rule.get("all") or rule["any"]
        ]
        return implied(measure, rule_columns(used), self.definition)

    @property
    def method(self) -> str:
        """How percentiles and Spearman are computed at this population."""
        size = self.one("SELECT count(*) AS n FROM customers")["n"]
        return "exact" if size <= EXACT_UP_TO else "approx"


def build_study(con: duckdb.DuckDBPyConnection, definition: Mapping[str, Any]) -> Study:
    """Create every stacked table of one analysis, replacing those of an earlier one."""
    build_snapshots(con)
    sources = read_sources(con, definition.get("columns") or {})
    answer = answerable(definition, sources)
    study = Study(con, answer.definition, sources, answer)
    for snapshot in ("latest", "first"):
        _build_view(study, snapshot)
        _build_cohort(study, snapshot)
    _build_customers(study)
    _build_membership(study)
    return study


def outer(column: str) -> str:
    """Name a column of the customer row in a rule."""
    return f'c."{column}"'


def _build_view(study: Study, snapshot: str) -> None:
    """One row per customer of the base: the other tables can neither add nor drop one."""
    others = [role for role in KEYED if role != study.base]
    joins = " ".join(f"LEFT JOIN {snapshot}_{role} AS {role} USING (customer_key)" for role in others)
    selected = ", ".join(f'{study.sources.select(name)} AS "{name}"' for name in study.sources.all_columns())
    derived = ", ".join(f'{sql} AS "{name}"' for name, sql in derived_columns(study.definition).items())
    study.con.execute(
        f"""
        CREATE OR REPLACE TABLE view_{snapshot} AS
        WITH joined AS (
            SELECT {study.base}.customer_key, {selected}
            FROM {snapshot}_{study.base} AS {study.base} {joins}
        )
        SELECT *, {derived} FROM joined
        """
    )


def _build_cohort(study: Study, snapshot: str) -> None:
    passes = [predicate_sql(predicate, f"view_{snapshot}", outer) for predicate in study.predicates]
    study.con.execute(
        f"""
        CREATE OR REPLACE TABLE cohort_{snapshot} AS
        SELECT c.customer_key FROM view_{snapshot} AS c
        WHERE {" AND ".join(f"({part})" for part in passes) or "false"}
        """
    )


def _build_customers(study: Study) -> None:
    value_risk = study.section("value_risk") or {}
    levels = {
        "value_level": value_risk.get("value_levels", []),
        "risk_level": value_risk.get("risk_levels", []),
        "risk_level_as_written": value_risk.get("risk_levels_as_written", []),
        "framework_segment": study.framework,
        "segment": [*study.segment_rules, study.remainder | {"otherwise": True}] if study.segment_rules else [],
        "alert_rule": (study.section("alerts") or {}).get("rules", []),
    }
    level_columns = ", ".join(
        f"{first_match_sql(rules, 'view_latest', outer)} AS {name}" for name, rules in levels.items()
    )
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
            {level_columns},
            {_alert_sql(study)} AS alert
        FROM view_latest AS c
        LEFT JOIN cohort_latest AS members ON members.customer_key = c.customer_key
        LEFT JOIN cohort_tiers ON cohort_tiers.customer_tier = c.customer_tier
        """
    )


def _alert_sql(study: Study) -> str:
    """Return the level of the first alert that matches, or the lower one its downgrade gives."""
    cases = []
    for rule in (study.section("alerts") or {}).get("rules", []):
        downgrade = rule.get("downgrade")
        level = literal(rule["level"])
        if downgrade:
            lowered = " AND ".join(f"({predicate_sql(part, 'view_latest', outer)})" for part in downgrade["all"])
            level = f"CASE WHEN {lowered} THEN {literal(downgrade['to'])} ELSE {level} END"
        cases.append(f"WHEN alert_rule = {literal(rule['name'])} THEN {level}")
    return f"CASE {' '.join(cases)} END" if cases else "NULL::VARCHAR"


def _build_membership(study: Study) -> None:
    outside = [b for b in study.segment_groups if b not in study.segments and b != "population"]
    complements = "".join(
        f" UNION ALL SELECT customer_key, {literal(group)} FROM customers"
        f" WHERE segment <> {literal(group.removeprefix('not_'))}"
        for group in outside
    )
    study.con.execute(
        f"""
        CREATE OR REPLACE TABLE membership AS
        SELECT customer_key, 'cohort' AS group_name FROM customers WHERE in_cohort
        UNION ALL SELECT customer_key, 'peers' FROM customers WHERE is_peer
        UNION ALL SELECT customer_key, 'population' FROM customers;
        CREATE OR REPLACE TABLE segment_membership AS
        SELECT customer_key, 'population' AS group_name FROM customers
        UNION ALL SELECT customer_key, segment FROM customers WHERE segment IS NOT NULL
        {complements};
        """
    )


def values_sql(names: Sequence[str], column: str, alias: str = "listed") -> str:
    """Return an inline relation of one text column, in the given order."""
    listed = ", ".join(f"({literal(name)})" for name in names)
    return f"(VALUES {listed}) AS {alias}({column})"
