"""What the models of a definition cannot see by themselves: repetitions, and columns of the wrong kind."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import cache

from jobs.definition.analysis import Definition
from jobs.definition.conditions import ConditionModel, RuleModel
from jobs.definition.inputs import mapping_problems
from jobs.definition.node_tree import Path
from jobs.definition.sections import AlertModel, MeasureModel
from jobs.errors import nearest
from transforms import derived
from transforms.input_tables import TABLES

UNITS = ("score_1_5", "points", "days", "share", "count", "currency")
MOST_ENTRIES = 500
MOST_CHARACTERS = 5_000
_NUMBERS = {"int", "bigint", "double", "float"}

Found = Iterator[tuple[Path, str]]


def check(definition: Definition) -> Found:
    """Yield place and message of every problem."""
    yield from _too_long((), definition.model_dump(mode="json", exclude_none=True))
    yield from mapping_problems(definition.inputs)
    yield from _currency(definition)
    if not definition.languages:
        yield ("languages",), "an empty list; expected 'en', 'zh' or both"
    yield from _repeated(("languages",), definition.languages, "language")
    yield from _conditions(("cohort",), definition.cohort or ())
    for place, rules in definition.rule_lists():
        yield from _rules(tuple(place.split(".")), rules)
    yield from _segments(definition)
    yield from _alerts(definition)
    yield from _measures(definition)
    yield from _dimensions(definition)
    yield from _pairs(definition)
    yield from _parts(definition)
    for name, strategy in definition.strategies.items():
        yield from _number(("strategies", name, "kpi", "measure"), strategy.kpi.measure)


def _too_long(place: Path, value: object) -> Found:
    """Find lists, mappings and texts that no report could show and no engine plan."""
    if isinstance(value, str) and len(value) > MOST_CHARACTERS:
        yield place, f"a text of {len(value):,} characters; expected at most {MOST_CHARACTERS:,}"
    if isinstance(value, dict | list):
        if len(value) > MOST_ENTRIES:
            yield place, f"{len(value):,} entries; expected at most {MOST_ENTRIES}"
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _too_long((*place, key), inner)


def is_number(column: str) -> bool:
    """Return whether a column of the customer view holds numbers."""
    if column in derived.PARENTS:
        return column not in derived.CATEGORIES
    types = {TABLES[role].columns[column] for role in TABLES if column in TABLES[role].columns}
    return types <= _NUMBERS


def _currency(definition: Definition) -> Found:
    known = _currencies()
    if definition.currency not in known:
        alike = [code for code in known if code[:2] == definition.currency[:2]]
        expected = f"; nearest: '{alike[0]}'" if alike else "; expected one such as USD"
        yield ("currency",), f"'{definition.currency}' is no ISO 4217 code{expected}"


@cache
def _currencies() -> tuple[str, ...]:
    import pycountry

    return tuple(sorted(str(currency.alpha_3) for currency in pycountry.currencies))


def _conditions(place: Path, conditions: Iterable[ConditionModel]) -> Found:
    seen: dict[str, int] = {}
    for number, condition in enumerate(conditions):
        before = seen.setdefault(condition.model_dump_json(), number)
        if before != number:
            yield (*place, number), f"repeats condition {before} of {_name(place)}; leave one out"


def _rules(place: Path, rules: Sequence[RuleModel]) -> Found:
    yield from _repeated(place, [rule.name for rule in rules], "rule", at="name")
    seen: dict[Hashable, str] = {}
    for number, rule in enumerate(rules):
        conditions = rule.all or rule.any or ()
        kind = "any" if rule.any and len(rule.any) > 1 else "all"
        before = seen.setdefault(_meaning(kind, conditions), rule.name)
        if before != rule.name:
            yield (*place, number), _never(rule.name, before)
        if rule.otherwise and number < len(rules) - 1:
            yield (*place, number, "otherwise"), f"'{rule.name}' takes everybody; expected as the last rule"
        for listed in ("all", "any"):
            yield from _conditions((*place, number, listed), getattr(rule, listed) or ())


def _alerts(definition: Definition) -> Found:
    rules: list[AlertModel] = definition.sections.alerts.rules if definition.sections.alerts else []
    place: Path = ("sections", "alerts", "rules")
    yield from _repeated(place, [rule.name for rule in rules], "rule", at="name")
    seen: dict[Hashable, str] = {}
    for number, rule in enumerate(rules):
        before = seen.setdefault(_meaning("all", rule.all), rule.name)
        if before != rule.name:
            yield (*place, number), _never(rule.name, before)
        yield from _conditions((*place, number, "all"), rule.all)
        if rule.downgrade and rule.downgrade.to == rule.level:
            yield (*place, number, "downgrade", "to"), f"'{rule.downgrade.to}' is the level of the alert already"


def _meaning(kind: str, conditions: Iterable[ConditionModel]) -> Hashable:
    return kind, frozenset(condition.model_dump_json() for condition in conditions)


def _never(name: str, before: str) -> str:
    return f"rule '{name}' has the conditions of rule '{before}', which comes first; it never matches"


def _segments(definition: Definition) -> Found:
    if definition.segments is None:
        return
    names = definition.segments.names()
    for number, name in enumerate(names):
        other = name.removeprefix("not_")
        if other != name and other in names:
            rule: Path = ("rules", number) if number < len(definition.segments.rules) else ("remainder",)
            yield ("segments", *rule, "name"), f"'{name}' is what the customers outside '{other}' are called"


def _measures(definition: Definition) -> Found:
    sections = definition.sections
    for section, options in (("cohort_profile", sections.cohort_profile), ("segments", sections.segments)):
        measures: Sequence[MeasureModel] = options.measures if options else ()
        place: Path = ("sections", section, "measures")
        yield from _repeated(place, [measure.column for measure in measures], "column", at="column")
        for number, measure in enumerate(measures):
            yield from _number((*place, number, "column"), measure.column)
            if measure.unit not in UNITS:
                expected = f"; expected one of {', '.join(UNITS)}{nearest(measure.unit, UNITS)}"
                yield (*place, number, "unit"), f"unknown unit '{measure.unit}'{expected}"


def _dimensions(definition: Definition) -> Found:
    sections = definition.sections
    for section, options in (("channels", sections.channels), ("segments", sections.segments)):
        yield from _repeated(("sections", section, "dimensions"), options.dimensions if options else (), "column")


def _pairs(definition: Definition) -> Found:
    sections = definition.sections
    if sections.segments:
        options = sections.segments
        place: Path = ("sections", "segments")
        yield from _repeated((*place, "compare"), [frozenset((pair.a, pair.b)) for pair in options.compare], "pair")
        yield from _repeated((*place, "crosstabs"), [(pair.row, pair.column) for pair in options.crosstabs], "pair")
        pairs = [frozenset((pair.x, pair.y)) for pair in options.correlations]
        yield from _repeated((*place, "correlations"), pairs, "pair")
        for number, pair in enumerate(options.correlations):
            for axis in ("x", "y"):
                yield from _number((*place, "correlations", number, axis), getattr(pair, axis))
            if pair.x == pair.y:
                yield (*place, "correlations", number), f"'{pair.x}' is correlated with itself"
    for section, grid in (("value_risk", sections.value_risk), ("indices", sections.indices)):
        cells = [(cell.value, cell.risk) for cell in (grid.cells if grid else ())]
        yield from _repeated(("sections", section, "cells"), cells, "cell")


def _parts(definition: Definition) -> Found:
    indices = definition.sections.indices
    if indices is None:
        return
    for name, index in (("value", indices.value), ("risk", indices.risk)):
        for number, part in enumerate(index.parts):
            place: Path = ("sections", "indices", name, "parts", number)
            if part.scale in ("min_max", "off"):
                yield from _number((*place, "column"), part.column, f"scale '{part.scale}'")
            elif is_number(part.column):
                message = f"column '{part.column}' holds numbers; scale '{part.scale}' takes a category"
                yield (*place, "column"), message
            if part.measure:
                yield from _number((*place, "measure"), part.measure)


def _number(place: Path, column: str, what: str = "") -> Found:
    if not is_number(column):
        yield place, f"column '{column}' is text; {what or 'a measure'} takes numbers"


def _repeated(place: Path, names: Iterable[Hashable], what: str, *, at: str | None = None) -> Found:
    seen: dict[Hashable, int] = {}
    for number, name in enumerate(names):
        before = seen.setdefault(name, number)
        if before != number:
            called = f" '{name}'" if isinstance(name, str) else ""
            path = (*place, number) if at is None else (*place, number, at)
            yield path, f"the {what}{called} comes twice; it is number {before} of the list already"


def _name(place: Path) -> str:
    return ".".join(str(part) for part in place)
