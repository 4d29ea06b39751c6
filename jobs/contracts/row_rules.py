"""What contracts ask of rows and of pairs of tables, as the transforms take it."""

from __future__ import annotations

from pyspark.sql import Column

from jobs.contracts.model import Contract, Contracts
from transforms.contract_checks import Range, Values, is_broken


def range_flag(index: int) -> str:
    """Return the name of the column that says which rows break a range, and of its count."""
    return f"contract_range__{index}"


def values_flag(index: int) -> str:
    """Return the name of the column that says which rows hold a value that is not allowed, and of its count."""
    return f"contract_values__{index}"


def flags_of(contract: Contract | None) -> dict[str, Column]:
    """Return a boolean column per rule on rows, by name."""
    if contract is None:
        return {}
    found = {
        range_flag(index): is_broken(Range(column=rule.column, minimum=rule.minimum, maximum=rule.maximum))
        for index, rule in enumerate(contract.ranges)
    }
    return found | {
        values_flag(index): is_broken(Values(column=rule.column, allowed=tuple(rule.allowed)))
        for index, rule in enumerate(contract.values)
    }


def relations_of(contracts: Contracts) -> list[tuple[str, str]]:
    """Return the pairs of tables that have a rule, each once."""
    pairs = [(role, rule.to) for role, contract in contracts.items() for rule in contract.relations]
    return list(dict.fromkeys(pairs))
