"""What the contenders agree on: tables, columns, scales. Each writes the ten tables named in `TABLES` as Delta."""

from __future__ import annotations

ACTIVITY = "customer360__customer_activity_metrics"
FUNNEL = "customer360__conversion_funnel_analysis"
VALUE = "customer360__customer_value_analysis"

# table: (snapshot column, columns)
READ = {
    ACTIVITY: (
        "activity_analysis_timestamp",
        (
            *("composite_engagement_score", "customer_health_score", "primary_engagement_channel", "lifecycle_stage"),
            *("activity_risk_level", "engagement_velocity", "zendesk_active", "in_marketo", "in_stripe", "in_zendesk"),
        ),
    ),
    FUNNEL: ("funnel_analysis_timestamp", ("marketing_to_sales_days", "sales_to_support_days")),
    VALUE: (
        "analysis_timestamp",
        ("customer_tier", "estimated_customer_ltv", "recency_score", "frequency_score", "monetary_score"),
    ),
}
MEASURES = (
    "recency_score",
    "monetary_score",
    "customer_health_score",
    "composite_engagement_score",
    "sales_to_support_days",
)
LTV, HEALTH, TIER = "estimated_customer_ltv", "customer_health_score", "customer_tier"
FLAGS = ("in_marketo", "in_stripe", "in_zendesk")
DIMENSIONS = {"channels": "primary_engagement_channel", "lifecycle": "lifecycle_stage"}
RISK = {"Very Low": 0.0, "Low": 0.25, "Medium": 0.5, "High": 0.75, "High Activity Risk": 0.9, "Critical": 1.0}
VELOCITY = {"Accelerating": 0.0, "Stable": 0.25, "Volatile": 0.6, "Declining": 0.85, "Stagnant": 1.0}
VALUE_PARTS = {LTV: 0.35, HEALTH: 0.25, "monetary_score": 0.2, "frequency_score": 0.2}
# the columns that identify a row of each table; the rest are figures
TABLES = {
    "attrition": ("step",),
    "profile": ("group_name", "measure"),
    "tier_ltv": ("tier",),
    "channels": ("group_name", "value"),
    "lifecycle": ("group_name", "value"),
    "platforms": ("group_name", "combination"),
    "risk_velocity": ("group_name", "risk", "velocity"),
    "index_thresholds": ("index_name",),
    "index_grid": ("value_level", "risk_level"),
    "members": ("customer_key",),
}
