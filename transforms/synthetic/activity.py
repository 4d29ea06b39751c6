"""customer360__customer_activity_metrics: engagement, risk, health and platform flags."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from transforms.input_tables import TABLES
from transforms.synthetic import categories as k
from transforms.synthetic import identity, latent
from transforms.synthetic.columns import in_schema_order
from transforms.synthetic.effects import BOOSTED_CHANNEL, HEALTH_EFFECT, HIGH_RISK, LOW_RISK
from transforms.synthetic.hashing import BELL_DEVIATION, Dice, pick
from transforms.synthetic.rows import row_identities
from transforms.synthetic.shapes import LakePlan

_SCOPE = "activity"
_HEALTH_MEAN, _HEALTH_DEVIATION = 70, 8
_HEALTH_SCALE = 1_000_000
_STAGNANT_INDEX = list(k.RISK_LEVELS).index(k.STAGNANT_RISK)
_FLAGS = {"is_unsubscribed": 600, "is_email_invalid": 200, "do_not_call": 400, "is_delinquent": 300}


def activity_rows(ids: DataFrame, lake: LakePlan) -> DataFrame:
    """Return the activity table: one row per row number in `ids`, columns and types as declared."""
    people = row_identities(ids, lake, lake.activity, _SCOPE)
    dice = latent.dice_for(lake, _SCOPE)
    bases = people.select(
        "*",
        identity.plain_email(lake).alias("plain_email"),
        identity.lead_id(lake).alias("lead_id"),
        identity.stripe_id(lake).alias("stripe_id"),
        identity.zendesk_id(lake).alias("zendesk_id"),
        dice.index("risk level", list(k.RISK_LEVELS.values())).alias("risk_index"),
        identity.account_age_days(lake, dice).alias("age"),
        identity.days_since_last_activity(dice).alias("inactive"),
        latent.engagement(lake, dice).alias("engagement"),
        latent.engagement_hazard(dice).alias("engagement_hazard"),
        (latent.in_cohort(lake) & (F.col("version") == 0)).alias("is_cohort"),
    )
    return in_schema_order(bases, TABLES["activity"], {**_shared(lake, dice), **_behaviour(lake, dice), **_flags(dice)})


def _shared(lake: LakePlan, dice: Dice) -> dict[str, Column]:
    age, inactive = F.col("age"), F.col("inactive")
    registered = dice.of_latest()

    def registration(name: str, lag: int, present: Column) -> Column:
        days = age - registered.roll(f"{name} lag", lag)
        return F.when(present, identity.days_before_snapshot(days, registered, name))

    return {
        "marketo_lead_id": F.col("lead_id"),
        "stripe_customer_id": F.col("stripe_id"),
        "zendesk_user_id": F.col("zendesk_id"),
        "primary_email": identity.email(lake, _SCOPE),
        "primary_organization": identity.organization(lake),
        "customer_segment": identity.spelled(
            dice.weighted("segment", k.SEGMENTS_FIRST), dice, "segment", 331, F.lit("Mid Market")
        ),
        "customer_journey_pattern": dice.choice("pattern", k.PATTERNS),
        "lifecycle_stage": F.when(~dice.every("no stage", 227), dice.weighted("stage", k.STAGES_FIRST)),
        "account_age_days": age,
        "days_since_last_activity": inactive,
        "weeks_since_last_activity": (inactive - F.pmod(inactive, F.lit(7))) / 7,
        "months_since_last_activity": (inactive - F.pmod(inactive, F.lit(30))) / 30,
        "customer_first_touchpoint": identity.days_before_snapshot(age, dice, "first touch"),
        "customer_last_activity": identity.days_before_snapshot(inactive, dice, "last activity"),
        "marketo_registration_date": registration("marketo", 20, F.col("lead_id").isNotNull()),
        "stripe_registration_date": registration("stripe", 60, F.col("stripe_id").isNotNull()),
        "zendesk_registration_date": registration("zendesk", 90, F.col("zendesk_id").isNotNull()),
        "activity_analysis_timestamp": identity.snapshot_time(lake, _SCOPE),
    }


def _behaviour(lake: LakePlan, dice: Dice) -> dict[str, Column]:
    monthly = dice.decimal("monthly", 0, 60)
    return {
        "composite_engagement_score": F.when(F.col("engagement_hazard").isNull(), F.col("engagement"))
        .when(F.col("engagement_hazard") == 2, F.lit(float("nan")))
        .when(F.col("engagement_hazard") == 3, F.lit(float("inf"))),
        "weighted_engagement_score": F.col("engagement") * dice.decimal("weighted", 0.7, 1.1, 2),
        "customer_health_score": _health(lake, dice),
        "activity_grade": dice.choice("grade", k.GRADES),
        "activity_priority_score": dice.decimal("priority", 0, 100, 2),
        "active_channel_count": dice.between("channels", 1, 5),
        "primary_engagement_channel": _channel(lake, dice),
        "marketing_engagement_score": dice.decimal("marketing score", 0, 0.7),
        "sales_engagement_score": dice.decimal("sales score", 0, 0.5),
        "support_engagement_score": dice.decimal("support score", 0, 0.5),
        "marketing_depth": dice.choice("marketing depth", k.DEPTHS),
        "sales_depth": dice.choice("sales depth", k.DEPTHS),
        "support_depth": dice.choice("support depth", k.DEPTHS),
        "engagement_velocity": _velocity(dice),
        "activity_momentum": dice.choice("momentum", ("Building", "Steady", "Fading")),
        "engagement_maturity": dice.choice("maturity", ("New", "Developing", "Established", "Mature")),
        "estimated_monthly_activities": monthly,
        "predicted_next_month_activity": monthly * dice.decimal("predicted", 0.8, 1.2, 2),
        "seasonally_adjusted_activity": F.when(
            ~dice.every("season nan", 337), monthly * dice.decimal("season", 0.9, 1.1, 2)
        ).otherwise(F.lit(float("nan"))),
        "active_30_days": dice.between("active 30", 0, 8),
        "active_60_days": dice.between("active 60", 0, 8) + 4,
        "active_90_days": dice.between("active 90", 0, 8) + 8,
        "active_180_days": dice.between("active 180", 0, 20) + 12,
        "active_365_days": dice.between("active 365", 0, 40) + 24,
        "activity_risk_level": _risk(dice),
        "cross_platform_consistency": dice.decimal("consistency", 0, 1),
        "activity_efficiency": dice.decimal("efficiency", 0, 1),
        "recommended_activity_intervention": dice.choice(
            "intervention", ("None", "Nurture Campaign", "Sales Call", "Success Review", "Win-back Offer")
        ),
    }


def _flags(dice: Dice) -> dict[str, Column]:
    platforms = {"marketo": "lead_id", "stripe": "stripe_id", "zendesk": "zendesk_id"}
    flags = {f"in_{name}": _platform_flag(dice, name, F.col(key)) for name, key in platforms.items()}
    for name, per_myriad in _FLAGS.items():
        flags[name] = _rare(dice, name, per_myriad)
    has_zendesk = F.col("zendesk_id").isNotNull()
    active = F.when(has_zendesk & dice.chance("zendesk active", 6000), 1).otherwise(0)
    return flags | {
        "stripe_deleted": F.when(F.col("stripe_id").isNotNull(), _rare(dice, "stripe deleted", 150)),
        "zendesk_active": F.when(~dice.chance("zendesk active unknown", 200), active),
        "zendesk_suspended": F.when(has_zendesk, _rare(dice, "zendesk suspended", 100)),
        "zendesk_deleted": F.when(has_zendesk, _rare(dice, "zendesk deleted", 100)),
    }


def _platform_flag(dice: Dice, name: str, key: Column) -> Column:
    """Return 1 where the id is there; 2% are null, 2% say the opposite of the id, 0.3% hold a 2."""
    honest = F.when(key.isNotNull(), 1).otherwise(0)
    roll = dice.roll(f"flag of {name}", 1000)
    return F.when(roll < 20, F.lit(None)).when(roll < 40, 1 - honest).when(roll < 43, 2).otherwise(honest)


def _rare(dice: Dice, name: str, per_myriad: int) -> Column:
    return F.when(dice.chance(name, per_myriad), 1).otherwise(0)


def _risk(dice: Dice) -> Column:
    level = pick(list(k.RISK_LEVELS), F.col("risk_index"))
    is_scale = F.col("risk_index") != _STAGNANT_INDEX
    odd = F.when(is_scale, F.when(dice.chance("risk case", 5000), F.upper(level)).otherwise(F.lit("Moderate")))
    missing = F.when(is_scale & dice.every("no risk", 313), F.lit(None)).otherwise(level)
    return identity.spelled(missing, dice, "risk", 307, F.coalesce(odd, level))


def _velocity(dice: Dice) -> Column:
    moving = dice.weighted("velocity", k.VELOCITIES)
    spelled = identity.spelled(moving, dice, "velocity", 317, F.lower(moving))
    return F.when(F.col("risk_index") == _STAGNANT_INDEX, F.lit(k.STAGNANT)).otherwise(spelled)


def _channel(lake: LakePlan, dice: Dice) -> Column:
    rolled = dice.weighted("channel", k.CHANNELS)
    boosted = latent.boosted(dice, F.col("is_cohort"), k.CHANNELS[BOOSTED_CHANNEL])
    channel = F.when(boosted, F.lit(BOOSTED_CHANNEL)).otherwise(rolled)
    if lake.giants:
        # The giant decides what a naive join says about channels; seed 001 found Social Media first.
        channel = F.when(F.col("giant") == 0, F.lit("Social Media")).otherwise(channel)
    return identity.spelled(channel, dice, "channel", 311, F.lower(channel))


def _health(lake: LakePlan, dice: Dice) -> Column:
    """Return health (0-100): by risk level when effects are planted; null and NaN in a few rows."""
    step = round(_HEALTH_DEVIATION / BELL_DEVIATION * _HEALTH_SCALE)
    half = round(_HEALTH_DEVIATION * HEALTH_EFFECT / 2 * _HEALTH_SCALE) if lake.effects else 0
    levels = list(k.RISK_LEVELS)
    is_low = F.col("risk_index").isin(*[levels.index(level) for level in LOW_RISK])
    is_high = F.col("risk_index").isin(*[levels.index(level) for level in HIGH_RISK])
    shift = F.when(is_low, half).when(is_high, -half).otherwise(0)
    score = (dice.bell("health") * step + shift + _HEALTH_MEAN * _HEALTH_SCALE) / F.lit(float(_HEALTH_SCALE))
    return (
        F.when(dice.every("health null", 239), F.lit(None))
        .when(dice.every("health nan", 257), F.lit(float("nan")))
        .otherwise(score)
    )
