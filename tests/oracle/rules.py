"""Predicates and rules of a definition as SQL conditions.

Three-valued logic does what is wanted: a condition on a missing value is null, and null never selects.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

Predicate = Mapping[str, Any]
Resolve = Callable[[str], str]


def literal(value: object) -> str:
    """Write a YAML scalar as an SQL literal."""
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value)


def statistic_sql(statistic: str, expression: str) -> str:
    """Return the aggregate of a named population statistic; the mean is exact.

    `top_25` is the value that 25% of the population reach or exceed: the 75th percentile.
    """
    if statistic == "mean":
        return f"exact_mean({expression})"
    if statistic == "median":
        return f"quantile_cont({expression}, 0.5)"
    named = re.fullmatch(r"(p|top_)(\d{1,2}(?:\.\d+)?)", statistic)
    if named is None:
        raise ValueError(f"statistic {statistic!r}")
    percent = Decimal(named[2]) if named[1] == "p" else 100 - Decimal(named[2])
    return f"quantile_cont({expression}, {percent / 100})"


def predicate_sql(predicate: Predicate, population: str, column: Resolve) -> str:
    """Return the condition of one predicate.

    `population` is the relation its statistic is taken over; `column` turns a column name into an expression
    of the outer row.
    """
    name, operator = predicate["column"], predicate["operator"]
    left = column(name)
    if "statistic" in predicate:
        value = statistic_sql(predicate["statistic"], f'"b"."{name}"')
        within = predicate.get("within")
        where = f' WHERE "b"."{within}" = {column(within)}' if within else ""
        return f'{left} {operator} (SELECT {value} FROM {population} AS "b"{where})'
    value = predicate["value"]
    if operator == "between":
        return f"{left} BETWEEN {literal(value[0])} AND {literal(value[1])}"
    if operator in ("in", "not in"):
        return f"{left} {operator.upper()} ({', '.join(literal(item) for item in value)})"
    return f"{left} {operator} {literal(value)}"


def predicate_text(predicate: Predicate) -> str:
    """Return the predicate as attrition prints it."""
    operator = predicate["operator"]
    start = f"{predicate['column']} {operator}"
    if "statistic" in predicate:
        within = f" within {predicate['within']}" if predicate.get("within") else ""
        return f"{start} {predicate['statistic']}{within}"
    value = predicate["value"]
    if operator == "between":
        return f"{start} {value[0]} and {value[1]}"
    if isinstance(value, list):
        return f"{start} ({', '.join(str(item) for item in value)})"
    return f"{start} {value}"


def rule_sql(rule: Mapping[str, Any], population: str, column: Resolve) -> str:
    """Return the condition of a rule with `all`, `any` or `otherwise`."""
    if rule.get("otherwise"):
        return "true"
    joiner = " AND " if "all" in rule else " OR "
    parts = rule["all"] if "all" in rule else rule["any"]
    return "(" + joiner.join(f"({predicate_sql(part, population, column)})" for part in parts) + ")"


def first_match_sql(rules: Sequence[Mapping[str, Any]], population: str, column: Resolve) -> str:
    """Return the name of the first rule that matches; null where none does, or where there are no rules."""
    if not rules:
        return "NULL::VARCHAR"
    whens = (f"WHEN {rule_sql(rule, population, column)} THEN {literal(rule['name'])}" for rule in rules)
    return f"CASE {' '.join(whens)} END"
