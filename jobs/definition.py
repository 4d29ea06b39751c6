"""An analysis definition: a file, parsed strictly, that says what to compute."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictFloat,
    StrictInt,
    StrictStr,
    ValidationError,
    model_validator,
)

from jobs import strict_yaml
from jobs.conf_files import conf_folder
from jobs.errors import UsageError, nearest
from transforms import rules
from transforms.input_tables import TABLES

Number = StrictInt | StrictFloat
Scalar = StrictStr | StrictInt | StrictFloat
Text = dict[Literal["en", "zh"], str]


class _Model(BaseModel):
    # strict: a quoted "5", 010 or true is no number
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class ConditionModel(_Model):
    """One condition: column, operator, and a value or a statistic of the population."""

    column: str
    operator: Literal["=", "!=", ">", ">=", "<", "<=", "between", "in", "not in"]
    value: Scalar | list[Scalar] | None = None
    statistic: str | None = None
    within: str | None = None

    @model_validator(mode="after")
    def _check(self) -> ConditionModel:
        if (self.value is None) == (self.statistic is None):
            raise ValueError("give either value or statistic")
        if self.statistic is not None:
            if not rules.STATISTIC.fullmatch(self.statistic):
                raise ValueError(f"statistic '{self.statistic}'; expected mean, median, pNN or top_NN")
            if self.operator in ("between", "in", "not in"):
                raise ValueError(f"operator '{self.operator}' cannot take a statistic")
        is_list = isinstance(self.value, list)
        if is_list != (self.operator in ("between", "in", "not in")):
            raise ValueError(f"operator '{self.operator}' and a {'list' if is_list else 'single value'} do not fit")
        if isinstance(self.value, list):
            self._check_list(self.value)
        if self.within is not None and self.statistic is None:
            raise ValueError("within needs a statistic")
        return self

    def _check_list(self, values: list[Scalar]) -> None:
        if not values:
            raise ValueError(f"operator '{self.operator}' needs at least one value")
        if len({isinstance(value, str) for value in values}) > 1:
            raise ValueError("a list of values is all text or all numbers")
        if self.operator == "between" and len(values) != 2:
            raise ValueError("between takes two values")
        if self.operator == "between" and values[0] > values[1]:  # type: ignore[operator]
            raise ValueError("between takes the lower value first")

    def condition(self) -> rules.Condition:
        """Return the condition as the transforms take it."""
        value = tuple(self.value) if isinstance(self.value, list) else self.value
        return rules.Condition(
            column=self.column,
            operator=self.operator,
            value=value,
            statistic=self.statistic,
            within=self.within,
        )


# Not empty: a rule without conditions would match everybody; that is what `otherwise` says.
Conditions = Annotated[list[ConditionModel], Field(min_length=1)]


class RuleModel(_Model):
    """A named rule: `all` or `any` conditions, or `otherwise`."""

    name: str
    title: Text | None = None
    all: Conditions | None = None
    any: Conditions | None = None
    otherwise: Literal[True] | None = None
    strategy: str | None = None

    @model_validator(mode="after")
    def _check(self) -> RuleModel:
        if sum(part is not None for part in (self.all, self.any, self.otherwise)) != 1:
            raise ValueError("give exactly one of all, any, otherwise")
        return self

    def rule(self) -> rules.Rule:
        """Return the rule as the transforms take it."""
        conditions = self.all or self.any or []
        return rules.Rule(
            name=self.name,
            conditions=tuple(q.condition() for q in conditions),
            match_any=self.any is not None,
        )


class MeasureModel(_Model):
    """A numeric column to describe, with its unit."""

    column: str
    unit: str


class ProfileSection(_Model):
    """Options of `cohort_profile`."""

    measures: list[MeasureModel]


class ChannelsSection(_Model):
    """Options of `channels`."""

    dimensions: list[str]


class GeographySection(_Model):
    """Options of `geography`: below this share of matched cohort customers no distribution is claimed."""

    minimum_match_rate: Annotated[float, Field(ge=0, le=1)]


class Empty(_Model):
    """A section without options."""


class RiskVelocitySection(_Model):
    """Options of `risk_velocity`: the named segments, in order; none means a plain cross-table."""

    framework: list[RuleModel]


class CellModel(_Model):
    """The strategy of one cell of the value x risk grid."""

    value: str
    risk: str
    strategy: str


class ValueRiskSection(_Model):
    """Options of `value_risk`."""

    value_levels: list[RuleModel]
    risk_levels: list[RuleModel]
    risk_levels_as_written: list[RuleModel]
    cells: list[CellModel]


class Sections(_Model):
    """The sections an analysis asks for."""

    cohort_profile: ProfileSection
    tier_ltv: Empty | None = None
    channels: ChannelsSection | None = None
    geography: GeographySection | None = None
    platforms: Empty | None = None
    risk_velocity: RiskVelocitySection | None = None
    value_risk: ValueRiskSection | None = None


class KpiModel(_Model):
    """The measure that tells whether a strategy worked; target and alarm are ratios of its value now."""

    measure: str
    target_ratio: Number
    alarm_ratio: Number


class StrategyModel(_Model):
    """What to do for a segment, by whom, by when."""

    title: Text
    first_step: Text
    owner: str
    due_days: Annotated[int, Field(gt=0)]
    kpi: KpiModel


class Definition(_Model):
    """One analysis."""

    analysis: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: Text
    question: Text
    languages: list[Literal["en", "zh"]]
    base: Literal["activity", "value"]
    minimum_group: Annotated[int, Field(ge=1)] = 5
    columns: dict[str, Literal["activity", "funnel", "value"]] = Field(default_factory=dict)
    cohort: Conditions
    derived_from: dict[str, list[str]] = Field(default_factory=dict)
    sections: Sections
    recommend: Literal["framework_segment", "value_risk"] | None = None
    strategies: dict[str, StrategyModel] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check(self) -> Definition:
        known = {name for role in ("activity", "funnel", "value") for name in TABLES[role].columns}
        for name in sorted(self.used_columns()):
            if name not in known:
                raise ValueError(f"unknown column '{name}'{nearest(name, known)}")
        for condition in self._conditions():
            _check_type(condition)
        self._check_grid()
        for name in self._named_strategies():
            if name not in self.strategies:
                raise ValueError(f"unknown strategy '{name}'{nearest(name, self.strategies)}")
        return self

    def _check_grid(self) -> None:
        framework, grid = self.sections.risk_velocity, self.sections.value_risk
        if self.recommend == "framework_segment" and not (framework and framework.framework):
            raise ValueError("recommend 'framework_segment' needs section risk_velocity with a framework")
        if self.recommend == "value_risk" and grid is None:
            raise ValueError("recommend 'value_risk' needs section value_risk")
        if grid is None:
            return
        values = [rule.name for rule in grid.value_levels]
        risks = [rule.name for rule in grid.risk_levels]
        for cell in grid.cells:
            for name, levels in ((cell.value, values), (cell.risk, risks)):
                if name not in levels:
                    raise ValueError(f"cell names the unknown level '{name}'{nearest(name, levels)}")

    def predicates(self) -> tuple[rules.Condition, ...]:
        """Return the cohort's predicates in order."""
        return tuple(model.condition() for model in self.cohort)

    def used_columns(self) -> set[str]:
        """Return every column of the customer view that the definition names."""
        names = {name for model in self._conditions() for name in (model.column, model.within) if name}
        names |= {measure.column for measure in self.sections.cohort_profile.measures}
        names |= {strategy.kpi.measure for strategy in self.strategies.values()}
        if self.sections.channels:
            names |= set(self.sections.channels.dimensions)
        return names

    def by_definition(self) -> set[str]:
        """Return the columns a predicate uses or that are derived from one: described, never tested."""
        used = {name for model in self.cohort for name in (model.column, model.within) if name}
        return used | {name for name, parents in self.derived_from.items() if used & set(parents)}

    def canonical(self) -> str:
        """Return the definition as canonical JSON: sorted keys, no white space."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    def digest(self) -> str:
        """Return the SHA-256 of the canonical JSON."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()

    def _conditions(self) -> Iterator[ConditionModel]:
        yield from self.cohort
        lists: list[Sequence[RuleModel]] = []
        if self.sections.risk_velocity:
            lists.append(self.sections.risk_velocity.framework)
        if self.sections.value_risk:
            grid = self.sections.value_risk
            lists += [grid.value_levels, grid.risk_levels, grid.risk_levels_as_written]
        for rule_list in lists:
            for rule in rule_list:
                yield from rule.all or rule.any or []

    def _named_strategies(self) -> Iterator[str]:
        if self.sections.risk_velocity:
            yield from (rule.strategy for rule in self.sections.risk_velocity.framework if rule.strategy)
        if self.sections.value_risk:
            yield from (cell.strategy for cell in self.sections.value_risk.cells)


def _check_type(condition: ConditionModel) -> None:
    """Refuse text against a number and the reverse: engines cast differently, or compare as text."""
    types = {
        type_name
        for role in ("activity", "funnel", "value")
        for name, type_name in TABLES[role].columns.items()
        if name == condition.column
    }
    is_text = bool(types & {"string", "timestamp"})
    if condition.statistic is not None and is_text:
        raise ValueError(f"column '{condition.column}' is text and has no {condition.statistic}")
    values = condition.value if isinstance(condition.value, list) else [condition.value]
    if condition.statistic is None and any(isinstance(value, str) != is_text for value in values):
        expected = "text" if is_text else "numbers"
        raise ValueError(f"column '{condition.column}' is compared with {expected}, not with '{values[0]}'")


def shipped_names() -> list[str]:
    """Return the names of the analyses that come with the product."""
    return sorted(path.stem for path in (conf_folder() / "analyses").glob("*.yml"))


def load_definition(name_or_path: str) -> Definition:
    """Load a shipped analysis by name, or a definition file by path.

    Raises:
        UsageError: Unknown name, unreadable file, or a definition that is not valid.
    """
    is_path = name_or_path.endswith((".yml", ".yaml")) or "/" in name_or_path
    path = Path(name_or_path) if is_path else conf_folder() / "analyses" / f"{name_or_path}.yml"
    if not path.is_file():
        names = shipped_names()
        if is_path:
            raise UsageError(f"definition file {path} does not exist")
        raise UsageError(
            f"unknown analysis '{name_or_path}'; expected one of {', '.join(names)}{nearest(name_or_path, names)}"
        )
    try:
        parsed = strict_yaml.load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"definition file {path.name} cannot be read as UTF-8 text") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}" if mark else ""
        raise UsageError(f"{path.name}{where}: {getattr(error, 'problem', 'not valid YAML')}") from error
    try:
        return Definition.model_validate(parsed)
    except ValidationError as error:
        problems = [
            f"{'.'.join(str(part) for part in found['loc']) or 'definition'}: {found['msg']}"
            for found in error.errors()[:20]
        ]
        raise UsageError(f"{path.name}: {'; '.join(problems)}") from error
