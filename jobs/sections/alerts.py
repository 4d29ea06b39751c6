"""Alerts among the cohort: who is at risk now, by which rule, and what is at stake."""

from __future__ import annotations

from jobs.definition.sections import AlertsSection
from jobs.sections.evidence import Evidence, Rows, crosstab_rows
from jobs.sections.level_rows import level_distribution
from transforms import columns as c
from transforms.alerts import Alert
from transforms.crosstabs import crosstab
from transforms.groups import study_groups

SECTION = "alerts"
LEVELS = ("red", "amber")


def alerts_of(options: AlertsSection | None) -> tuple[Alert, ...]:
    """Return the alerts in order as the transforms take them; none where the section is absent."""
    return tuple(
        Alert(
            name=rule.name,
            conditions=tuple(model.condition() for model in rule.all),
            level=rule.level,
            lowered_to=rule.downgrade.to if rule.downgrade else None,
            lowered_when=tuple(model.condition() for model in (rule.downgrade.all if rule.downgrade else [])),
        )
        for rule in (options.rules if options else [])
    )


def build(evidence: Evidence) -> Rows:
    """Return `crosstabs` of rule x alert with what is at stake, and the `distributions` of alerts."""
    options = evidence.definition.sections.alerts
    if options is None:
        return {}
    cells = evidence.collect(
        "alerts",
        lambda: crosstab(
            evidence.customers, study_groups([c.COHORT]), row=c.ALERT_RULE, column=c.ALERT, no_value=c.NO_LEVEL
        ),
        alerts_of(options),
    )
    strategies = {rule.name: rule.strategy for rule in options.rules}
    for cell in cells:
        cell["label"] = strategies.get(cell["row_value"])
    return {
        "distributions": level_distribution(SECTION, cells, c.ALERT, "column", LEVELS),
        "crosstabs": crosstab_rows(SECTION, cells),
    }
