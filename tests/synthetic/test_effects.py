"""Effects are measured by formulas written here, on the latest rows the product's transforms choose."""

from __future__ import annotations

import math

import pytest
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.generate import generate
from transforms.input_tables import TABLES
from transforms.keys import with_customer_key
from transforms.missing import finite
from transforms.snapshots import latest_snapshot

CUSTOMERS = 20_000


def _customers(spark: SparkSession, lake: str, *, effects: bool) -> DataFrame:
    generate(spark, lake=lake, shape="scale", customers=CUSTOMERS, seed=42, effects=effects)
    latest = {}
    for role in ("activity", "funnel", "value"):
        frame = spark.read.format("delta").load(f"{lake}/{TABLES[role].name}")
        latest[role] = latest_snapshot(with_customer_key(frame), str(TABLES[role].snapshot_column))
    activity = latest["activity"].select(
        "customer_key",
        "primary_engagement_channel",
        "activity_risk_level",
        finite(F.col("customer_health_score")).alias("health"),
        finite(F.col("composite_engagement_score")).alias("engagement"),
        F.concat_ws("-", "in_marketo", "in_stripe", "in_zendesk").alias("platforms"),
    )
    funnel = latest["funnel"].select("customer_key", "marketing_to_sales_days", "sales_to_support_days")
    value = latest["value"].select(
        "customer_key", "customer_tier", finite(F.col("estimated_customer_ltv")).alias("ltv")
    )
    joined = activity.join(funnel, on="customer_key", how="left").join(value, on="customer_key", how="left")
    mean = joined.agg(F.avg("engagement")).collect()[0][0]
    is_cohort = (
        F.col("marketing_to_sales_days").between(10, 20)
        & (F.col("sales_to_support_days") > 30)
        & (F.col("engagement") > mean)
    )
    return joined.withColumn("is_cohort", F.coalesce(is_cohort, F.lit(False))).withColumn("mean", F.lit(mean))


@pytest.fixture(scope="module", params=[True, False], ids=["effects", "no effects"])
def lake(
    request: pytest.FixtureRequest, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> tuple[DataFrame, bool]:
    """The customer view, written once: engines need not keep a cache."""
    folder = tmp_path_factory.mktemp("effects")
    place = str(folder / "customers")
    customers = _customers(spark, str(folder / "lake"), effects=request.param)
    customers.write.format("delta").save(place)
    return spark.read.format("delta").load(place), request.param


def _cohens_d(frame: DataFrame, measure: str, is_first: Column) -> float:
    statistics = {
        row["g"]: row
        for row in frame.groupBy(is_first.alias("g"))
        .agg(F.count(measure).alias("n"), F.avg(measure).alias("m"), F.var_samp(measure).alias("v"))
        .collect()
    }
    a, b = statistics[True], statistics[False]
    pooled = ((a["n"] - 1) * a["v"] + (b["n"] - 1) * b["v"]) / (a["n"] + b["n"] - 2)
    return float((a["m"] - b["m"]) / math.sqrt(pooled))


def test_one_customer_in_five_is_in_the_cohort_and_the_mean_lies_in_the_gap(lake) -> None:  # type: ignore[no-untyped-def]
    frame, _ = lake
    row = frame.agg(
        F.avg(F.col("is_cohort").cast("int")).alias("share"),
        F.first("mean").alias("mean"),
        F.min(F.abs(F.col("engagement") - F.col("mean"))).alias("distance"),
    ).first()
    assert 0.18 < row["share"] < 0.22
    assert 7.9 < row["mean"] < 8.02
    assert row["distance"] > 0.1


@pytest.mark.parametrize(
    ("tier", "planted"), [("Basic", 0.0), ("Bronze", 0.4), ("Silver", 0.4), ("Gold", -0.4), ("Platinum", 0.4)]
)
def test_cohort_ltv_differs_from_same_tier_peers_as_planted(lake, tier: str, planted: float) -> None:  # type: ignore[no-untyped-def]
    frame, effects = lake
    d = _cohens_d(frame.where(F.col("customer_tier") == tier), "ltv", F.col("is_cohort"))
    assert d == pytest.approx(planted if effects else 0.0, abs=0.13)


def test_webinar_has_one_and_a_half_times_its_share_outside(lake) -> None:  # type: ignore[no-untyped-def]
    frame, effects = lake
    is_webinar = (F.col("primary_engagement_channel") == "Webinar").cast("int")
    shares = {
        row["is_cohort"]: row["s"] for row in frame.groupBy("is_cohort").agg(F.avg(is_webinar).alias("s")).collect()
    }
    assert shares[True] / shares[False] == pytest.approx(1.5 if effects else 1.0, abs=0.15)


def test_low_risk_customers_are_healthier_than_high_risk_ones(lake) -> None:  # type: ignore[no-untyped-def]
    frame, effects = lake
    graded = frame.where(F.col("activity_risk_level").isin("Very Low", "Low", "High", "Critical"))
    d = _cohens_d(graded, "health", F.col("activity_risk_level").isin("Very Low", "Low"))
    assert d == pytest.approx(0.5 if effects else 0.0, abs=0.1)


def test_platforms_have_no_effect_on_health(lake) -> None:  # type: ignore[no-untyped-def]
    frame, _ = lake
    known = frame.where(F.col("platforms").isin("1-0-0", "1-1-1"))
    assert _cohens_d(known, "health", F.col("platforms") == "1-1-1") == pytest.approx(0.0, abs=0.1)
