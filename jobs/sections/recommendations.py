"""A strategy for each recommended segment, ranked by what is at stake."""

from __future__ import annotations

from pyspark.sql import functions as F

from jobs.bounded import collect_rows
from jobs.sections.evidence import Evidence, Rows
from transforms import columns as c
from transforms.strategies import stakes_by_segment


def build(evidence: Evidence) -> Rows:
    """Return `strategies`: a row per segment that has a strategy and at least one cohort customer."""
    definition = evidence.definition
    if definition.recommend is None:
        return {}
    if definition.recommend == "framework_segment":
        segment = F.col(c.FRAMEWORK_SEGMENT)
        framework = definition.sections.risk_velocity
        chosen = {rule.name: rule.strategy for rule in (framework.framework if framework else [])}
    else:
        segment = F.concat_ws("/", F.col(c.VALUE_LEVEL), F.col(c.RISK_LEVEL))
        grid = definition.sections.value_risk
        chosen = {f"{cell.value}/{cell.risk}": cell.strategy for cell in (grid.cells if grid else [])}
    kpis = sorted({strategy.kpi.measure for strategy in definition.strategies.values()})
    found = collect_rows(stakes_by_segment(evidence.customers, segment, kpis), "recommendations")
    ranked = sorted(
        (row for row in found if chosen.get(row["segment"])),
        key=lambda row: (-row["value_at_stake"], row["segment"]),
    )
    rows = []
    for priority, row in enumerate(ranked, start=1):
        name = str(chosen[row["segment"]])
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
