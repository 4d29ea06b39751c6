"""The value x risk 3x3: the corrected grading, and the seed's as written."""

from __future__ import annotations

from jobs.bounded import collect_rows
from jobs.sections.distribution_rows import distribution_rows, with_all_values
from jobs.sections.evidence import Evidence, Rows, crosstab_rows
from transforms import columns as c
from transforms.crosstabs import crosstab
from transforms.distributions import count_values
from transforms.groups import study_groups

SECTION = "value_risk"
AS_WRITTEN = "value_risk_as_written"
GROUPS = (c.COHORT, c.POPULATION)


def build(evidence: Evidence) -> Rows:
    """Return `crosstabs` and level `distributions` of both gradings."""
    options = evidence.definition.sections.value_risk
    if options is None:
        return {}
    customers = evidence.customers
    strategies = {(cell.value, cell.risk): cell.strategy for cell in options.cells}
    cells = {}
    for section, risk in ((SECTION, c.RISK_LEVEL), (AS_WRITTEN, c.RISK_LEVEL_AS_WRITTEN)):
        frame = crosstab(customers, study_groups(GROUPS), row=c.VALUE_LEVEL, column=risk, no_value=c.NO_LEVEL)
        cells[section] = crosstab_rows(section, collect_rows(frame, section))
        for row in cells[section]:
            row["column_dimension"] = c.RISK_LEVEL
    for row in cells[SECTION]:
        row["label"] = strategies.get((row["row_value"], row["column_value"]))
    dimensions = {
        c.VALUE_LEVEL: (SECTION, c.VALUE_LEVEL, options.value_levels),
        c.RISK_LEVEL: (SECTION, c.RISK_LEVEL, options.risk_levels),
        c.RISK_LEVEL_AS_WRITTEN: (AS_WRITTEN, c.RISK_LEVEL, options.risk_levels_as_written),
    }
    counts = collect_rows(count_values(customers, study_groups(GROUPS), list(dimensions)), SECTION)
    distributions = []
    for column, (section, dimension, rules) in dimensions.items():
        listed = with_all_values(counts, column, [rule.name for rule in rules], c.NO_LEVEL)
        renamed = [{**row, "dimension": dimension} for row in listed]
        distributions += distribution_rows(section, GROUPS, renamed)
    return {"crosstabs": cells[SECTION] + cells[AS_WRITTEN], "distributions": distributions}
