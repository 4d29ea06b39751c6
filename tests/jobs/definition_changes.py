"""What a test changes in the small definition, by the key that it changes."""

from __future__ import annotations

import copy
from typing import Any

from tests.jobs.definition_files import Change

GRID = {
    "value_levels": [{"name": "high", "otherwise": True}],
    "risk_levels": [{"name": "low", "otherwise": True}],
    "risk_levels_as_written": [],
    "cells": [{"value": "high", "risk": "low", "strategy": "call"}],
}
CALL = {
    "title": {"en": "Call"},
    "first_step": {"en": "Call."},
    "owner": "sales",
    "due_days": 7,
    "kpi": {"measure": "churn_probability", "target_ratio": 1, "alarm_ratio": 1.5},
}
DAYS, RISK, LTV = "sales_to_support_days", "activity_risk_level", "estimated_customer_ltv"
IS_LOW = {"column": RISK, "operator": "=", "value": "Low"}
IS_SLOW = {"column": DAYS, "operator": ">", "value": 30}
GOLD = {"name": "gold", "all": [{"column": "customer_tier", "operator": "=", "value": "Gold"}]}
BASIC = {"name": "basic", "all": [{"column": "customer_tier", "operator": "=", "value": "Basic"}]}
FRAMEWORK = "sections.risk_velocity.framework"


def top(**changes: Any) -> Change:
    return lambda raw: raw.update(changes)


def cohort(**condition: Any) -> Change:
    return lambda raw: raw.update(cohort=[condition])


def sections(**sections: Any) -> Change:
    return lambda raw: raw["sections"].update(sections)


def measures(*measures: dict[str, Any]) -> Change:
    return sections(cohort_profile={"measures": list(measures)})


def framework(**rule: Any) -> Change:
    return sections(risk_velocity={"framework": [{"name": "a", **rule}]})


def frameworks(*rules: dict[str, Any]) -> Change:
    return sections(risk_velocity={"framework": list(rules)})


def with_grid(**changes: Any) -> Change:
    def change(raw: dict[str, Any]) -> None:
        raw["strategies"] = {"call": CALL}
        raw["sections"]["value_risk"] = {**copy.deepcopy(GRID), **changes}

    return change


def strategy(**changes: Any) -> Change:
    return lambda raw: raw.update(strategies={"call": {**CALL, **changes}})


def segments(*rules: dict[str, Any], remainder: str = "rest", **options: Any) -> Change:
    """Segments instead of a cohort."""

    def change(raw: dict[str, Any]) -> None:
        raw.pop("cohort")
        raw["segments"] = {"rules": list(rules), "remainder": {"name": remainder}}
        raw["sections"] = {
            "segments": {
                "measures": [{"column": "estimated_customer_ltv", "unit": "currency"}],
                "compare": [],
                **options,
            }
        }

    return change


def indices(*parts: dict[str, Any], **options: Any) -> Change:
    plain = [{"column": LTV, "weight": 1, "scale": "min_max"}]
    return sections(indices={"value": {"parts": list(parts)}, "risk": {"parts": plain}, **options})


def alerts(*rules: dict[str, Any]) -> Change:
    return sections(alerts={"rules": list(rules)})


def alert(**changes: Any) -> dict[str, Any]:
    return {"name": "a", "level": "red", "all": [IS_LOW], **changes}


def inputs(**roles: Any) -> Change:
    return lambda raw: raw.update(inputs=roles)


def columns(**columns: Any) -> Change:
    return inputs(value={"columns": columns})
