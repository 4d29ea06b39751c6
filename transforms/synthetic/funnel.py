"""customer360__conversion_funnel_analysis: delays, stages and, in shape `first`, the giant e-mails."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from transforms.input_tables import TABLES
from transforms.synthetic import categories as k
from transforms.synthetic import identity, latent
from transforms.synthetic.columns import in_schema_order
from transforms.synthetic.effects import TIERS
from transforms.synthetic.hashing import Dice, pick
from transforms.synthetic.rows import row_identities
from transforms.synthetic.shapes import LakePlan

_SCOPE = "funnel"
_DAYS_PER_MONTH = 30.44
_SPEEDS = ("Fast", "Normal", "Slow")


def funnel_rows(ids: DataFrame, lake: LakePlan) -> DataFrame:
    """Return the funnel table: one row per row number in `ids`, columns and types as declared.

    Tier, LTV, health, stage and channel are rolled anew here: they disagree with the columns of the same name
    in the other tables and carry no effect.
    """
    people = row_identities(ids, lake, lake.funnel, _SCOPE)
    dice = latent.dice_for(lake, _SCOPE)
    bases = people.select(
        "*",
        identity.plain_email(lake).alias("plain_email"),
        latent.marketing_days(lake, dice).alias("marketing_days"),
        latent.support_days(lake, dice).alias("support_days"),
        latent.tier_index(lake, dice).alias("tier_index"),
        identity.account_age_days(lake, dice).alias("age"),
        dice.chance("conversion", 8000).alias("has_converted"),
        dice.chance("support", 5500).alias("has_support"),
    ).withColumn("ltv", latent.ltv(lake, dice, F.col("tier_index"), F.lit(False)))
    return in_schema_order(bases, TABLES["funnel"], {**_shared(lake, dice), **_journey(dice), **_scores(dice)})


def _shared(lake: LakePlan, dice: Dice) -> dict[str, Column]:
    inactive = identity.days_since_last_activity(dice)
    return {
        "marketo_lead_id": identity.lead_id(lake),
        "stripe_customer_id": identity.stripe_id(lake),
        "zendesk_user_id": identity.zendesk_id(lake),
        "primary_email": identity.email(lake, _SCOPE),
        "primary_organization": identity.organization(lake),
        "customer_segment": dice.weighted("segment", k.SEGMENTS_FIRST),
        "customer_tier": pick(TIERS, F.col("tier_index")),
        "lifecycle_stage": dice.weighted("stage", k.STAGES_FIRST),
        "account_age_days": F.col("age"),
        "customer_first_touchpoint": identity.days_before_snapshot(F.col("age"), dice, "first touch"),
        "customer_last_activity": identity.days_before_snapshot(inactive, dice, "last activity"),
        "funnel_analysis_timestamp": identity.snapshot_time(lake, _SCOPE),
    }


def _journey(dice: Dice) -> dict[str, Column]:
    conversion, support = F.col("has_converted").cast("int"), F.col("has_support").cast("int")
    return {
        "reached_awareness": F.lit(1),
        "reached_conversion": conversion,
        "reached_support": support,
        "journey_completeness_score": conversion + support + 1,
        "customer_journey_pattern": dice.choice("pattern", k.PATTERNS),
        "funnel_efficiency": dice.choice("funnel efficiency", ("Low", "Medium", "High")),
        "marketing_to_sales_days": F.col("marketing_days"),
        "sales_to_support_days": F.col("support_days"),
        "awareness_to_conversion_speed": _speed(F.col("marketing_days"), 10, 20),
        "conversion_to_support_speed": _speed(F.col("support_days"), 30, 80),
        "journey_velocity": dice.choice("journey velocity", _SPEEDS),
        "primary_engagement_channel": dice.weighted("channel", k.FUNNEL_CHANNELS),
        "drop_off_risk": dice.choice("drop-off", ("Low", "Medium", "High")),
        "value_realization_pattern": dice.choice("realization", ("Early", "Gradual", "Late", "Not Realized")),
        "optimization_recommendation": dice.choice(
            "optimization", ("Maintain", "Shorten Sales Cycle", "Improve Onboarding", "Re-engage")
        ),
        "intervention_priority": dice.choice("intervention", ("Low", "Medium", "High", "Urgent")),
        "success_target": dice.choice("target", ("Retain", "Expand", "Convert", "Recover")),
        "funnel_performance_grade": dice.choice("funnel grade", k.GRADES),
        "activity_grade": dice.choice("grade", k.GRADES),
    }


def _scores(dice: Dice) -> dict[str, Column]:
    months = F.when(F.col("age") != 0, F.col("age")) / F.lit(_DAYS_PER_MONTH)
    velocity = F.when(F.col("age") == 0, F.lit(float("inf"))).otherwise(F.col("ltv") / months)
    return {
        # A monthly rate over an account age of zero is how infinity comes into such tables.
        "revenue_velocity_monthly": velocity,
        "awareness_engagement_quality": dice.between("awareness quality", 1, 5),
        "conversion_engagement_quality": dice.between("conversion quality", 1, 5),
        "support_engagement_quality": dice.between("support quality", 1, 5),
        "cross_stage_engagement_consistency": F.when(dice.every("consistency nan", 263), F.lit(float("nan"))).otherwise(
            dice.decimal("consistency", 0, 1)
        ),
        "weighted_engagement_score": dice.decimal("weighted", 1, 14, 2),
        "next_stage_conversion_probability": dice.decimal("next stage", 0, 1, 2),
        "predictive_full_journey_probability": dice.decimal("full journey", 0, 1, 2),
        "expected_optimization_value": dice.decimal("optimization value", 0, 5000, 2),
        "journey_efficiency_index": dice.decimal("journey efficiency", 0, 1),
        "customer_health_score": dice.decimal("health", 35, 100, 2),
        "estimated_customer_ltv": F.when(dice.every("ltv null", 281), F.lit(None)).otherwise(F.col("ltv")),
    }


def _speed(days: Column, fast: int, normal: int) -> Column:
    return F.when(days <= fast, _SPEEDS[0]).when(days <= normal, _SPEEDS[1]).when(days > normal, _SPEEDS[2])
