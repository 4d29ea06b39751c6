"""Named, ordered, mutually exclusive segments of all customers, and the remainder."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from jobs.definition.conditions import Model, RuleModel, Text

OTHERS = "others"
"""In a comparison: every customer who is not in the other segment."""
_RESERVED = (OTHERS, "population", "cohort", "peers")
# Counts of a mix stand in one row: the category, its value, and a column per group.
_COLUMNS_OF_A_MIX = ("dimension", "value")


class RemainderModel(Model):
    """The customers no rule matches: a segment of its own."""

    name: str = "remainder"
    title: Text | None = None
    strategy: str | None = None


class SegmentsModel(Model):
    """The segments of an analysis: the first rule that matches wins, the rest is the remainder."""

    rules: Annotated[list[RuleModel], Field(min_length=1)]
    remainder: RemainderModel = Field(default_factory=RemainderModel)

    @model_validator(mode="after")
    def _check(self) -> SegmentsModel:
        names = self.names()
        for name in names:
            if name in _RESERVED:
                raise ValueError(f"'{name}' cannot name a segment; it names a group of its own")
            if name in _COLUMNS_OF_A_MIX:
                raise ValueError(f"'{name}' cannot name a segment; it names a column of the results")
            if names.count(name) > 1:
                raise ValueError(f"two segments are named '{name}'")
        if any(rule.otherwise for rule in self.rules):
            raise ValueError("a segment with otherwise leaves no remainder; name the remainder instead")
        return self

    def names(self) -> list[str]:
        """Return the segments' names in order, the remainder last."""
        return [*(rule.name for rule in self.rules), self.remainder.name]

    def strategies(self) -> dict[str, str | None]:
        """Return segment to strategy."""
        return {rule.name: rule.strategy for rule in self.rules} | {self.remainder.name: self.remainder.strategy}
