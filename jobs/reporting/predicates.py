"""The rules of a definition, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jobs.reporting.context import Context

_KEYS = {
    ">": "above", ">=": "at_least", "<": "below", "<=": "at_most", "=": "equal", "==": "equal", "!=": "unequal",
    "in": "one_of", "not_in": "none_of", "not in": "none_of", "between": "between",
}  # fmt: skip


def conditions(rules: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the conditions of some rules, each of which lists them under `all` or under `any`."""
    return [one for rule in rules for one in rule.get("all") or rule.get("any") or ()]


def in_words(context: Context, rule: Mapping[str, Any], statistic_value: float | None = None) -> str:
    """Return one predicate as a phrase: 'support delay above 30 days'."""
    words = context.words
    column = str(rule["column"])
    flag = f"flags.{column}.{rule.get('value')}"
    if rule["operator"] == "=" and words.has(flag):
        return words.text(flag)
    has_days = context.unit(column) == "days" and rule.get("statistic") is None
    unit = words.text("units.days") if has_days else ""
    parts = {"column": words.measure(column), "unit": unit}
    key = _KEYS[str(rule["operator"])]
    value = rule.get("value")
    if key == "between" and isinstance(value, (list, tuple)):
        low, high = value
        return words.text(
            "predicate.between", low=plain(context, column, low), high=plain(context, column, high), **parts
        )
    if key in ("one_of", "none_of") and isinstance(value, (list, tuple)):
        names = [words.value(column, str(item)) for item in value]
        key = "equal" if len(names) == 1 and key == "one_of" else key
        return words.text(f"predicate.{key}", value=words.alternatives(names), **parts)
    return words.text(f"predicate.{key}", value=_threshold(context, rule, statistic_value), **parts)


def all_in_words(context: Context, rule: Mapping[str, Any]) -> str:
    """Return a rule of several predicates ('all', 'any' or 'otherwise') as a phrase."""
    if rule.get("otherwise"):
        return context.words.text("predicate.otherwise")
    parts = [in_words(context, part) for part in rule.get("all") or rule.get("any") or ()]
    key = "or" if rule.get("any") else "and" if len(parts) < 3 else "and_many"
    return context.words.text(f"predicate.{key}").join(parts)


def _threshold(context: Context, rule: Mapping[str, Any], statistic_value: float | None) -> str:
    words = context.words
    statistic = rule.get("statistic")
    if statistic is None:
        value = rule.get("value")
        return words.value(str(rule["column"]), value) if isinstance(value, str) else _spaced(context, rule)
    name = str(statistic)
    kind, number = ("percentile", name[1:]) if name[1:].isdigit() else (name, name.partition("_")[2])
    kind = "top" if kind.startswith("top_") else kind
    called = words.text(f"statistic.{kind}", n=number)
    if rule.get("within"):
        return words.text("statistic.within", statistic=called, group=words.measure(str(rule["within"])))
    text = words.text("statistic.population", statistic=called)
    if statistic_value is None:
        return text
    return words.text(
        "statistic.with_value", statistic=text, value=context.figure(str(rule["column"]), statistic_value)
    )


def _spaced(context: Context, rule: Mapping[str, Any]) -> str:
    return context.words.text("predicate.number", n=plain(context, str(rule["column"]), rule.get("value")))


def plain(context: Context, column: str, value: Any) -> str:
    """Return a value as the rule names it; amounts and shares in the unit of their column."""
    numbers = context.words.numbers
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    unit = context.unit(column)
    if unit == "currency":
        return numbers.money(value)
    if unit == "share":
        return numbers.percent(value, 0 if float(round(value * 100, 9)).is_integer() else 1)
    return numbers.count(int(value)) if float(value).is_integer() else numbers.number(value, 2)
