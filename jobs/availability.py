"""What a definition wants and the lake lacks: which sections and measures go, and the rows that say so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jobs.definition import Definition, Sections
from jobs.errors import InputError
from jobs.inputs import DEFAULT_ROLE, FALLBACK_ROLE, Inputs, Obstacle
from jobs.section_needs import RECOMMENDATIONS, RECOMMENDED_FROM, cohort_columns, section_needs, segment_columns
from transforms import columns as c
from transforms import derived
from transforms.input_tables import TABLES

NOT_COMPUTED = "analysis_not_computed"
COHORT_NOT_COMPUTED = "cohort_not_computed"
SECTION_DROPPED = "section_dropped"
MEASURE_DROPPED = "measure_dropped"
REPLACED = "replaced"
NO_PEERS = "no_peers"
READ_AS_MISSING = "read_as_missing"
COLUMNS_MISSING = "columns_missing"

EVERYWHERE = "all"
_OF_SEGMENTS = ("segments", "consistency")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A column that gives no values, and why; `column` is null where the whole table has none."""

    role: str
    column: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """What of a definition can be computed.

    `definition` holds only that; `dropped` names the sections that went; `obstacles` are the rows that say why.
    """

    definition: Definition
    dropped: frozenset[str]
    obstacles: list[dict[str, Any]]


def gap(inputs: Inputs, role: str, column: str | None) -> Gap | None:
    """Return why a table gives no values of a column (of any column: null); null where it does.

    Before the tables were counted, whether one is empty is not known, and none is taken for it.
    """
    if role not in inputs.pinned:
        return Gap(role=role, column=None, reason="missing_table")
    if _is_empty(inputs, role):
        return Gap(role=role, column=None, reason="empty_table")
    table = inputs.table_name(role)
    lacks = column is not None and any(
        found.table_name == table and found.column_name == column and found.reason == "missing_column"
        for found in inputs.obstacles
    )
    return Gap(role=role, column=column, reason="missing_column") if lacks else None


def is_available(inputs: Inputs, chosen: Mapping[str, str], column: str) -> bool:
    """Return whether a column of the view can hold values; a derived one when all its parents can.

    `chosen` is the definition's own choice of table per column.
    """
    return not any(_gaps(inputs, chosen, [column]))


def check_required(inputs: Inputs, definition: Definition) -> None:
    """Refuse a lake without a table or column that the definition marks `required`.

    Raises:
        InputError: One is missing or, once the tables were counted, empty.
    """
    lacking = []
    for name in definition.required:
        gaps = [gap(inputs, name, None)] if name in TABLES else _gaps(inputs, definition.columns, [name])
        for found in gaps:
            if found is not None:
                lacking.append(_lack(inputs, found, name))
    if lacking:
        raise InputError(
            f"analysis {definition.analysis} requires what the lake lacks: {'; '.join(dict.fromkeys(lacking))}",
            advice="load it into the lake, or take it off 'required' to get a report that says what is missing",
        )


def assess(inputs: Inputs, definition: Definition) -> Availability:
    """Return what can be computed, and a row for everything wanted and not had.

    One row per section and table where a whole table is missing or empty and the section goes; one row per
    section and column where a column is missing, or a measure goes; section `all` for what touches no single
    section.
    """
    dropped, effects = _dropped(inputs, definition)
    written = _Written(inputs, definition)
    for section, lacking, effect in effects:
        written.note(section, lacking, effect, lacking.column)
    needs = {section: need for section, need in section_needs(definition).items() if section not in dropped}
    for section, need in needs.items():
        for name, lacking in written.lacking(need.measures):
            written.note(section, lacking, MEASURE_DROPPED, name)
    if "cohort_profile" in needs:
        for _, lacking in written.lacking([c.TIER]):
            written.note("cohort_profile", lacking, NO_PEERS, lacking.column)
    if NOT_COMPUTED not in {effect for _, _, effect in effects}:
        for name, lacking in _fallen_back(inputs, definition.columns, _wanted(definition)):
            written.note(EVERYWHERE, lacking, REPLACED, name, inputs.source_of(name, definition.columns))
    if RECOMMENDATIONS in needs:
        for name, lacking in written.lacking([c.CHURN]):
            written.note(RECOMMENDATIONS, lacking, REPLACED, name, c.LTV)
    for section, need in needs.items():
        for _, lacking in written.lacking(need.others):
            written.note(section, lacking, READ_AS_MISSING if lacking.column else COLUMNS_MISSING, lacking.column)
    for name, lacking in written.lacking(_wanted(definition)):
        if not written.mentions(lacking.role, name):
            written.note(EVERYWHERE, lacking, READ_AS_MISSING if lacking.column else COLUMNS_MISSING, lacking.column)
    return Availability(
        definition=_computable(inputs, definition, dropped),
        dropped=dropped,
        obstacles=[*written.rows(), *_of_addresses(inputs, definition)],
    )


class _Written:
    """The obstacles of one definition, each once per section."""

    def __init__(self, inputs: Inputs, definition: Definition) -> None:
        self._inputs = inputs
        self._chosen = definition.columns
        self._found: dict[tuple[str, str, str | None], Obstacle] = {}

    def lacking(self, columns: Iterable[str]) -> list[tuple[str, Gap]]:
        """Return every table column that these view columns need and that gives no values."""
        return list(_lacking(self._inputs, self._chosen, columns))

    def note(self, section: str, lacking: Gap, effect: str, column: str | None, replaced_by: str | None = None) -> None:
        """Write an obstacle down; what a section was told of a column first stays."""
        table = self._inputs.table_name(lacking.role)
        obstacle = Obstacle(
            section=section,
            table_name=table,
            column_name=column,
            reason=lacking.reason,
            effect=effect,
            replaced_by=replaced_by,
            remedy="add_column" if lacking.reason == "missing_column" else "load_table",
        )
        self._found.setdefault((section, table, column), obstacle)

    def mentions(self, role: str, column: str) -> bool:
        """Return whether a row tells of the column, or of its whole table."""
        table = self._inputs.table_name(role)
        return any(key[1:] in ((table, column), (table, None)) for key in self._found)

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of `obstacles`."""
        return [_row(obstacle) for obstacle in self._found.values()]


def _of_addresses(inputs: Inputs, definition: Definition) -> list[dict[str, Any]]:
    if definition.sections.geography is None:
        return []
    table = inputs.table_name("address")
    return [_row(obstacle) for obstacle in dict.fromkeys(o for o in inputs.obstacles if o.table_name == table)]


def _dropped(inputs: Inputs, definition: Definition) -> tuple[frozenset[str], list[tuple[str, Gap, str]]]:
    """Return the sections that go, and per section the gaps that took it."""
    needs = section_needs(definition)
    of_all = [found] if (found := gap(inputs, definition.base, None)) else []
    of_cohort = of_all + list(_gaps(inputs, definition.columns, cohort_columns(definition)))
    of_segments = of_all + list(_gaps(inputs, definition.columns, segment_columns(definition)))
    shared = dict.fromkeys(needs, of_cohort) | dict.fromkeys(_OF_SEGMENTS, of_segments)
    if definition.recommend is not None:
        shared[RECOMMENDATIONS] = shared[RECOMMENDED_FROM[definition.recommend]]
    taken = {name: [*shared[name], *_gaps(inputs, definition.columns, need.essential)] for name, need in needs.items()}
    dropped = {name for name, gaps in taken.items() if gaps}
    if of_cohort or not definition.cohort:
        dropped.add("method_sensitivity")
    if not set(needs) - dropped - {RECOMMENDATIONS}:
        together = of_cohort if definition.cohort else []
        together = together + (of_segments if definition.segments else [])
        return frozenset(dropped), [(EVERYWHERE, found, NOT_COMPUTED) for found in together]
    effects = [(EVERYWHERE, found, COHORT_NOT_COMPUTED) for found in (of_cohort if definition.cohort else [])]
    told = [] if not effects else [name for name in dropped if shared.get(name) is of_cohort]
    effects += [(name, found, SECTION_DROPPED) for name, gaps in taken.items() if name not in told for found in gaps]
    return frozenset(dropped), effects


def _computable(inputs: Inputs, definition: Definition, dropped: frozenset[str]) -> Definition:
    """Return the definition without what cannot be computed; the predicates stay, attrition tells of them."""

    def there(*columns: str) -> bool:
        return all(is_available(inputs, definition.columns, name) for name in columns)

    kept: dict[str, Any] = {name: None for name in Sections.model_fields if name in dropped}
    sections = definition.sections
    if sections.cohort_profile and "cohort_profile" not in dropped:
        measures = [measure for measure in sections.cohort_profile.measures if there(measure.column)]
        kept["cohort_profile"] = sections.cohort_profile.model_copy(update={"measures": measures})
    if sections.channels and "channels" not in dropped:
        dimensions = [name for name in sections.channels.dimensions if there(name)]
        kept["channels"] = sections.channels.model_copy(update={"dimensions": dimensions})
    if sections.segments and "segments" not in dropped:
        options = sections.segments
        kept["segments"] = options.model_copy(
            update={
                "measures": [measure for measure in options.measures if there(measure.column)],
                "dimensions": [name for name in options.dimensions if there(name)],
                "crosstabs": [pair for pair in options.crosstabs if there(pair.row, pair.column)],
                "correlations": [pair for pair in options.correlations if there(pair.x, pair.y)],
            }
        )
    changed: dict[str, Any] = {"sections": sections.model_copy(update=kept)}
    if RECOMMENDATIONS in dropped:
        changed["recommend"] = None
    return definition.model_copy(update=changed)


def _wanted(definition: Definition) -> tuple[str, ...]:
    needs = section_needs(definition).values()
    names = {name for need in needs for name in (*need.essential, *need.measures, *need.others)}
    names |= {*cohort_columns(definition), *segment_columns(definition)}
    return tuple(sorted({parent for name in names for parent in derived.parents(name)}))


def _lacking(inputs: Inputs, chosen: Mapping[str, str], columns: Iterable[str]) -> Iterator[tuple[str, Gap]]:
    """Yield every table column that these view columns need and that gives no values."""
    for name in dict.fromkeys(parent for column in columns for parent in derived.parents(column)):
        found = gap(inputs, inputs.source_of(name, chosen), name)
        if found is not None:
            yield name, found


def _gaps(inputs: Inputs, chosen: Mapping[str, str], columns: Iterable[str]) -> Iterator[Gap]:
    yield from dict.fromkeys(found for _, found in _lacking(inputs, chosen, columns))


def _fallen_back(inputs: Inputs, chosen: Mapping[str, str], columns: Iterable[str]) -> Iterator[tuple[str, Gap]]:
    """Yield every column that is read from its second table because the first has no rows."""
    for name in columns:
        if name not in FALLBACK_ROLE or name in chosen:
            continue
        first = gap(inputs, DEFAULT_ROLE[name], None)
        if first is not None and inputs.source_of(name, chosen) == FALLBACK_ROLE[name]:
            yield name, first


def _is_empty(inputs: Inputs, role: str) -> bool:
    return role in inputs.counts and not inputs.has_rows(role)


def _lack(inputs: Inputs, found: Gap, name: str) -> str:
    table = inputs.table_name(found.role)
    of_column = "" if name in TABLES else f", so there is no column '{name}'"
    if found.reason == "missing_table":
        return f"table {table} is not there{of_column}"
    if found.reason == "empty_table":
        return f"{inputs.pinned[found.role].label} is empty{of_column}"
    return f"{inputs.pinned[found.role].label} has no column '{found.column}'"


def _row(obstacle: Obstacle) -> dict[str, Any]:
    return {name: getattr(obstacle, name) for name in Obstacle.__slots__}
