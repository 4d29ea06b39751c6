from __future__ import annotations

import pytest
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from transforms.keys import with_customer_key
from transforms.synthetic.places import COUNTRY_WORDS, VALID_COUNTRIES

NAN, INF = float("nan"), float("inf")
WITH_KEY = ("activity", "funnel", "value")
TIMES = {
    "activity": "activity_analysis_timestamp",
    "funnel": "funnel_analysis_timestamp",
    "value": "analysis_timestamp",
}


def _keyed(frame: DataFrame) -> DataFrame:
    return with_customer_key(frame).where(F.col("customer_key").isNotNull())


def _count(frame: DataFrame, condition: Column) -> int:
    return frame.where(condition).count()


def _email(pattern: str) -> Column:
    return F.col("primary_email").rlike(pattern)


@pytest.mark.parametrize(
    ("role", "hazard"),
    [
        ("value", lambda: F.isnan("estimated_customer_ltv")),
        ("value", lambda: F.col("estimated_customer_ltv") == INF),
        ("value", lambda: F.col("estimated_customer_ltv") == -INF),
        ("value", lambda: F.col("estimated_customer_ltv").isNull()),
        ("value", lambda: (F.col("account_age_days") == 0) & (F.col("expected_annual_revenue") == INF)),
        ("value", lambda: F.col("days_since_last_activity") < 0),
        ("value", lambda: F.col("churn_probability").isNull()),
        ("value", lambda: F.col("customer_tier").rlike("^[a-z]")),
        ("value", lambda: F.col("portfolio_contribution_pct") > 0.05),
        ("activity", lambda: F.isnan("composite_engagement_score")),
        ("activity", lambda: F.col("composite_engagement_score") == INF),
        ("activity", lambda: F.col("composite_engagement_score").isNull()),
        ("activity", lambda: F.isnan("customer_health_score")),
        ("activity", lambda: F.col("activity_risk_level").isNull()),
        ("activity", lambda: F.col("engagement_velocity").rlike("^[a-z]")),
        ("activity", lambda: F.col("customer_segment") == "Mid Market"),
        ("activity", lambda: F.col("in_zendesk").isNull()),
        ("activity", lambda: (F.col("in_zendesk") == 0) & F.col("zendesk_user_id").isNotNull()),
        ("activity", lambda: (F.col("in_stripe") == 1) & F.col("stripe_customer_id").isNull()),
        ("activity", lambda: F.col("in_stripe") == 2),
        ("funnel", lambda: F.col("marketing_to_sales_days").isNull()),
        ("funnel", lambda: F.col("marketing_to_sales_days") < 0),
        ("funnel", lambda: F.col("sales_to_support_days").isNull()),
        ("funnel", lambda: F.col("revenue_velocity_monthly") == INF),
        ("funnel", lambda: F.isnan("cross_stage_engagement_consistency")),
        ("funnel", lambda: F.col("primary_engagement_channel") == "Content Marketing"),
        ("funnel", lambda: F.col("funnel_analysis_timestamp").isNull()),
        ("address", lambda: F.col("country").isNull()),
        ("address", lambda: F.col("country") == ""),
        ("address", lambda: F.col("country") == "School"),
    ],
)
def test_hazard_is_there_but_rare(tables: dict[str, DataFrame], role: str, hazard) -> None:  # type: ignore[no-untyped-def]
    found = _count(tables[role], hazard())
    assert 0 < found < 0.2 * tables[role].count()


@pytest.mark.parametrize("role", WITH_KEY)
@pytest.mark.parametrize(
    "condition",
    [
        lambda: F.col("primary_email").isNull(),
        lambda: F.col("primary_email") == "",
        lambda: _email(r"^[\p{Z}\s]+$"),
        lambda: _email(r"^[\p{Z}\s]+[^\p{Z}\s]"),
        lambda: _email("\u00a0"),
        lambda: _email("[A-Z]"),
    ],
    ids=["null", "empty", "white space", "leading space", "non-breaking space", "upper case"],
)
def test_every_table_has_odd_keys(tables: dict[str, DataFrame], role: str, condition) -> None:  # type: ignore[no-untyped-def]
    assert _count(tables[role], condition()) > 0


def test_some_keys_lie_outside_ascii(tables: dict[str, DataFrame]) -> None:
    assert _count(_keyed(tables["activity"]), F.col("customer_key").rlike(r"[^\x00-\x7F]")) > 3


@pytest.mark.parametrize("role", WITH_KEY)
def test_some_rows_are_exact_duplicates(tables: dict[str, DataFrame], role: str) -> None:
    assert tables[role].distinct().count() < tables[role].count()


@pytest.mark.parametrize(
    ("role", "columns"),
    [
        ("value", ("customer_tier", "estimated_customer_ltv", "rfm_score", "customer_segment")),
        ("activity", ("customer_segment", "activity_risk_level")),
        ("funnel", ("customer_tier", "marketing_to_sales_days")),
    ],
)
def test_rows_of_one_customer_and_instant_disagree(
    tables: dict[str, DataFrame], role: str, columns: tuple[str, ...]
) -> None:
    ties = _keyed(tables[role]).groupBy("customer_key", TIMES[role])
    spread = ties.agg(*[F.count_distinct(name).alias(name) for name in columns])
    for name in columns:
        assert _count(spread, F.col(name) > 1) > 0, name


def test_some_ties_are_decided_by_the_tier_alone(tables: dict[str, DataFrame]) -> None:
    before = ["customer_key", "analysis_timestamp", "primary_organization", "customer_segment"]
    tied = _keyed(tables["value"]).groupBy(*before).agg(F.count_distinct("customer_tier").alias("tiers"))
    assert _count(tied, F.col("tiers") > 1) > 0


def test_one_customer_has_24_value_rows_and_none_has_more(tables: dict[str, DataFrame]) -> None:
    rows = _keyed(tables["value"]).groupBy("customer_key").count().agg(F.max("count").alias("most")).first()
    assert rows is not None
    assert rows["most"] == 24


def test_customers_of_each_table_are_missing_from_another(tables: dict[str, DataFrame]) -> None:
    keys = {role: _keyed(tables[role]).select("customer_key").distinct() for role in WITH_KEY}
    for left, right in (
        ("activity", "funnel"),
        ("activity", "value"),
        ("funnel", "activity"),
        ("value", "activity"),
    ):
        assert keys[left].join(keys[right], on="customer_key", how="left_anti").count() > 0


def test_high_activity_risk_occurs_exactly_where_velocity_is_stagnant(tables: dict[str, DataFrame]) -> None:
    is_risk = F.coalesce(F.col("activity_risk_level") == "High Activity Risk", F.lit(False))
    is_stagnant = F.col("engagement_velocity") == "Stagnant"
    assert _count(tables["activity"], is_risk) > 0
    assert _count(tables["activity"], is_risk != is_stagnant) == 0


def test_lead_ids_are_null_in_three_percent_and_one_in_five_has_all_ids(tables: dict[str, DataFrame]) -> None:
    shares = (
        tables["activity"]
        .agg(
            F.avg(F.col("marketo_lead_id").isNull().cast("int")).alias("no_lead"),
            F.avg(
                (
                    F.col("marketo_lead_id").isNotNull()
                    & F.col("stripe_customer_id").isNotNull()
                    & F.col("zendesk_user_id").isNotNull()
                ).cast("int")
            ).alias("all_ids"),
        )
        .first()
    )
    assert shares is not None
    assert 0.01 < shares["no_lead"] < 0.06
    assert 0.15 < shares["all_ids"] < 0.25


def test_derived_money_columns_follow_from_ltv(tables: dict[str, DataFrame]) -> None:
    ltv, churn = F.col("estimated_customer_ltv"), F.col("revenue_risk_percentage") / 100
    clean = tables["value"].where((F.abs(ltv) < INF) & (F.col("account_age_days") > 0))
    adjusted = ltv * 0.8
    expected = {
        "adjusted_ltv": adjusted,
        "potential_revenue_loss": adjusted * churn,
        "expected_annual_revenue": adjusted * (1 - churn) * 365 / F.nullif(F.col("account_age_days"), F.lit(0)),
        "rfm_avg_score": (F.col("recency_score") + F.col("frequency_score") + F.col("monetary_score")) / 3,
    }
    for name, value in expected.items():
        assert _count(clean, F.abs(F.col(name) - value) > 1e-12 * value) == 0, name
    assert _count(clean, ltv <= 0) == 0


def test_addresses_join_to_no_id_as_text_or_md5(tables: dict[str, DataFrame]) -> None:
    activity = _keyed(tables["activity"])
    ids = [F.col(name).cast("string") for name in ("marketo_lead_id", "stripe_customer_id", "zendesk_user_id")]
    tried = activity.select(
        F.explode(F.array(*ids, *[F.md5(text) for text in ids], F.md5("customer_key"))).alias("customer360_id")
    )
    assert tables["address"].join(tried, on="customer360_id", how="left_semi").count() == 0


def test_addresses_join_through_the_mapping(tables: dict[str, DataFrame], plan) -> None:  # type: ignore[no-untyped-def]
    leads = _keyed(tables["activity"]).select("marketo_lead_id").distinct()
    found = tables["mapping"].join(leads, on="marketo_lead_id", how="left_semi").select("customer360_id")
    matched = tables["address"].join(found, on="customer360_id", how="left_semi")
    assert matched.select("customer360_id").distinct().count() > 0.9 * plan.customers


def test_states_are_real_where_the_country_is() -> None:
    assert len(VALID_COUNTRIES) + len(set(COUNTRY_WORDS)) == 736
    assert not set(COUNTRY_WORDS) & set(VALID_COUNTRIES)


def test_source_systems_are_marketo_and_stripe(tables: dict[str, DataFrame]) -> None:
    kinds = tables["address"].select("source_system", "address_type").distinct().collect()
    assert {tuple(row) for row in kinds} == {
        ("marketo", "billing"),
        ("marketo", "primary"),
        ("stripe", "customer"),
        ("stripe", "shipping"),
    }
