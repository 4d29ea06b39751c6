"""What a customer is before any table is written: giant, engagement, delays, cohort membership.

Each is a function of the customer number alone, so that the value table knows who is in the cohort without
reading the activity and funnel tables.
"""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from transforms.synthetic.effects import (
    CHANNEL_FACTOR,
    COHORT_SHARE,
    ENGAGEMENT_GAP,
    ENGAGEMENT_MEAN,
    LTV_EFFECT,
    MULTI_ROW_ENGAGEMENT,
    TIERS,
)
from transforms.synthetic.hashing import BELL_DEVIATION, PER_MYRIAD, Dice, by_index, salt
from transforms.synthetic.rows import giant_rank
from transforms.synthetic.shapes import LakePlan

MICROS = 1_000_000
LTV_DEVIATION = 0.25
"""Standard deviation of LTV inside a tier, as a share of the tier's mean."""

_TIER_WEIGHTS = {
    "first": (2000, 2000, 2000, 2000, 2000),
    "scale": (2000, 2000, 2000, 2000, 2000),
    "second": (5585, 2990, 1160, 240, 25),
}
_TIER_MEANS = {
    "first": (1_740, 4_940, 10_340, 20_830, 42_060),
    "scale": (1_740, 4_940, 10_340, 20_830, 42_060),
    "second": (645, 1_720, 3_190, 6_460, 14_220),
}

# Engagement in hundredths: (low, high) below and above the gap, for customers with one row and with several.
_BELOW_SINGLE, _ABOVE_SINGLE = (220, round(ENGAGEMENT_GAP[0] * 100)), (round(ENGAGEMENT_GAP[1] * 100), 1300)
_BELOW_MULTI, _ABOVE_MULTI = (400, round(ENGAGEMENT_GAP[0] * 100)), (round(ENGAGEMENT_GAP[1] * 100), 1600)
_ABOVE_GIANT = (1100, 1300)
_GOLDEN = 618_033_989
_GOLDEN_SCALE = 1_000_000_000

# A giant's rows that meet both delay predicates whatever the dice say, per 10,000; by rank.
_GIANT_PASSES = (9200, 3500)
_GIANTS_BELOW = (2,)


def dice_for(lake: LakePlan, scope: str, version: Column | None = None) -> Dice:
    """Return the dice of a row's customer; `version` defaults to the row's own."""
    return Dice(
        seed=lake.seed,
        scope=scope,
        customer=F.col("customer"),
        version=F.col("version") if version is None else version,
    )


def is_multi(lake: LakePlan) -> Column:
    """Return whether the customer has several activity rows."""
    return F.col("customer") < lake.activity.multi


def is_above(lake: LakePlan, dice: Dice) -> Column:
    """Return whether engagement lies above the gap, and so above the population mean.

    The latest row takes it from a golden-ratio sequence over customer numbers, not from a hash: any run of
    customers then has almost exactly the planned share, and the mean stays inside the gap in small lakes.
    """
    start = salt(lake.seed, "engagement") % _GOLDEN_SCALE
    sequence = F.pmod(dice.customer * _GOLDEN + start, F.lit(_GOLDEN_SCALE))
    roll = F.when(dice.version == 0, sequence).otherwise(dice.roll("above", _GOLDEN_SCALE))
    share = _shares_above(lake)
    above = F.when(is_multi(lake), roll < round(share[1] * _GOLDEN_SCALE)).otherwise(
        roll < round(share[0] * _GOLDEN_SCALE)
    )
    if not lake.giants:
        return above
    rank = giant_rank(dice.customer, lake)
    return F.when(rank.isNotNull(), ~rank.isin(*_GIANTS_BELOW)).otherwise(above)


def engagement(lake: LakePlan, dice: Dice) -> Column:
    """Return composite_engagement_score (points, two decimals) before hazards; never inside the gap."""
    above = is_above(lake, dice)
    hundredths = (
        F.when(is_multi(lake) & above, dice.between("above multi", *_ABOVE_MULTI))
        .when(is_multi(lake), dice.between("below multi", *_BELOW_MULTI))
        .when(above, dice.between("above single", *_ABOVE_SINGLE))
        .otherwise(dice.between("below single", *_BELOW_SINGLE))
    )
    if lake.giants:
        # Above the mean over rows too, so that a naive join counts the giants' rows.
        is_above_rows = giant_rank(dice.customer, lake).isNotNull() & above
        hundredths = F.when(is_above_rows, dice.between("above giant", *_ABOVE_GIANT)).otherwise(hundredths)
    return hundredths / F.lit(100.0)


def engagement_hazard(dice: Dice) -> Column:
    """Return 1, 2, 3 where engagement is null, NaN, infinite; null where it is a number. Giants have none."""
    hazard = F.when(dice.every("null", 271), 1).when(dice.every("nan", 283), 2).when(dice.every("inf", 293), 3)
    return F.when(F.col("giant").isNull(), hazard)


def marketing_days(lake: LakePlan, dice: Dice) -> Column:
    """Return marketing_to_sales_days (bigint): 62% in 10-20, 5% null, 1% negative."""
    kind = dice.index("marketing kind", (6200, 1300, 1900, 500, 100))
    days = (
        F.when(kind == 0, dice.between("marketing middle", 10, 20))
        .when(kind == 1, dice.between("marketing fast", 0, 9))
        .when(kind == 2, dice.between("marketing slow", 21, 60))
        .when(kind == 4, dice.between("marketing negative", -9, -1))
    )
    return F.when(_giant_passes(lake, dice), dice.between("marketing middle", 10, 20)).otherwise(days)


def support_days(lake: LakePlan, dice: Dice) -> Column:
    """Return sales_to_support_days (bigint): 66% above 30 (mean 78), 5% null, 1% negative."""
    kind = dice.index("support kind", (6600, 2800, 500, 100))
    days = (
        F.when(kind == 0, dice.between("support late", 31, 125))
        .when(kind == 1, dice.between("support early", 0, 30))
        .when(kind == 3, dice.between("support negative", -20, -1))
    )
    return F.when(_giant_passes(lake, dice), dice.between("support late", 31, 125)).otherwise(days)


def in_cohort(lake: LakePlan) -> Column:
    """Return whether the customer's latest rows meet the three predicates of the conversion cohort.

    False everywhere when the lake has no effects: membership then changes nothing.
    """
    if not lake.effects or not lake.activity.rows:
        return F.lit(False)
    latest = F.lit(0).cast("bigint")
    activity, funnel = dice_for(lake, "activity", latest), dice_for(lake, "funnel", latest)
    in_gap = F.col("customer") - lake.funnel.gap_start
    is_known = (F.col("customer") < lake.customers) & ~((in_gap >= 0) & (in_gap < lake.funnel.gap))
    is_engaged = is_above(lake, activity) & engagement_hazard(activity).isNull()
    delays = marketing_days(lake, funnel).between(10, 20) & (support_days(lake, funnel) > 30)
    return F.coalesce(is_known & is_engaged & delays, F.lit(False))


def tier_index(lake: LakePlan, dice: Dice) -> Column:
    """Return 0 (Basic) to 4 (Platinum)."""
    return dice.index("tier", _TIER_WEIGHTS[lake.shape])


def ltv(lake: LakePlan, dice: Dice, tier: Column, cohort: Column) -> Column:
    """Return LTV (dollars, six decimals), positive: the tier's mean, spread, and the cohort's effect."""
    means = _TIER_MEANS[lake.shape]
    effects = [round(LTV_EFFECT[name] * BELL_DEVIATION) for name in TIERS]
    # Both groups move, so that the tier's mean stays where the documentation puts it.
    inside = by_index(tier, [round(effect * (1 - COHORT_SHARE)) for effect in effects])
    outside = by_index(tier, [-round(effect * COHORT_SHARE) for effect in effects])
    shift = F.when(cohort, inside).otherwise(outside) if lake.effects else F.lit(0)
    steps = [round(mean * LTV_DEVIATION / BELL_DEVIATION * MICROS) for mean in means]
    micros = by_index(tier, [mean * MICROS for mean in means])
    return (micros + by_index(tier, steps) * (dice.bell("ltv") + shift)) / F.lit(float(MICROS))


def boosted(dice: Dice, cohort: Column, share_per_myriad: int) -> Column:
    """Return whether a cohort customer's channel is replaced by the boosted one.

    Replacing keeps the other channels' proportions; the chance solves share + (1 - share) p = factor x share.
    """
    share = share_per_myriad / PER_MYRIAD
    return cohort & dice.chance("boosted", round(PER_MYRIAD * share * (CHANNEL_FACTOR - 1) / (1 - share)))


def _giant_passes(lake: LakePlan, dice: Dice) -> Column:
    if not lake.giants:
        return F.lit(False)
    rank = giant_rank(dice.customer, lake)
    forced = F.coalesce(*(F.when(rank == place, F.lit(p)) for place, p in enumerate(_GIANT_PASSES)), F.lit(0))
    is_latest = (forced > 0) & (dice.version == 0)
    return is_latest | (dice.roll("giant passes", PER_MYRIAD) < forced)


def _shares_above(lake: LakePlan) -> tuple[float, float]:
    """Return the shares above the gap, of customers with one row and with several, that give the mean."""
    multi = lake.activity.multi / max(1, lake.customers)
    single_mean = (ENGAGEMENT_MEAN - multi * MULTI_ROW_ENGAGEMENT) / (1 - multi)
    return (
        _share(single_mean, _BELOW_SINGLE, _ABOVE_SINGLE),
        _share(MULTI_ROW_ENGAGEMENT, _BELOW_MULTI, _ABOVE_MULTI),
    )


def _share(mean: float, below: tuple[int, int], above: tuple[int, int]) -> float:
    low, high = sum(below) / 200, sum(above) / 200
    return (mean - low) / (high - low)
