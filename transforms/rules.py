"""Conditions and ordered rules over customer columns, as structured values (never expression strings)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pyspark.sql import Column
from pyspark.sql import functions as F

Scalar = str | int | float | bool

OPERATORS = ("=", "!=", ">", ">=", "<", "<=", "between", "in", "not in")
STATISTIC = re.compile(r"mean|median|p(?P<percentile>\d{1,2}(\.\d+)?)|top_(?P<share>\d{1,2}(\.\d+)?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Compare a column with a value, a list, an inclusive range, or a statistic of the population.

    `statistic` is `mean`, `median`, `pNN` (a percentile) or `top_NN` (the percentile above which NN%
    lie, used with `>=`); `within` names a category inside which it is taken.
    """

    column: str
    operator: str
    value: Scalar | tuple[Scalar, ...] | None = None
    statistic: str | None = None
    within: str | None = None

    @property
    def statistic_column(self) -> str:
        """The column that holds this condition's statistic once it has been computed."""
        name = f"{self.statistic}_of_{self.column}".replace(".", "_")
        return f"{name}_within_{self.within}" if self.within else name

    def text(self) -> str:
        """Return the condition in a fixed, language-neutral spelling."""
        if self.statistic:
            scope = f" within {self.within}" if self.within else ""
            return f"{self.column} {self.operator} {self.statistic}{scope}"
        if self.operator == "between" and isinstance(self.value, tuple):
            return f"{self.column} between {self.value[0]} and {self.value[1]}"
        if isinstance(self.value, tuple):
            return f"{self.column} {self.operator} ({', '.join(str(item) for item in self.value)})"
        return f"{self.column} {self.operator} {self.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A named rule: all conditions, any condition, or (with none) everything that is left."""

    name: str
    conditions: tuple[Condition, ...] = field(default=())
    match_any: bool = False


def holds(condition: Condition) -> Column:
    """Return true, false, or null where the column (or the statistic) is missing."""
    value = F.col(condition.column)
    operator, operand = condition.operator, condition.value
    if operator == "between" and isinstance(operand, tuple):
        return value.between(operand[0], operand[1])
    if operator == "in" and isinstance(operand, tuple):
        return value.isin(*operand)
    if operator == "not in" and isinstance(operand, tuple):
        return ~value.isin(*operand)
    other = F.col(condition.statistic_column) if condition.statistic else F.lit(operand)
    comparisons = {
        "=": value == other,
        "!=": value != other,
        ">": value > other,
        ">=": value >= other,
        "<": value < other,
        "<=": value <= other,
    }
    return comparisons[operator]


def is_met(condition: Condition) -> Column:
    """Return whether the condition holds; a missing value never satisfies it."""
    return F.coalesce(holds(condition), F.lit(False))


def first_match(rules: Sequence[Rule]) -> Column:
    """Return the name of the first rule that matches, else null."""
    if not rules:
        return F.lit(None).cast("string")
    return F.coalesce(*(F.when(_matches(rule), F.lit(rule.name)) for rule in rules))


def _matches(rule: Rule) -> Column:
    if not rule.conditions:
        return F.lit(True)
    result = is_met(rule.conditions[0])
    for condition in rule.conditions[1:]:
        result = (result | is_met(condition)) if rule.match_any else (result & is_met(condition))
    return result
