"""customer360__customer_value_analysis: tier, RFM, LTV and what is derived from them."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from transforms.input_tables import TABLES
from transforms.synthetic import categories as k
from transforms.synthetic import identity, latent
from transforms.synthetic.columns import in_schema_order
from transforms.synthetic.effects import TIERS
from transforms.synthetic.hashing import Dice, pick
from transforms.synthetic.rows import TIE, row_identities
from transforms.synthetic.shapes import LakePlan

_SCOPE = "value"
_CHURN_STEPS = (25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80)
_ADJUSTMENT = 0.8
_DAYS_PER_YEAR = 365
_OLDER_LTV_FACTOR = 1.5
# RFM of shape `second` by tier, as (lowest, highest) score: tiers are cut from RFM there.
_SECOND_RFM = ((1, 2), (1, 4), (2, 5), (3, 5), (4, 5))
_SCORES = ("recency", "frequency", "monetary")


def value_rows(ids: DataFrame, lake: LakePlan) -> DataFrame:
    """Return the value table: one row per row number in `ids`, columns and types as declared.

    Half of the tied copies differ from the latest row only from `customer_tier` on, the other half from
    `primary_organization` on; older rows hold other tiers and higher LTV, so that picking them shows.
    """
    people = row_identities(ids, lake, lake.value, _SCOPE)
    dice, latest = latent.dice_for(lake, _SCOPE), latent.dice_for(lake, _SCOPE).of_latest()
    # 'Basic' sorts below every other tier, so such a tie loses exactly at the tier.
    is_close_tie = (F.col("kind") == TIE) & (latent.tier_index(lake, latest) > 0) & dice.chance("close tie", 5000)
    bases = people.withColumn("is_close_tie", is_close_tie).select(
        "*",
        identity.plain_email(lake).alias("plain_email"),
        F.when(F.col("is_close_tie"), F.lit(0)).otherwise(latent.tier_index(lake, dice)).alias("tier_index"),
        identity.account_age_days(lake, dice).alias("age"),
        dice.roll("churn", len(_CHURN_STEPS)).alias("churn_index"),
    )
    cohort = latent.in_cohort(lake) & (F.col("version") == 0)
    ltv = latent.ltv(lake, dice, F.col("tier_index"), cohort)
    measured = bases.select(
        "*",
        F.when(F.col("version") == 0, ltv).otherwise(ltv * _OLDER_LTV_FACTOR).alias("clean_ltv"),
        (F.col("churn_index") * 5 + _CHURN_STEPS[0]).alias("churn_percent"),
        *(_rfm(lake, dice, name).alias(name) for name in _SCORES),
    ).withColumn("ltv", _ltv_with_hazards(dice, F.col("clean_ltv")))
    return in_schema_order(
        measured,
        TABLES["value"],
        {**_shared(lake, dice, latest), **_money(lake, dice), **_assessment(lake, dice)},
    )


def _shared(lake: LakePlan, dice: Dice, latest: Dice) -> dict[str, Column]:
    segments = k.SEGMENTS_SECOND if lake.shape == "second" else k.SEGMENTS_FIRST
    stages = k.STAGES_SECOND if lake.shape == "second" else k.STAGES_FIRST
    tier = pick(TIERS, F.col("tier_index"))
    is_other_tie = (F.col("kind") == TIE) & ~F.col("is_close_tie")
    own_segment = dice.weighted("segment", segments)
    return {
        "marketo_lead_id": identity.lead_id(lake),
        "stripe_customer_id": identity.stripe_id(lake),
        "zendesk_user_id": identity.zendesk_id(lake),
        "primary_email": identity.email(lake, _SCOPE),
        "primary_organization": identity.organization(lake, is_short=is_other_tie),
        "customer_segment": F.when(F.col("is_close_tie"), latest.weighted("segment", segments)).otherwise(own_segment),
        "customer_tier": F.when((F.col("version") == 0) & dice.every("spelling of tier", 401), F.lower(tier)).otherwise(
            tier
        ),
        "lifecycle_stage": dice.weighted("stage", stages),
        "account_age_days": F.col("age"),
        "days_since_last_activity": identity.days_since_last_activity(dice),
        "analysis_timestamp": identity.snapshot_time(lake, _SCOPE),
    }


def _money(lake: LakePlan, dice: Dice) -> dict[str, Column]:
    churn = F.col("churn_percent") / F.lit(100.0)
    adjusted = F.col("ltv") * F.lit(_ADJUSTMENT)
    age = F.when(F.col("age") != 0, F.col("age"))
    annual = adjusted * (F.lit(1.0) - churn) * F.lit(float(_DAYS_PER_YEAR)) / age
    scores = [F.col(name) for name in _SCORES]
    return {
        "rfm_segment": dice.choice("rfm segment", tuple(k.SEGMENTS_SECOND)),
        "rfm_score": F.concat(*[score.cast("string") for score in scores]),
        "rfm_avg_score": (scores[0] + scores[1] + scores[2]) / F.lit(3.0),
        "recency_score": scores[0],
        "frequency_score": scores[1],
        "monetary_score": scores[2],
        "estimated_customer_ltv": F.col("ltv"),
        "adjusted_ltv": adjusted,
        "expected_annual_revenue": F.when(F.col("age") == 0, F.lit(float("inf"))).otherwise(annual),
        "churn_probability": F.when(~dice.every("no churn", 241), churn),
        "potential_revenue_loss": adjusted * churn,
        "revenue_risk_percentage": F.col("churn_percent"),
        "portfolio_contribution_pct": _portfolio_share(lake, dice),
        "investment_priority_score": dice.decimal("investment", 0, 100, 2),
    }


def _assessment(lake: LakePlan, dice: Dice) -> dict[str, Column]:
    health = dice.decimal("health", 1.3, 3.5) if lake.shape == "second" else dice.decimal("health", 30, 100)
    levels = ("Low", "Medium", "High")
    return {
        "revenue_tier": dice.choice("revenue tier", ("Small", "Medium", "Large", "Very Large")),
        "strategic_classification": dice.choice("strategic", ("Core", "Growth", "Maintain", "Watch")),
        "value_stability": dice.choice("stability", ("Stable", "Variable", "Volatile")),
        "upsell_potential": dice.choice("upsell", levels),
        "concentration_risk": F.lit("Low Concentration"),
        "acquisition_roi_assessment": dice.choice("roi", ("Poor", "Fair", "Good", "Excellent")),
        "recommended_engagement_model": dice.weighted("model", k.ENGAGEMENT_MODELS),
        "investment_recommendation": dice.choice("recommendation", ("Reduce", "Maintain", "Increase")),
        "success_target": dice.choice("target", ("Retain", "Expand", "Recover")),
        "development_opportunity": dice.choice("development", ("None", "Cross-sell", "Upsell", "Training")),
        "customer_health_score": F.when(~dice.every("health null", 229), health),
        "risk_category": dice.weighted("risk category", k.RISK_CATEGORIES),
    }


def _rfm(lake: LakePlan, dice: Dice, name: str) -> Column:
    """Return one score 1-5: noise, except in shape `second`, where tiers follow from the scores."""
    if lake.shape != "second":
        return dice.between(name, 1, 5)
    chain = F.when(F.lit(False), F.lit(0).cast("bigint"))
    for index, (low, high) in enumerate(_SECOND_RFM):
        chain = chain.when(F.col("tier_index") == index, dice.between(name, low, high))
    return chain


def _ltv_with_hazards(dice: Dice, clean: Column) -> Column:
    is_giant = F.col("giant").isNotNull()
    return (
        F.when(is_giant, clean)
        .when(dice.every("ltv null", 233), F.lit(None))
        .when(dice.every("ltv nan", 251), F.lit(float("nan")))
        .when(dice.every("ltv inf", 269), F.lit(float("inf")))
        .when(dice.every("ltv minus inf", 277), F.lit(float("-inf")))
        .otherwise(clean)
    )


def _portfolio_share(lake: LakePlan, dice: Dice) -> Column:
    """Return portfolio_contribution_pct: a fraction 0.0004-0.5, mean about 0.0091, with a long tail."""
    common = (9450, 400, 135, 15)
    if lake.shape != "second":
        part = dice.index("portfolio", common)
    else:
        # Large shares belong to the upper tiers, by what the column means.
        upper = dice.index("portfolio upper", (3000, 2000, 4500, 500))
        lower = dice.index("portfolio lower", (9600, 380, 15, 5))
        part = F.when(F.col("tier_index") >= TIERS.index("Gold"), upper).otherwise(lower)
    return (
        F.when(part == 0, dice.decimal("portfolio small", 0.0004, 0.0115))
        .when(part == 1, dice.decimal("portfolio middle", 0.0116, 0.05))
        .when(part == 2, dice.decimal("portfolio large", 0.0501, 0.2))
        .otherwise(dice.decimal("portfolio huge", 0.2001, 0.5))
    )
