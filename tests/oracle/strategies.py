"""Result table `strategies`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.oracle.crosstabs import STAKE
from tests.oracle.rules import literal
from tests.oracle.study import Study

_SEGMENT = {
    "framework_segment": "framework_segment",
    "value_risk": "value_level || '/' || risk_level",
    "indices": "value_index_level || '/' || risk_index_level",
    "alerts": "alert_rule",
    "segments": "segment",
}


def strategies(study: Study) -> list[dict[str, Any]]:
    """One row per recommended segment that holds a customer, largest value at stake first, and one for all others.

    Segments of all customers for `segments`, of the cohort for everything else.
    """
    recommended = _recommended(study)
    if not recommended:
        return []
    what = study.definition["recommend"]
    segment, whose = _SEGMENT[what], "true" if what == "segments" else "in_cohort"
    texts = study.definition["strategies"]
    at_stake = study.rows(
        f"""
        SELECT {segment} AS segment, count(*) AS n, fsum({STAKE}) AS stake
        FROM customers
        WHERE {whose} AND {segment} IN ({", ".join(literal(name) for name in recommended)})
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
            WHERE {whose} AND {segment} = {literal(cell["segment"])}
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
    return rows + _others(study, segment, whose, recommended, len(rows) + 1)


def _others(
    study: Study, segment: str, whose: str, recommended: Mapping[str, str], priority: int
) -> list[dict[str, Any]]:
    listed = ", ".join(literal(name) for name in recommended)
    rest = study.one(
        f"""
        SELECT count(*) AS n, fsum({STAKE}) AS stake FROM customers
        WHERE {whose} AND ({segment} IS NULL OR {segment} NOT IN ({listed}))
        """
    )
    if not rest["n"]:
        return []
    nothing = dict.fromkeys(("owner", "due_days", "kpi", "kpi_now", "kpi_target", "kpi_alarm"))
    row = {"segment": "(none)", "n": rest["n"], "value_at_stake": rest["stake"], "priority": priority}
    return [{**row, "strategy": "(none)", **nothing}]


def _recommended(study: Study) -> dict[str, str]:
    """Return segment -> strategy."""
    what = study.definition.get("recommend")
    if what is None:
        return {}
    if what in ("value_risk", "indices"):
        cells = (study.section(what) or {}).get("cells", [])
        return {f"{cell['value']}/{cell['risk']}": cell["strategy"] for cell in cells}
    rules = {
        "framework_segment": study.framework,
        "alerts": (study.section("alerts") or {}).get("rules", []),
        "segments": [*study.segment_rules, study.remainder] if what == "segments" else [],
    }
    return {rule["name"]: rule["strategy"] for rule in rules[what] if rule.get("strategy")}
