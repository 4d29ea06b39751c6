"""A definition against the data: conditions that select nobody or everybody, thresholds and values off the data."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jobs.definition import ConditionModel, Definition
from jobs.derived_options import derived_columns
from jobs.sections.evidence import Evidence
from transforms import derived
from transforms.definition_checks import check_definition, distinct_values
from transforms.input_tables import TABLES
from transforms.rules import Condition, Rule

# A category column with more values is a name or an id: its values are not listed.
MOST_VALUES = 1_000
# Columns that say which part of the whole portfolio a customer makes, as a fraction.
_PARTS_OF_A_WHOLE = ("portfolio_contribution_pct",)
# Values that fill less of a declared scale than this, and are no fewer than that, are taken for another scale.
_NARROW, _ENOUGH = 0.05, 20
_SECTIONS = {
    "cohort": "attrition",
    "segments": "segments",
    "sections.risk_velocity.framework": "risk_velocity",
    "sections.value_risk.value_levels": "value_risk",
    "sections.value_risk.risk_levels": "value_risk",
    "sections.value_risk.risk_levels_as_written": "value_risk_as_written",
    "sections.alerts": "alerts",
}
_WHOLE_VIEW = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A condition and where it stands in the definition."""

    place: str
    condition: Condition

    @property
    def values(self) -> tuple[Any, ...]:
        """The constants it compares with; none for a statistic."""
        value = self.condition.value
        return value if isinstance(value, tuple) else () if value is None else (value,)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedRules:
    """A list of named rules and where it stands; `is_complete` when something takes the customers it leaves."""

    place: str
    rules: tuple[Rule, ...]
    is_complete: bool


def quality_of_definition(evidence: Evidence) -> list[dict[str, Any]]:
    """Return the rows of `quality` that say where a definition does not fit the data; none where it fits.

    Columns without values are not checked (they are obstacles), and nothing is checked without customers.
    """
    placed = [q for q in conditions_of(evidence.definition) if _can_check(evidence, q.condition)]
    lists = [listed for listed in rule_lists_of(evidence.definition) if _all_there(evidence, listed)]
    scales = {
        name: (float(limits[0]), float(limits[1]))
        for name, limits in evidence.definition.scales.items()
        if _is_there(evidence, name)
    }
    if not (placed or lists or scales) or not evidence.n_customers:
        return []
    compared = {q.condition.column for q in placed if q.values}
    numbers = sorted(name for name in {*compared, *scales} if _kind(evidence, name) == "number")
    categories = sorted(name for name in compared if _kind(evidence, name) == "category")
    conditions = tuple(q.condition for q in placed)
    rules = tuple(listed.rules for listed in lists)
    # derived columns of the same name differ where their options do
    formulas = derived_columns(evidence.definition)
    determined_by = (evidence.definition.base, formulas, conditions, tuple(numbers), rules, tuple(scales.items()))
    found = evidence.shared.rows(
        "definition_checks",
        determined_by,
        lambda: check_definition(evidence.customers, conditions, numbers, rules, scales),
    )[0]
    values = _values(evidence, categories)
    ranges = {name: _Range.of(found, i) for i, name in enumerate(numbers)}
    rows = [row for i, q in enumerate(placed) for row in _of_condition(evidence, q, found[f"met_{i}"], ranges, values)]
    rows += list(_of_spellings(evidence, placed, values))
    rows += [row for i, listed in enumerate(lists) for row in _of_rules(evidence, listed, found, i)]
    rows += [row for i, name in enumerate(scales) for row in _of_scale(evidence, name, found[f"outside_{i}"], ranges)]
    return rows


def conditions_of(definition: Definition) -> Iterator[Placed]:
    """Yield every condition with its place, such as `cohort.0` or `segments.rules.1.all.0`."""
    yield from _listed("cohort", definition.cohort or ())
    for place, rules in definition.rule_lists():
        for i, rule in enumerate(rules):
            yield from _listed(f"{place}.{i}.{'any' if rule.any else 'all'}", rule.all or rule.any or ())
    for i, alert in enumerate(definition.sections.alerts.rules if definition.sections.alerts else ()):
        place = f"sections.alerts.rules.{i}"
        yield from _listed(f"{place}.all", alert.all)
        yield from _listed(f"{place}.downgrade.all", alert.downgrade.all if alert.downgrade else ())


def rule_lists_of(definition: Definition) -> Iterator[PlacedRules]:
    """Yield every list of rules; the segments' remainder and an `otherwise` take whoever is left."""
    for place, listed in definition.rule_lists():
        if listed:
            yield PlacedRules(
                place=place,
                rules=tuple(rule.rule() for rule in listed),
                is_complete=place.startswith("segments") or any(rule.otherwise for rule in listed),
            )


def likely_unit(threshold: float, minimum: float, maximum: float) -> str | None:
    """Return what the column probably holds where a threshold lies outside it: `fraction`, `percent`, or null."""
    if threshold > 1 and 0 <= maximum <= 1:
        return "fraction"
    if 0 < threshold <= 1 < maximum <= 100 and minimum >= 0:
        return "percent"
    return None


def nearest_value(value: str, known: Sequence[str]) -> str | None:
    """Return the known value closest in spelling: another case of the same first, else by difflib."""
    same = [name for name in known if name.casefold() == value.casefold()]
    return next(iter(same or difflib.get_close_matches(value, known, n=1, cutoff=0.5)), None)


@dataclass(frozen=True, slots=True)
class _Range:
    """The observed values of a numeric column."""

    minimum: float
    maximum: float
    present: int

    @classmethod
    def of(cls, found: Mapping[str, Any], i: int) -> _Range | None:
        present = int(found[f"present_{i}"])
        return cls(found[f"minimum_{i}"], found[f"maximum_{i}"], present) if present else None


def _listed(place: str, models: Sequence[ConditionModel]) -> Iterator[Placed]:
    for i, model in enumerate(models):
        yield Placed(place=f"{place}.{i}", condition=model.condition())


def _is_there(evidence: Evidence, name: str) -> bool:
    return evidence.available(name) and name in evidence.customers.columns


def _can_check(evidence: Evidence, condition: Condition) -> bool:
    return all(_is_there(evidence, name) for name in (condition.column, condition.within) if name)


def _all_there(evidence: Evidence, listed: PlacedRules) -> bool:
    return all(_can_check(evidence, condition) for rule in listed.rules for condition in rule.conditions)


def _kind(evidence: Evidence, name: str) -> str:
    """Return `number`, `category`, or `other` (a timestamp: neither its range nor its values say anything)."""
    if name in derived.PARENTS:
        return "category" if name in derived.CATEGORIES else "number"
    types = TABLES[evidence.column_sources[name]].columns
    return {"string": "category", "timestamp": "other", "boolean": "other"}.get(types[name], "number")


def _values(evidence: Evidence, columns: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return the values of each category column, in order, with their customers; columns with too many are left out."""
    if not columns:
        return {}
    found = evidence.shared.rows(
        "definition_values",
        (evidence.definition.base, derived_columns(evidence.definition), tuple(columns)),
        lambda: distinct_values(evidence.customers, columns, MOST_VALUES),
    )
    values: dict[str, dict[str, int]] = {name: {} for name in columns}
    for row in sorted(found, key=lambda row: str(row["value"])):
        values[row["column"]][row["value"]] = int(row["n"])
    return {name: counts for name, counts in values.items() if len(counts) <= MOST_VALUES}


def _of_condition(
    evidence: Evidence,
    placed: Placed,
    met: int,
    ranges: Mapping[str, _Range | None],
    values: Mapping[str, Mapping[str, int]],
) -> Iterator[dict[str, Any]]:
    column, everybody = placed.condition.column, evidence.n_customers
    if met in (0, everybody):
        check, expected = ("nobody", ">0") if met == 0 else ("everybody", f"<{everybody}")
        yield _row(evidence, f"predicate_selects_{check}", placed.place, column, met, expected)
    observed = ranges.get(column)
    if observed is not None:
        low, high = _text(observed.minimum), _text(observed.maximum)
        for threshold in _outside(placed, observed):
            unit = likely_unit(threshold, observed.minimum, observed.maximum)
            more = {"threshold": _text(threshold), "minimum": low, "maximum": high}
            more |= {"likely_unit": unit} if unit else {}
            yield _row(evidence, "threshold_outside_range", placed.place, column, threshold, f"{low} to {high}", **more)
    if column in _PARTS_OF_A_WHOLE and placed.condition.operator in (">", ">="):
        for least in placed.values:
            if met * least > 1:
                yield _row(
                    evidence,
                    "parts_exceed_whole",
                    placed.place,
                    column,
                    met,
                    f"<{_text(1 / least)}",
                    threshold=_text(least),
                )
    for value in placed.values if column in values else ():
        if value not in values[column]:
            nearest = nearest_value(value, list(values[column]))
            more = {"value": value} | ({"nearest": nearest} if nearest else {})
            yield _row(evidence, "value_never_occurs", placed.place, column, 0, ">0", **more)


def _of_spellings(
    evidence: Evidence, placed: Sequence[Placed], values: Mapping[str, Mapping[str, int]]
) -> Iterator[dict[str, Any]]:
    """Yield, once per section and column, how many customers a rule misses by case or blanks alone."""
    asked: dict[tuple[str, str], list[Placed]] = {}
    for one in placed:
        if one.condition.column in values and one.values:
            asked.setdefault((_section(one.place), one.condition.column), []).append(one)
    for (_, column), conditions in asked.items():
        wanted = {str(value) for one in conditions for value in one.values}
        # a constant that never occurs has its own row, with the nearest value
        alike = {_folded(value) for value in wanted & set(values[column])}
        n = sum(n for value, n in values[column].items() if value not in wanted and _folded(value) in alike)
        if n:
            yield _row(evidence, "spelled_otherwise", conditions[0].place, column, n, "0")


def _folded(value: str) -> str:
    return value.strip().casefold()


def _outside(placed: Placed, observed: _Range) -> list[float]:
    """Return the thresholds that lie outside the observed values; of a range only where it misses them all."""
    if placed.condition.operator == "between":
        low, high = placed.values
        return [low] if low > observed.maximum else [high] if high < observed.minimum else []
    return [value for value in placed.values if not observed.minimum <= value <= observed.maximum]


def _of_rules(evidence: Evidence, listed: PlacedRules, found: Mapping[str, Any], i: int) -> Iterator[dict[str, Any]]:
    names = ", ".join(rule.name for rule in listed.rules if rule.conditions)
    several, none = int(found[f"several_{i}"]), int(found[f"none_{i}"])
    if several:
        yield _row(evidence, "rules_overlap", listed.place, None, several, "0", rules=names)
    if none and not listed.is_complete:
        yield _row(evidence, "rules_leave_out", listed.place, None, none, "0", rules=names)


def _of_scale(
    evidence: Evidence, name: str, outside: int, ranges: Mapping[str, _Range | None]
) -> Iterator[dict[str, Any]]:
    observed = ranges.get(name)
    if observed is None:
        return
    low, high = evidence.definition.scales[name]
    is_narrow = observed.present >= _ENOUGH and observed.maximum - observed.minimum < _NARROW * (high - low)
    if outside or is_narrow:
        yield _row(
            evidence,
            "outside_scale",
            f"scales.{name}",
            name,
            outside or observed.present,
            "0",
            low=_text(low),
            high=_text(high),
            minimum=_text(observed.minimum),
            maximum=_text(observed.maximum),
        )


def _row(
    evidence: Evidence,
    check: str,
    place: str,
    column: str | None,
    observed: float,
    expected: str,
    **params: str,
) -> dict[str, Any]:
    return {
        "table_name": evidence.inputs.table_name(_role(evidence, column)),
        "check_name": check,
        "severity": "warning",
        "passed": False,
        "observed": float(observed),
        "expected": expected,
        "message_id": check,
        "params": ({"column": column} if column else {}) | {"place": place} | params,
        "touches_section": _section(place),
        "touches_measure": column,
    }


def _role(evidence: Evidence, column: str | None) -> str:
    if column is None:
        return evidence.definition.base
    return evidence.column_sources[derived.parents(column)[0]]


def _section(place: str) -> str:
    starts = [start for start in _SECTIONS if place.startswith(start)]
    return _SECTIONS[max(starts, key=len)] if starts else _WHOLE_VIEW


def _text(number: float) -> str:
    return format(number, ".12g")
