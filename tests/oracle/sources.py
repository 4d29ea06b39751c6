"""Which table a column is read from, where several tables hold a column of that name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from tests.oracle.lake import columns
from tests.oracle.snapshots import KEYED

_ACTIVITY = (
    "primary_engagement_channel",
    "customer_health_score",
    "engagement_velocity",
    "activity_risk_level",
    "composite_engagement_score",
    "weighted_engagement_score",
    "marketing_engagement_score",
    "sales_engagement_score",
    "support_engagement_score",
    "activity_efficiency",
    "in_marketo",
    "in_stripe",
    "in_zendesk",
    "zendesk_active",
    "marketo_lead_id",
    "stripe_customer_id",
    "zendesk_user_id",
)
_VALUE = (
    *("customer_tier", "recency_score", "frequency_score", "monetary_score", "churn_probability", "rfm_avg_score"),
    *("account_age_days", "days_since_last_activity", "portfolio_contribution_pct"),
    *("risk_category", "recommended_engagement_model"),
)
_FUNNEL = (
    *("marketing_to_sales_days", "sales_to_support_days"),
    *("cross_stage_engagement_consistency", "revenue_velocity_monthly"),
)
LTV = "estimated_customer_ltv"
# The second table where the first has no rows and the second does.
_ELSE = {
    "customer_segment": ("activity", "value"),
    "lifecycle_stage": ("activity", "value"),
    LTV: ("value", "funnel"),
}
ALWAYS = (*_ACTIVITY, *_VALUE, *_FUNNEL, *_ELSE)

_TEXT = frozenset(
    {
        "primary_engagement_channel",
        "engagement_velocity",
        "activity_risk_level",
        "customer_tier",
        "customer_segment",
        "lifecycle_stage",
        "stripe_customer_id",
        "risk_category",
        "recommended_engagement_model",
    }
)


@dataclass(frozen=True, slots=True)
class Sources:
    """The columns of the three keyed tables, which of them have rows, and what the definition chose."""

    held: dict[str, dict[str, str]]
    filled: frozenset[str]
    chosen: Mapping[str, str]

    def role(self, column: str) -> str:
        """Return the role of the table that a column is read from."""
        if column in self.chosen:
            return self.chosen[column]
        if column in _ACTIVITY:
            return "activity"
        if column in _FUNNEL:
            return "funnel"
        if column in _VALUE:
            return "value"
        if column in _ELSE:
            first, second = _ELSE[column]
            return second if first not in self.filled and second in self.filled else first
        holders = [role for role in ("activity", "value", "funnel") if column in self.held[role]]
        return holders[0] if holders else "activity"

    def fills(self, column: str) -> bool:
        """Return whether a column is there and its table has rows."""
        role = self.role(column)
        return role in self.filled and column in self.held[role]

    def select(self, column: str, alias: str | None = None) -> str:
        """Return the expression that reads a column, a typed null where its table lacks it."""
        role = self.role(column)
        if column in self.held[role]:
            return f'{alias or role}."{column}"'
        return "NULL::VARCHAR" if column in _TEXT else "NULL::DOUBLE"

    def all_columns(self) -> list[str]:
        """Return every column of the three tables once, the fixed ones first."""
        names = dict.fromkeys(ALWAYS)
        for role in KEYED:
            names |= dict.fromkeys(self.held[role])
        return [name for name in names if name != "primary_email"]


def read_sources(con: duckdb.DuckDBPyConnection, chosen: Mapping[str, str]) -> Sources:
    """Look at the input tables of a connection; `chosen` maps a column to the table it is read from."""
    held = {role: columns(con, role) for role in KEYED}
    present = [role for role in KEYED if held[role]]
    filled = (role for role in present if con.execute(f"SELECT 1 FROM {role} LIMIT 1").fetchall())
    return Sources(held, frozenset(filled), chosen)
