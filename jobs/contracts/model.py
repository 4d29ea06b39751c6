"""A contract as its file writes it: lists of rules, each with its own severity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, StrictInt, StrictStr

from jobs.definition.conditions import Model, Number
from jobs.errors import nearest
from transforms.input_tables import TABLES

Role = Literal["activity", "funnel", "value", "address", "mapping"]
CustomerRole = Literal["activity", "funnel", "value"]
Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")

_Share = Annotated[float, Field(ge=0, le=1)]
_NUMBERS = ("int", "bigint", "double")
_TYPES: dict[str, tuple[type, str]] = {
    "string": (str, "text"),
    "int": (int, "a whole number"),
    "bigint": (int, "a whole number"),
    "boolean": (bool, "true or false"),
}


class Rule(Model):
    """What every rule says: how grave it is when it does not hold."""

    severity: Severity


class ColumnRule(Rule):
    """The column is there."""

    column: str


class KeyRule(Rule):
    """At most this share of the rows has no key: an e-mail address, or the id of an address or a mapping."""

    tolerance: _Share = 0.0


class SnapshotRule(Rule):
    """The newest snapshot is at most so old, or lies at most so far in the future."""

    maximum_age_days: Annotated[float, Field(ge=0)] | None = None
    maximum_ahead_days: Annotated[float, Field(ge=0)] | None = None


class RangeRule(Rule):
    """Numbers lie between two limits, both allowed; missing and not finite ones are counted elsewhere."""

    column: str
    minimum: Number | None = None
    maximum: Number | None = None
    tolerance: _Share = 0.0


class ValuesRule(Rule):
    """Values are among those listed, spelled exactly so; missing ones are counted elsewhere."""

    column: str
    allowed: Annotated[list[StrictStr | StrictBool | StrictInt], Field(min_length=1)]
    tolerance: _Share = 0.0


class RelationRule(Rule):
    """How the customers of this table meet the rows of another."""

    to: CustomerRole
    minimum_match_rate: _Share | None = None
    maximum_fan_out: Annotated[int, Field(ge=1)] | None = None


class RowsRule(Rule):
    """How many rows there are, and how that compares with the last publication."""

    minimum: Annotated[int, Field(ge=1)] | None = None
    maximum_drop: _Share | None = None
    maximum_growth: Annotated[float, Field(ge=0)] | None = None


class Contract(Model):
    """What must hold of one input table. A rule may stand twice, with other limits and another severity."""

    contract: Role
    columns: list[ColumnRule] = Field(default_factory=list)
    key: list[KeyRule] = Field(default_factory=list)
    snapshot: list[SnapshotRule] = Field(default_factory=list)
    ranges: list[RangeRule] = Field(default_factory=list)
    values: list[ValuesRule] = Field(default_factory=list)
    relations: list[RelationRule] = Field(default_factory=list)
    rows: list[RowsRule] = Field(default_factory=list)


Contracts = Mapping[str, Contract]
"""A contract per role; a role without one is not checked."""

_Found = tuple[tuple[str | int, ...], str]


def contract_problems(contract: Contract) -> Iterator[_Found]:
    """Yield place and message of everything that the types of a contract do not catch."""
    table = TABLES[contract.contract]
    for kind in ("columns", "ranges", "values"):
        for index, rule in enumerate(getattr(contract, kind)):
            if rule.column not in table.columns:
                where = (kind, index, "column")
                yield where, f"unknown column '{rule.column}' of {table.name}{nearest(rule.column, table.columns)}"
            elif kind == "ranges":
                yield from _range_problems((kind, index), rule, table.columns[rule.column])
            elif kind == "values":
                yield from _value_problems((kind, index), rule, table.columns[rule.column])
    if contract.snapshot and table.snapshot_column is None:
        yield ("snapshot",), f"{table.name} has no snapshot column"
    for index, snapshot in enumerate(contract.snapshot):
        yield from _needs_one(("snapshot", index), snapshot, ("maximum_age_days", "maximum_ahead_days"))
    if contract.relations and table.key_column is None:
        yield ("relations",), f"{table.name} has no e-mail address; only activity, funnel and value have relations"
    for index, relation in enumerate(contract.relations):
        if relation.to == contract.contract:
            yield ("relations", index, "to"), "a table has no relation to itself"
        yield from _needs_one(("relations", index), relation, ("minimum_match_rate", "maximum_fan_out"))
    for index, rows in enumerate(contract.rows):
        yield from _needs_one(("rows", index), rows, ("minimum", "maximum_drop", "maximum_growth"))


def _range_problems(where: tuple[str, int], rule: RangeRule, kind: str) -> Iterator[_Found]:
    if kind not in _NUMBERS:
        yield (*where, "column"), f"'{rule.column}' is {kind}; a range is for numbers"
    yield from _needs_one(where, rule, ("minimum", "maximum"))
    if rule.minimum is not None and rule.maximum is not None and rule.minimum > rule.maximum:
        yield (*where, "minimum"), f"{rule.minimum} is more than the maximum {rule.maximum}"


def _value_problems(where: tuple[str, int], rule: ValuesRule, kind: str) -> Iterator[_Found]:
    if kind not in _TYPES:
        yield (*where, "column"), f"'{rule.column}' is {kind}; allowed values are for texts and whole numbers"
        return
    expected, words = _TYPES[kind]
    for index, value in enumerate(rule.allowed):
        # true is an int, too
        if type(value) is not expected:
            yield (*where, "allowed", index), f"'{rule.column}' is {kind}; expected {words}"


def _needs_one(where: tuple[str, int], rule: Rule, names: tuple[str, ...]) -> Iterator[_Found]:
    found: list[Any] = [getattr(rule, name) for name in names]
    if all(value is None for value in found):
        yield where, f"says nothing; give {' or '.join(names)}"
