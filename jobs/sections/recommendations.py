"""A strategy for each recommended segment, ranked by what is at stake."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F

from jobs.bounded import collect_rows
from jobs.definition import Definition
from jobs.definition.sections import CellModel
from jobs.sections.evidence import Evidence, Rows
from transforms import columns as c
from transforms.strategies import stakes_by_segment


@dataclass(frozen=True, slots=True, kw_only=True)
class _Segments:
    """Which segment a customer is in, the strategy of each segment, and who is counted."""

    segment: Column
    strategies: Mapping[str, str | None]
    members: Column


def _framework(definition: Definition) -> _Segments:
    framework = definition.sections.risk_velocity
    return _Segments(
        segment=F.col(c.FRAMEWORK_SEGMENT),
        strategies={rule.name: rule.strategy for rule in (framework.framework if framework else [])},
        members=F.col(c.IS_COHORT),
    )


def _value_risk(definition: Definition) -> _Segments:
    grid = definition.sections.value_risk
    return _cells(c.VALUE_LEVEL, c.RISK_LEVEL, grid.cells if grid else [])


def _indices(definition: Definition) -> _Segments:
    indices = definition.sections.indices
    return _cells(c.VALUE_INDEX_LEVEL, c.RISK_INDEX_LEVEL, indices.cells if indices else [])


def _cells(value: str, risk: str, cells: Sequence[CellModel]) -> _Segments:
    """Return the segments of a grid of value by risk levels, named such as `high/low`."""
    return _Segments(
        segment=F.concat_ws("/", value, risk),
        strategies={f"{cell.value}/{cell.risk}": cell.strategy for cell in cells},
        members=F.col(c.IS_COHORT),
    )


def _alerts(definition: Definition) -> _Segments:
    alerts = definition.sections.alerts
    return _Segments(
        segment=F.col(c.ALERT_RULE),
        strategies={rule.name: rule.strategy for rule in (alerts.rules if alerts else [])},
        members=F.col(c.IS_COHORT),
    )


def _segments(definition: Definition) -> _Segments:
    return _Segments(
        segment=F.col(c.SEGMENT),
        strategies=definition.segments.strategies() if definition.segments else {},
        # segments are of all customers
        members=F.lit(True),
    )


# What `recommend` of a definition may name.
_RECOMMENDED: dict[str, Callable[[Definition], _Segments]] = {
    "framework_segment": _framework,
    "value_risk": _value_risk,
    "indices": _indices,
    "alerts": _alerts,
    "segments": _segments,
}


def build(evidence: Evidence) -> Rows:
    """Return `strategies`: a row per segment that has a strategy and at least one customer who counts.

    The customers of no such segment stand last, as `(none)`: what is at stake among them, and no strategy.
    """
    definition = evidence.definition
    if definition.recommend is None:
        return {}
    recommended = _RECOMMENDED[definition.recommend](definition)
    chosen = {segment: name for segment, name in recommended.strategies.items() if name}
    if not chosen:
        return {}
    kpis = sorted({strategy.kpi.measure for strategy in definition.strategies.values()})
    members = evidence.customers.filter(recommended.members)
    segment = F.when(recommended.segment.isin(*chosen), recommended.segment).otherwise(F.lit(c.NO_STRATEGY))
    found = collect_rows(stakes_by_segment(members, segment, kpis), "recommendations")
    ranked = sorted(found, key=lambda row: (row["segment"] == c.NO_STRATEGY, -row["value_at_stake"], row["segment"]))
    rows: list[dict[str, Any]] = []
    for priority, row in enumerate(ranked, start=1):
        if row["segment"] == c.NO_STRATEGY:
            rest = {name: row[name] for name in ("segment", "n", "value_at_stake")}
            rows.append({**rest, "priority": priority, "strategy": c.NO_STRATEGY})
            continue
        name = chosen[row["segment"]]
        strategy = definition.strategies[name]
        now = row[f"kpi__{strategy.kpi.measure}"]
        rows.append(
            {
                "segment": row["segment"],
                "n": row["n"],
                "value_at_stake": row["value_at_stake"],
                "priority": priority,
                "strategy": name,
                "owner": strategy.owner,
                "due_days": strategy.due_days,
                "kpi": strategy.kpi.measure,
                "kpi_now": now,
                "kpi_target": None if now is None else now * strategy.kpi.target_ratio,
                "kpi_alarm": None if now is None else now * strategy.kpi.alarm_ratio,
            }
        )
    return {"strategies": rows}
