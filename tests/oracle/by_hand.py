"""Lakes of a few rows and definitions of a few lines, for numbers worked by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from tests.oracle import connect, oracle

TEXT, _INT, _LONG, _DOUBLE = pa.string(), pa.int32(), pa.int64(), pa.float64()
_TIME = pa.timestamp("us", tz="UTC")
SCHEMAS = {
    "activity": pa.schema(
        {
            "marketo_lead_id": _LONG,
            "stripe_customer_id": TEXT,
            "zendesk_user_id": _LONG,
            "primary_email": TEXT,
            "customer_segment": TEXT,
            "lifecycle_stage": TEXT,
            "composite_engagement_score": _DOUBLE,
            "customer_health_score": _DOUBLE,
            "primary_engagement_channel": TEXT,
            "engagement_velocity": TEXT,
            "activity_risk_level": TEXT,
            "in_marketo": _INT,
            "in_stripe": _INT,
            "in_zendesk": _INT,
            "zendesk_active": _INT,
            "activity_efficiency": _DOUBLE,
            "activity_analysis_timestamp": _TIME,
        }
    ),
    "funnel": pa.schema(
        {
            "primary_email": TEXT,
            "marketing_to_sales_days": _INT,
            "sales_to_support_days": _INT,
            "cross_stage_engagement_consistency": _DOUBLE,
            "revenue_velocity_monthly": _DOUBLE,
            "estimated_customer_ltv": _DOUBLE,
            "funnel_analysis_timestamp": _TIME,
        }
    ),
    "value": pa.schema(
        {
            "primary_email": TEXT,
            "customer_segment": TEXT,
            "customer_tier": TEXT,
            "recency_score": _INT,
            "frequency_score": _INT,
            "monetary_score": _INT,
            "estimated_customer_ltv": _DOUBLE,
            "churn_probability": _DOUBLE,
            "rfm_avg_score": _DOUBLE,
            "portfolio_contribution_pct": _DOUBLE,
            "recommended_engagement_model": TEXT,
            "customer_health_score": _DOUBLE,
            "lifecycle_stage": TEXT,
            "risk_category": TEXT,
            "account_age_days": _INT,
            "days_since_last_activity": _INT,
            "analysis_timestamp": _TIME,
        }
    ),
    "address": pa.schema(
        {
            "customer360_id": TEXT,
            "city": TEXT,
            "state": TEXT,
            "country": TEXT,
            "source_system": TEXT,
            "priority": _INT,
            "rank": _INT,
        }
    ),
    "mapping": pa.schema(
        {
            "customer360_id": TEXT,
            "marketo_lead_id": _LONG,
            "stripe_customer_id": TEXT,
            "zendesk_user_id": _LONG,
        }
    ),
}
DAY_1, DAY_2, DAY_3 = (dt.datetime(2025, 1, day, tzinfo=dt.UTC) for day in (1, 2, 3))


def lake(**tables: list[dict[str, Any]]) -> duckdb.DuckDBPyConnection:
    """A lake of the given tables; columns a row does not name are null, other tables are absent."""
    made = {}
    for role, rows in tables.items():
        schema = SCHEMAS[role]
        made[role] = pa.Table.from_pylist([{n: row.get(n) for n in schema.names} for row in rows], schema)
    return connect(made)


def activity(email: str | None, **columns: Any) -> dict[str, Any]:
    return {"primary_email": email, "activity_analysis_timestamp": DAY_1} | columns


def funnel(email: str, first: int | None, second: int | None, at: dt.datetime = DAY_1) -> dict[str, Any]:
    return {
        "primary_email": email,
        "marketing_to_sales_days": first,
        "sales_to_support_days": second,
        "funnel_analysis_timestamp": at,
    }


def value(email: str, tier: str | None = None, ltv: float | None = None, **columns: Any) -> dict[str, Any]:
    named = {"primary_email": email, "customer_tier": tier, "estimated_customer_ltv": ltv}
    return named | {"analysis_timestamp": DAY_1} | columns


# Membership by one flag keeps the lakes below small.
FLAGGED = [{"column": "zendesk_active", "operator": "=", "value": 1}]


def definition(cohort: list[dict[str, Any]], sections: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"analysis": "by_hand", "base": "activity", "cohort": cohort, "sections": sections} | more


def row(rows: list[dict[str, Any]], **where: Any) -> dict[str, Any]:
    (found,) = [one for one in rows if all(one[name] == wanted for name, wanted in where.items())]
    return found


def approx(expected: float) -> Any:
    return pytest.approx(expected, rel=1e-9)


def profile_of(con: duckdb.DuckDBPyConnection, column: str, unit: str = "points") -> dict[str, Any]:
    sections = {"cohort_profile": {"measures": [{"column": column, "unit": unit}]}}
    found = oracle(con, definition([{"column": column, "operator": ">", "value": -1}], sections))
    return row(found["measures"], group_name="population")


def flags(marketo: int | None, stripe: int | None, zendesk: int | None) -> dict[str, int | None]:
    return {"in_marketo": marketo, "in_stripe": stripe, "in_zendesk": zendesk}
