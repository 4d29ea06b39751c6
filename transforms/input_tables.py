"""The customer360 input tables: names, columns and types, as the mart declares them.

One place for the contract, so that the generator, the ingest job, the lake reader and the
transforms cannot disagree. Column order is the schema order that breaks ties between snapshots.
"""

from __future__ import annotations

from dataclasses import dataclass

VALUE = "customer360__customer_value_analysis"
ACTIVITY = "customer360__customer_activity_metrics"
FUNNEL = "customer360__conversion_funnel_analysis"
ADDRESS = "customer360__address"
MAPPING = "customer360__mapping"

_VALUE_DDL = """
marketo_lead_id bigint, stripe_customer_id string, zendesk_user_id bigint,
primary_email string, primary_organization string, customer_segment string, customer_tier string,
rfm_segment string, rfm_score string, rfm_avg_score double, recency_score int, frequency_score int,
monetary_score int, estimated_customer_ltv double, adjusted_ltv double,
expected_annual_revenue double, revenue_tier string, strategic_classification string,
value_stability string, upsell_potential string, churn_probability double,
potential_revenue_loss double, revenue_risk_percentage double, portfolio_contribution_pct double,
concentration_risk string, investment_priority_score double, acquisition_roi_assessment string,
recommended_engagement_model string, investment_recommendation string, success_target string,
development_opportunity string, customer_health_score double, lifecycle_stage string,
risk_category string, account_age_days int, days_since_last_activity int,
analysis_timestamp timestamp
"""

_ACTIVITY_DDL = """
marketo_lead_id bigint, stripe_customer_id string, zendesk_user_id bigint,
primary_email string, primary_organization string, customer_segment string,
customer_journey_pattern string, lifecycle_stage string, composite_engagement_score double,
weighted_engagement_score double, customer_health_score double, activity_grade string,
activity_priority_score double, days_since_last_activity int, weeks_since_last_activity int,
months_since_last_activity int, account_age_days int, active_channel_count int,
primary_engagement_channel string, marketing_engagement_score double,
sales_engagement_score double, support_engagement_score double, marketing_depth string,
sales_depth string, support_depth string, engagement_velocity string, activity_momentum string,
engagement_maturity string, estimated_monthly_activities double,
predicted_next_month_activity double, seasonally_adjusted_activity double, active_30_days int,
active_60_days int, active_90_days int, active_180_days int, active_365_days int,
activity_risk_level string, cross_platform_consistency double, activity_efficiency double,
recommended_activity_intervention string, in_marketo int, in_stripe int, in_zendesk int,
is_unsubscribed int, is_email_invalid int, do_not_call int, is_delinquent int, stripe_deleted int,
zendesk_active int, zendesk_suspended int, zendesk_deleted int,
customer_first_touchpoint timestamp, customer_last_activity timestamp,
marketo_registration_date timestamp, stripe_registration_date timestamp,
zendesk_registration_date timestamp, activity_analysis_timestamp timestamp
"""

_FUNNEL_DDL = """
marketo_lead_id bigint, stripe_customer_id string, zendesk_user_id bigint,
primary_email string, primary_organization string, customer_segment string, customer_tier string,
lifecycle_stage string, reached_awareness int, reached_conversion int, reached_support int,
journey_completeness_score int, customer_journey_pattern string, funnel_efficiency string,
marketing_to_sales_days int, sales_to_support_days int, awareness_to_conversion_speed string,
conversion_to_support_speed string, journey_velocity string, revenue_velocity_monthly double,
awareness_engagement_quality int, conversion_engagement_quality int,
support_engagement_quality int, cross_stage_engagement_consistency double,
weighted_engagement_score double, primary_engagement_channel string,
next_stage_conversion_probability double, predictive_full_journey_probability double,
drop_off_risk string, value_realization_pattern string, optimization_recommendation string,
expected_optimization_value double, intervention_priority string, success_target string,
funnel_performance_grade string, journey_efficiency_index double, activity_grade string,
customer_health_score double, estimated_customer_ltv double, account_age_days int,
customer_first_touchpoint timestamp, customer_last_activity timestamp,
funnel_analysis_timestamp timestamp
"""

_ADDRESS_DDL = """
customer360_id string, address_line_1 string, address_line_2 string, city string, state string,
state_code string, country string, country_code string, country_alt_name string,
postal_code string, address_type string, source_system string, priority int, rank int
"""

_MAPPING_DDL = """
customer360_id string, customer360_organization_id string, is_organization_header boolean,
marketo_lead_id bigint, stripe_customer_id string, zendesk_user_id bigint, source_ids string,
created_at timestamp, updated_at timestamp
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputTable:
    """One input table: its short role in definitions, its name in a lake, columns and snapshot column.

    `columns` maps name to Spark type name in schema order. `snapshot_column` is None for tables
    without snapshots; `key_column` is None where the table has no e-mail.
    """

    role: str
    name: str
    columns: dict[str, str]
    key_column: str | None
    snapshot_column: str | None

    @property
    def ddl(self) -> str:
        """The schema as a DDL string, in schema order."""
        return ", ".join(f"{name} {type_name}" for name, type_name in self.columns.items())


def _columns(ddl: str) -> dict[str, str]:
    parts = (part.split() for part in ddl.replace("\n", " ").split(","))
    return {column[0]: column[1] for column in parts}


TABLES: dict[str, InputTable] = {
    table.role: table
    for table in (
        InputTable(
            role="activity",
            name=ACTIVITY,
            columns=_columns(_ACTIVITY_DDL),
            key_column="primary_email",
            snapshot_column="activity_analysis_timestamp",
        ),
        InputTable(
            role="funnel",
            name=FUNNEL,
            columns=_columns(_FUNNEL_DDL),
            key_column="primary_email",
            snapshot_column="funnel_analysis_timestamp",
        ),
        InputTable(
            role="value",
            name=VALUE,
            columns=_columns(_VALUE_DDL),
            key_column="primary_email",
            snapshot_column="analysis_timestamp",
        ),
        InputTable(
            role="address",
            name=ADDRESS,
            columns=_columns(_ADDRESS_DDL),
            key_column=None,
            snapshot_column=None,
        ),
        InputTable(
            role="mapping",
            name=MAPPING,
            columns=_columns(_MAPPING_DDL),
            key_column=None,
            snapshot_column=None,
        ),
    )
}

_WIDENS = {
    ("int", "bigint"),
    ("int", "double"),
    ("bigint", "double"),
    ("float", "double"),
    ("date", "timestamp"),
    ("timestamp_ntz", "timestamp"),
}


def is_readable_as(actual: str, expected: str) -> bool:
    """Return whether a column of type `actual` holds what a column of type `expected` must, without loss."""
    if actual.startswith(("varchar", "char")):
        return expected == "string"
    return actual == expected or (actual, expected) in _WIDENS
