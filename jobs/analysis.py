"""Compute one analysis from the customer view: every row of the result tables but the run's identity."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.availability import assess, check_required
from jobs.definition import Definition
from jobs.definition_checks import quality_of_definition
from jobs.derived_options import derived_columns
from jobs.engines.base import Engine
from jobs.inference import benjamini_hochberg
from jobs.inputs import Inputs, quality_rows
from jobs.secret_key import SecretKey
from jobs.sections import ALWAYS, SECTIONS, Evidence, Rows
from jobs.sections.alerts import alerts_of
from jobs.sections.indices import indices_of
from jobs.shared_work import SharedWork
from jobs.stored_inputs import ALWAYS as ALWAYS_READ
from jobs.view import View
from transforms import columns as c
from transforms import result_tables
from transforms.alerts import Alert, with_alerts
from transforms.cohort import with_cohort, without_cohort
from transforms.derived_columns import with_derived
from transforms.indices import Part, level_column, with_indices
from transforms.levels import with_levels
from transforms.peers import cohort_members
from transforms.rules import Rule
from transforms.segments import with_segments

logger = logging.getLogger(__name__)

# The tables whose p-values form one family.
_TESTED = ("comparisons", "correlations", "associations")


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """One computed analysis: driver rows per table, and the members, which stay in the engine.

    Without a cohort there are no members, and `n_cohort` is None.
    """

    rows: Rows
    members: DataFrame | None
    n_customers: int
    n_cohort: int | None


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
    check_required(inputs, definition)
    can = assess(inputs, definition)
    definition = can.definition
    grades = _Grades.of(definition)
    customers = _customers(definition, view, shared)
    if grades.any:
        customers = engine.materialise(grades.on(customers), f"customers_{definition.analysis}")
    n_cohort = _cohort_size(definition, customers, shared) if definition.cohort else None
    evidence = Evidence(
        definition=definition,
        inputs=inputs,
        customers=customers,
        column_sources=view.column_sources,
        n_customers=view.n_customers,
        n_cohort=n_cohort or 0,
        shared=shared,
    )
    rows: Rows = {table: [] for table in result_tables.STAGED if table != "cohort_members"}
    read = {name: view.column_sources[name] for name in (*definition.used_columns(), *ALWAYS_READ)}
    rows["quality"] += quality_rows(inputs, definition.base, view.absent, read)
    rows["quality"] += quality_of_definition(evidence)
    rows["obstacles"] += can.obstacles
    asked = {*definition.sections.model_dump(exclude_none=True), *ALWAYS} - can.dropped
    for name, build in SECTIONS.items():
        if name in asked:
            logger.info("analysis=%s section=%s", definition.analysis, name)
            for table, found in build(evidence).items():
                rows[table] += found
    _adjust_p_values(rows)
    return Computed(
        rows=rows,
        members=None if n_cohort is None else _members(customers, grades.published, key),
        n_customers=evidence.n_customers,
        n_cohort=n_cohort,
    )


def _customers(definition: Definition, view: View, shared: SharedWork) -> DataFrame:
    """Return the view with the derived columns the definition names and who is in the cohort.

    Analyses that agree on both share one stored frame; without a cohort nothing needs to be stored.
    """
    wanted, predicates = derived_columns(definition), definition.predicates()

    def with_columns() -> DataFrame:
        return view.customers.transform(with_derived, wanted)

    if not definition.cohort:
        return with_columns().transform(without_cohort)
    determined_by = (definition.base, predicates, wanted)
    return shared.frame("cohort", determined_by, lambda: with_columns().transform(with_cohort, predicates))


def _cohort_size(definition: Definition, customers: DataFrame, shared: SharedWork) -> int:
    determined_by = (definition.base, definition.predicates(), derived_columns(definition))
    found = shared.rows("cohort_size", determined_by, lambda: customers.agg(F.count_if(c.IS_COHORT).alias("n")))
    return int(found[0]["n"])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grades:
    """The columns an analysis adds to its customers before any section reads them."""

    levels: dict[str, list[Rule]]
    indices: dict[str, tuple[Part, ...]]
    alerts: tuple[Alert, ...]
    segments: tuple[Rule, ...]
    remainder: str

    @classmethod
    def of(cls, definition: Definition) -> _Grades:
        return cls(
            levels=_levels(definition),
            indices=indices_of(definition.sections.indices),
            alerts=alerts_of(definition.sections.alerts),
            segments=_segments(definition),
            remainder=definition.segments.remainder.name if definition.segments else "",
        )

    def on(self, customers: DataFrame) -> DataFrame:
        """Add levels, indices, alerts and segments. Grain unchanged."""
        graded = (
            customers.transform(with_levels, self.levels)
            .transform(with_indices, self.indices)
            .transform(with_alerts, self.alerts)
        )
        return graded.transform(with_segments, self.segments, self.remainder) if self.segments else graded

    @property
    def any(self) -> bool:
        """Whether there is anything to add."""
        return bool(self.levels or self.indices or self.alerts or self.segments)

    @property
    def published(self) -> tuple[str, ...]:
        """The columns that `cohort_members` shows."""
        levels = (c.FRAMEWORK_SEGMENT, c.VALUE_LEVEL, c.RISK_LEVEL)
        return (
            *(name for name in levels if name in self.levels),
            *self.indices,
            *(level_column(index) for index in self.indices),
            *((c.ALERT,) if self.alerts else ()),
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


def _segments(definition: Definition) -> tuple[Rule, ...]:
    """Return the rules of the segments; none where nothing that can be computed reads them."""
    sections = definition.sections
    reads = sections.segments or sections.consistency or definition.recommend == "segments"
    return tuple(rule.rule() for rule in definition.segments.rules) if definition.segments and reads else ()


def _members(customers: DataFrame, published: tuple[str, ...], key: SecretKey) -> DataFrame:
    return cohort_members(customers, optional=published).withColumn("key_id", F.lit(key.key_id))


def _adjust_p_values(rows: Rows) -> None:
    family = [row for table in _TESTED for row in rows[table]]
    for row, adjusted in zip(family, benjamini_hochberg([row["p_value"] for row in family]), strict=True):
        row["p_adjusted"] = adjusted
