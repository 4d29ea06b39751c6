"""Alerts over the cohort: the first rule that matches, and its level, lowered where the rule says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from transforms import columns as c
from transforms.levels import with_levels
from transforms.rules import Condition, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A rule (all its conditions) and the level it raises; `lowered_to` where `lowered_when` holds too."""

    name: str
    conditions: tuple[Condition, ...]
    level: str
    lowered_to: str | None = None
    lowered_when: tuple[Condition, ...] = ()


def with_alerts(customers: DataFrame, alerts: Sequence[Alert]) -> DataFrame:
    """Add `alert_rule` (the first alert that matches) and `alert` (its level).

    In and out: one row per customer with `is_cohort`. Null outside the cohort and where nothing matches; a
    missing value satisfies neither a rule nor the condition that lowers it.
    """
    if not alerts:
        return customers
    levels = {
        c.ALERT_RULE: [Rule(name=alert.name, conditions=alert.conditions) for alert in alerts],
        c.ALERT: [rule for alert in alerts for rule in _level_rules(alert)],
    }
    is_cohort = F.col(c.IS_COHORT)
    return customers.transform(with_levels, levels).withColumns(
        {name: F.when(is_cohort, F.col(name)) for name in levels}
    )


def _level_rules(alert: Alert) -> list[Rule]:
    """Return the levels an alert may raise as rules, the lowered one first."""
    raised = Rule(name=alert.level, conditions=alert.conditions)
    if alert.lowered_to is None:
        return [raised]
    return [Rule(name=alert.lowered_to, conditions=(*alert.conditions, *alert.lowered_when)), raised]
