"""Risk level x engagement velocity, the named segments over it, and who they leave out."""

from __future__ import annotations

from pyspark.sql import functions as F

from jobs.bounded import collect_rows
from jobs.sections.association_row import category_moments, health_anova
from jobs.sections.distribution_rows import distribution_rows, with_all_values
from jobs.sections.evidence import Evidence, Rows, crosstab_rows
from jobs.sections.margins import margins
from transforms import columns as c
from transforms.crosstabs import crosstab, health_by_category
from transforms.distributions import count_values
from transforms.groups import study_groups

SECTION = "risk_velocity"
GROUPS = (c.COHORT, c.POPULATION)


def build(evidence: Evidence) -> Rows:
    """Return `crosstabs` and their margins, `associations` of health with both, the framework's `distributions`."""
    options = evidence.definition.sections.risk_velocity
    if options is None:
        return {}
    customers = evidence.customers
    label = None
    if options.framework:
        label = "_framework_label"
        customers = customers.withColumn(label, F.coalesce(F.col(c.FRAMEWORK_SEGMENT), F.lit(c.UNCOVERED)))
    cells = collect_rows(crosstab(customers, study_groups(GROUPS), row=c.RISK, column=c.VELOCITY, label=label), SECTION)
    health = evidence.collect(
        "health_by_risk", lambda: health_by_category(evidence.customers, study_groups(GROUPS), [c.RISK, c.VELOCITY])
    )
    rows: Rows = {
        "crosstabs": crosstab_rows(SECTION, [*cells, *margins(cells)]),
        "associations": [
            health_anova(SECTION, group, dimension, category_moments(health, group, dimension))
            for group in GROUPS
            for dimension in (c.RISK, c.VELOCITY)
        ],
    }
    if options.framework:
        counts = collect_rows(count_values(customers, study_groups(GROUPS), [c.FRAMEWORK_SEGMENT]), SECTION)
        names = [rule.name for rule in options.framework]
        listed = with_all_values(counts, c.FRAMEWORK_SEGMENT, names, c.UNCOVERED)
        rows["distributions"] = distribution_rows(SECTION, GROUPS, listed)
    return rows
