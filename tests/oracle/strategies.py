"""Result table `strategies`."""

from __future__ import annotations

from typing import Any

from tests.oracle.rules import literal
from tests.oracle.study import Study


def strategies(study: Study) -> list[dict[str, Any]]:
    """One row per recommended segment that holds a cohort customer, largest value at stake first."""
    recommended = _recommended(study)
    if not recommended:
        return []
    segment = (
        "framework_segment"
        if study.definition["recommend"] == "framework_segment"
        else "value_level || '/' || risk_level"
    )
    texts = study.definition["strategies"]
    at_stake = study.rows(
        f"""
        SELECT
            {segment} AS segment, count(*) AS n,
            fsum(CAST(coalesce(estimated_customer_ltv * coalesce(churn_probability, 1), 0) AS DOUBLE))
                AS stake
        FROM customers
        WHERE in_cohort AND {segment} IN ({", ".join(literal(name) for name in recommended)})
        GROUP BY 1
        """
    )
    ordered = sorted(at_stake, key=lambda row: (-row["stake"], row["segment"]))
    rows = []
    for priority, cell in enumerate(ordered, start=1):
        strategy = recommended[cell["segment"]]
        kpi = texts[strategy]["kpi"]
        now = study.one(
            f"""
            SELECT plain_mean("{kpi["measure"]}") AS now FROM customers
            WHERE in_cohort AND {segment} = {literal(cell["segment"])}
            """
        )["now"]
        rows.append(
            {
                "segment": cell["segment"],
                "n": cell["n"],
                "value_at_stake": cell["stake"],
                "priority": priority,
                "strategy": strategy,
                "owner": texts[strategy]["owner"],
                "due_days": texts[strategy]["due_days"],
                "kpi": kpi["measure"],
                "kpi_now": now,
                "kpi_target": None if now is None else now * kpi["target_ratio"],
                "kpi_alarm": None if now is None else now * kpi["alarm_ratio"],
            }
        )
    return rows


def _recommended(study: Study) -> dict[str, str]:
    """Return segment -> strategy."""
    what = study.definition.get("recommend")
    if what is None:
        return {}
    if what == "framework_segment":
        return {segment["name"]: segment["strategy"] for segment in study.framework}
    if what == "value_risk":
        cells = (study.section("value_risk") or {}).get("cells", [])
        return {f"{cell['value']}/{cell['risk']}": cell["strategy"] for cell in cells}
    raise ValueError(f"recommend: {what!r}")
