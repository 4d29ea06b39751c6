"""An analysis definition: a file, parsed strictly, that says what to compute."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Field, model_validator

from jobs.definition.conditions import ConditionModel, Conditions, Model, Number, RuleModel, Text
from jobs.definition.inputs import Role, TableSourceModel
from jobs.definition.sections import COHORT_SECTIONS, SEGMENT_SECTIONS, CellModel, Sections
from jobs.definition.segments import OTHERS, SegmentsModel
from jobs.definition.strategies import StrategyModel
from jobs.errors import nearest
from transforms import derived, rules
from transforms.input_tables import TABLES

Recommended = Literal["framework_segment", "value_risk", "indices", "alerts", "segments"]


class Definition(Model):
    """One analysis."""

    analysis: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=80)]
    title: Text
    question: Text
    languages: list[Literal["en", "zh"]]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "USD"
    base: Literal["activity", "value"]
    minimum_group: Annotated[int, Field(ge=1)] = 5
    inputs: dict[Role, TableSourceModel] = Field(default_factory=dict)
    columns: dict[str, Literal["activity", "funnel", "value"]] = Field(default_factory=dict)
    required: list[str] = Field(default_factory=list)
    scales: dict[str, Annotated[list[Number], Field(min_length=2, max_length=2)]] = Field(default_factory=dict)
    cohort: Conditions | None = None
    segments: SegmentsModel | None = None
    derived_from: dict[str, list[str]] = Field(default_factory=dict)
    sections: Sections
    recommend: Recommended | None = None
    strategies: dict[str, StrategyModel] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check(self) -> Definition:
        self._check_columns()
        self._check_sections()
        for condition in self.conditions():
            _check_type(condition)
        self._check_grids()
        self._check_recommendation()
        for name in self._named_strategies():
            if name not in self.strategies:
                raise ValueError(f"unknown strategy '{name}'{nearest(name, self.strategies)}")
        return self

    def _check_columns(self) -> None:
        known = _known_columns()
        named = {*self._named_columns(), *self.columns, *self.scales, *self.derived_from}
        named |= {name for parents in self.derived_from.values() for name in parents}
        for name in sorted(named):
            if name not in known:
                raise ValueError(f"unknown column '{name}'{nearest(name, known)}")
        for name, role in self.columns.items():
            if name not in TABLES[role].columns:
                raise ValueError(f"columns: {TABLES[role].name} has no column '{name}'")
        wanted = {*TABLES, *known}
        for name in self.required:
            if name not in wanted:
                raise ValueError(f"required: no table or column '{name}'{nearest(name, wanted)}")
        for name, limits in self.scales.items():
            if limits[0] >= limits[1]:
                raise ValueError(f"scales: '{name}' takes the lower value first")

    def _check_sections(self) -> None:
        asked = self.sections.model_dump(exclude_none=True)
        if self.cohort is None and self.segments is None:
            raise ValueError("give a cohort, segments, or both")
        if self.cohort is not None and self.sections.cohort_profile is None:
            raise ValueError("a cohort needs section cohort_profile")
        needs: dict[str, tuple[str, ...]] = {"cohort": COHORT_SECTIONS, "segments": SEGMENT_SECTIONS}
        for what, sections in needs.items():
            wanting = [name for name in sections if name in asked]
            if wanting and getattr(self, what) is None:
                raise ValueError(f"section {wanting[0]} needs {what}")
        if self.segments and self.sections.segments:
            names = self.segments.names()
            for pair in self.sections.segments.compare:
                for name, others in ((pair.a, ()), (pair.b, (OTHERS,))):
                    if name not in (*names, *others):
                        raise ValueError(f"compare names the unknown segment '{name}'{nearest(name, names)}")
                if pair.a == pair.b:
                    raise ValueError(f"compare takes two different segments, not '{pair.a}' twice")

    def _check_grids(self) -> None:
        grid, indices = self.sections.value_risk, self.sections.indices
        if grid:
            values = [rule.name for rule in grid.value_levels]
            risks = [rule.name for rule in grid.risk_levels]
            _check_cells(grid.cells, values, risks)
        if indices:
            _check_cells(indices.cells, INDEX_LEVELS, INDEX_LEVELS)

    def _check_recommendation(self) -> None:
        sections = self.sections
        framework = sections.risk_velocity and sections.risk_velocity.framework
        needs = {
            "framework_segment": (framework, "section risk_velocity with a framework"),
            "value_risk": (sections.value_risk, "section value_risk"),
            "indices": (sections.indices and sections.indices.cells, "section indices with cells"),
            "alerts": (sections.alerts, "section alerts"),
            "segments": (self.segments, "segments"),
        }
        if self.recommend is not None and not needs[self.recommend][0]:
            raise ValueError(f"recommend '{self.recommend}' needs {needs[self.recommend][1]}")

    def predicates(self) -> tuple[rules.Condition, ...]:
        """Return the cohort's predicates in order; none where the analysis has no cohort."""
        return tuple(model.condition() for model in self.cohort or ())

    def used_columns(self) -> set[str]:
        """Return every column of the input tables that the definition needs, derived ones resolved."""
        return {parent for name in self._named_columns() for parent in derived.parents(name)}

    def derived_columns(self) -> frozenset[str]:
        """Return the derived columns that the definition names."""
        return frozenset(self._named_columns() & set(derived.PARENTS))

    def by_definition(self) -> set[str]:
        """Return the columns a cohort predicate uses or that are derived from one: described, never tested."""
        used = {name for model in self.cohort or () for name in (model.column, model.within) if name}
        return self.implied_by(used)

    def implied_by(self, used: set[str]) -> set[str]:
        """Return the columns `used` by a rule and everything derived from them, by declaration or by formula."""
        found = set(used)
        while True:
            declared = {name for name, parents in self.derived_from.items() if found & set(parents)}
            by_formula = {name for name in derived.PARENTS if found & set(derived.parents(name))}
            if declared | by_formula <= found:
                return found
            found |= declared | by_formula

    def canonical(self) -> str:
        """Return the definition as canonical JSON: sorted keys, no white space."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    def digest(self) -> str:
        """Return the SHA-256 of the canonical JSON."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()

    def conditions(self) -> Iterator[ConditionModel]:
        """Yield every condition of the definition: predicates and rules."""
        yield from self.cohort or ()
        for rule in (rule for _, listed in self.rule_lists() for rule in listed):
            yield from rule.all or rule.any or []
        for alert in self.sections.alerts.rules if self.sections.alerts else []:
            yield from alert.all
            yield from alert.downgrade.all if alert.downgrade else []

    def rule_lists(self) -> Iterator[tuple[str, Sequence[RuleModel]]]:
        """Yield every ordered list of named rules with the place it stands in."""
        if self.segments:
            yield "segments.rules", self.segments.rules
        if self.sections.risk_velocity:
            yield "sections.risk_velocity.framework", self.sections.risk_velocity.framework
        if self.sections.value_risk:
            grid = self.sections.value_risk
            yield "sections.value_risk.value_levels", grid.value_levels
            yield "sections.value_risk.risk_levels", grid.risk_levels
            yield "sections.value_risk.risk_levels_as_written", grid.risk_levels_as_written

    def _named_columns(self) -> set[str]:
        sections = self.sections
        names = {name for model in self.conditions() for name in (model.column, model.within) if name}
        names |= {strategy.kpi.measure for strategy in self.strategies.values()}
        if sections.cohort_profile:
            names |= {measure.column for measure in sections.cohort_profile.measures}
        if sections.channels:
            names |= set(sections.channels.dimensions)
        if sections.indices:
            for index in (sections.indices.value, sections.indices.risk):
                names |= {name for part in index.parts for name in (part.column, part.measure) if name}
        if sections.segments:
            options = sections.segments
            names |= {measure.column for measure in options.measures} | set(options.dimensions)
            names |= {name for pair in options.crosstabs for name in (pair.row, pair.column)}
            names |= {name for pair in options.correlations for name in (pair.x, pair.y)}
            # what rfm_mean is checked against
            names |= {"rfm_avg_score"}
        if sections.consistency:
            names |= {"cross_stage_engagement_consistency", "revenue_velocity_monthly", *derived.CONSISTENCY}
        return names

    def _named_strategies(self) -> Iterator[str]:
        sections = self.sections
        for _, listed in self.rule_lists():
            yield from (rule.strategy for rule in listed if rule.strategy)
        if self.segments and self.segments.remainder.strategy:
            yield self.segments.remainder.strategy
        for grid in (sections.value_risk, sections.indices):
            yield from (cell.strategy for cell in (grid.cells if grid else []))
        if sections.alerts:
            yield from (alert.strategy for alert in sections.alerts.rules if alert.strategy)


INDEX_LEVELS = ("high", "medium", "low")


def _known_columns() -> set[str]:
    of_tables = {name for role in ("activity", "funnel", "value") for name in TABLES[role].columns}
    return of_tables | set(derived.PARENTS)


def _check_cells(cells: Sequence[CellModel], values: Sequence[str], risks: Sequence[str]) -> None:
    for cell in cells:
        for what, name, levels in (("value", cell.value, values), ("risk", cell.risk, risks)):
            if name not in levels:
                expected = f"; expected one of {', '.join(levels)}{nearest(name, levels)}"
                raise ValueError(f"cell names the unknown {what} level '{name}'{expected}")


def _check_type(condition: ConditionModel) -> None:
    """Refuse text against a number and the reverse: engines cast differently, or compare as text."""
    types = {
        type_name
        for role in ("activity", "funnel", "value")
        for name, type_name in TABLES[role].columns.items()
        if name == condition.column
    }
    is_text = bool(types & {"string", "timestamp"}) or condition.column in derived.CATEGORIES
    if condition.statistic is not None and is_text:
        raise ValueError(f"column '{condition.column}' is text and has no {condition.statistic}")
    values = condition.value if isinstance(condition.value, list) else [condition.value]
    if condition.statistic is None and any(isinstance(value, str) != is_text for value in values):
        expected = "text" if is_text else "numbers"
        raise ValueError(f"column '{condition.column}' is compared with {expected}, not with '{values[0]}'")
