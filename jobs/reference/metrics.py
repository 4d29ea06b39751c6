"""docs/metrics.md: every measure, where it comes from, and what the reports call it."""

from __future__ import annotations

from jobs.definition import Definition, load_definition, shipped_names
from jobs.inputs import CUSTOMER_ROLES, DEFAULT_ROLE
from jobs.reference.markdown_table import table
from jobs.reporting.words import words_for
from transforms import columns as c
from transforms import derived
from transforms.input_tables import TABLES

_HEAD = """\
# Metrics

The columns of the customer view that definitions measure, select and group by. `source` is the table that holds
the column, or the formula over other columns (null where one of them is missing; details and options in
[definitions.md](definitions.md)). `unit`: as the shipped definitions declare it; empty for categories. A number
that is null, NaN or infinite is missing. Written by `make docs`.
"""


def metrics_page() -> str:
    """Return the page."""
    definitions = [load_definition(name) for name in shipped_names()]
    units = _units(definitions)
    used = {column for definition in definitions for column in definition.used_columns()}
    english, chinese = (words_for(language, {}) for language in ("en", "zh"))
    rows = []
    for name in sorted(set(units) | used | set(derived.FORMULAS)):
        rows.append((f"`{name}`", _source(name), units.get(name, ""), english.measure(name), chinese.measure(name)))
    return "\n".join([_HEAD, table(("id", "source", "unit", "en", "zh"), rows), ""])


def _units(definitions: list[Definition]) -> dict[str, str]:
    # what the section `consistency` publishes them in
    found = {name: "points" for name in derived.CONSISTENCY if name not in derived.CATEGORIES}
    found |= {derived.LTV_VELOCITY: "currency", c.NUMBER_OF_PLATFORMS: "count"}
    for definition in definitions:
        for section in (definition.sections.cohort_profile, definition.sections.segments):
            for measure in section.measures if section else ():
                found[measure.column] = str(measure.unit)
    return found


def _source(name: str) -> str:
    if name in derived.FORMULAS:
        return derived.FORMULAS[name]
    role = DEFAULT_ROLE.get(name) or next(role for role in CUSTOMER_ROLES if name in TABLES[role].columns)
    return f"{TABLES[role].name}.{name}"
