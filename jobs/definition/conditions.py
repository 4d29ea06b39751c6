"""Conditions and rules as a definition file writes them: structured values, never expression strings."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictFloat, StrictInt, StrictStr, model_validator

from transforms import rules

Number = StrictInt | StrictFloat
Scalar = StrictStr | StrictInt | StrictFloat
Text = dict[Literal["en", "zh"], str]


class Model(BaseModel):
    """The base of every model: unknown keys are refused, nothing is converted."""

    # strict: a quoted "5", 010 or true is no number
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class ConditionModel(Model):
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


class RuleModel(Model):
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
