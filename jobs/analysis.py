"""Compute one analysis from the customer view: every row of the result tables but the run's identity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.definition import Definition
from jobs.engines.base import Engine
from jobs.inference import benjamini_hochberg
from jobs.inputs import Inputs, quality_rows
from jobs.secret_key import SecretKey
from jobs.sections import ALWAYS, SECTIONS, Evidence, Rows
from jobs.shared_work import SharedWork
from jobs.view import View
from transforms import columns as c
from transforms import result_tables
from transforms.cohort import with_cohort
from transforms.input_tables import TABLES
from transforms.levels import with_levels
from transforms.peers import cohort_members
from transforms.rules import Rule

# The tables whose p-values form one family.
_TESTED = ("comparisons", "correlations", "associations")


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """One computed analysis: driver rows per table, and the members, which stay in the engine."""

    rows: Rows
    members: DataFrame
    n_customers: int
    n_cohort: int


def compute(
    engine: Engine,
    definition: Definition,
    inputs: Inputs,
    view: View,
    key: SecretKey,
    shared: SharedWork,
) -> Computed:
    """Compute all sections of a definition.

    `view` has one row per customer with hidden keys. Adjusted p-values span the whole analysis.
    """
    levels = _levels(definition)
    predicates = definition.predicates()
    customers = shared.frame(
        "cohort", (definition.base, predicates), lambda: view.customers.transform(with_cohort, predicates)
    )
    if levels:
        customers = engine.materialise(customers.transform(with_levels, levels), f"customers_{definition.analysis}")
    cohort_size = shared.rows(
        "cohort_size", (definition.base, predicates), lambda: customers.agg(F.count_if(c.IS_COHORT).alias("n"))
    )
    evidence = Evidence(
        engine=engine,
        definition=definition,
        inputs=inputs,
        customers=customers,
        column_sources=view.column_sources,
        n_customers=view.n_customers,
        n_cohort=int(cohort_size[0]["n"]),
        key=key,
        shared=shared,
    )
    rows: Rows = {table: [] for table in result_tables.STAGED if table != "cohort_members"}
    rows["quality"] += quality_rows(inputs, definition.base)
    rows["obstacles"] += _obstacles(definition, inputs)
    asked = definition.sections.model_dump(exclude_none=True)
    for name, build in SECTIONS.items():
        if name in asked or name in ALWAYS:
            for table, found in build(evidence).items():
                rows[table] += found
    _adjust_p_values(rows)
    return Computed(
        rows=rows,
        members=_members(customers, tuple(levels), key),
        n_customers=evidence.n_customers,
        n_cohort=evidence.n_cohort,
    )


def _levels(definition: Definition) -> dict[str, list[Rule]]:
    levels: dict[str, list[Rule]] = {}
    framework = definition.sections.risk_velocity
    if framework and framework.framework:
        levels[c.FRAMEWORK_SEGMENT] = [rule.rule() for rule in framework.framework]
    grid = definition.sections.value_risk
    if grid:
        levels[c.VALUE_LEVEL] = [rule.rule() for rule in grid.value_levels]
        levels[c.RISK_LEVEL] = [rule.rule() for rule in grid.risk_levels]
        levels[c.RISK_LEVEL_AS_WRITTEN] = [rule.rule() for rule in grid.risk_levels_as_written]
    return levels


def _members(customers: DataFrame, levels: tuple[str, ...], key: SecretKey) -> DataFrame:
    published = {c.FRAMEWORK_SEGMENT, c.VALUE_LEVEL, c.RISK_LEVEL} & set(levels)
    return cohort_members(customers, optional=tuple(sorted(published))).withColumn("key_id", F.lit(key.key_id))


def _obstacles(definition: Definition, inputs: Inputs) -> list[dict[str, Any]]:
    """Return the gaps that touch this analysis: every table, and columns it uses."""
    used = definition.used_columns()
    geography = definition.sections.geography is not None
    customer_tables = {TABLES[role].name for role in ("activity", "funnel", "value")}
    rows = []
    for obstacle in inputs.obstacles:
        touches_columns = obstacle.column_name is None or obstacle.column_name in used
        if (obstacle.table_name in customer_tables and touches_columns) or (
            obstacle.table_name == TABLES["address"].name and geography
        ):
            rows.append({name: getattr(obstacle, name) for name in type(obstacle).__slots__})
    return rows


def _adjust_p_values(rows: Rows) -> None:
    family = [row for table in _TESTED for row in rows[table]]
    for row, adjusted in zip(family, benjamini_hochberg([row["p_value"] for row in family]), strict=True):
        row["p_adjusted"] = adjusted
