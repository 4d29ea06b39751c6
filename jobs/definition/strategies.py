"""What to do for a group of customers: the strategies of a definition."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from jobs.definition.conditions import Model, Number, Text


class KpiModel(Model):
    """The measure that tells whether a strategy worked; target and alarm are ratios of its value now."""

    measure: str
    target_ratio: Number
    alarm_ratio: Number


class StrategyModel(Model):
    """What to do for a segment, by whom, by when."""

    title: Text
    first_step: Text
    owner: str
    due_days: Annotated[int, Field(gt=0)]
    kpi: KpiModel
