from __future__ import annotations

from dataclasses import replace

from pyspark.sql import SparkSession

from transforms import columns as c
from transforms import derived
from transforms.consistency import HealthWeights
from transforms.derived_columns import DerivedColumns, with_derived
from transforms.segments import RfmWeights

ROW = (4, 4, 4, 5000.0, 3044, 761, 70.0, 0.5)
INPUT = (
    "recency_score int, frequency_score int, monetary_score int, estimated_customer_ltv double, account_age_days int, "
    "days_since_last_activity int, customer_health_score double, churn_probability double"
)
ALL = DerivedColumns(
    names=frozenset(derived.PARENTS),
    rfm_weights=RfmWeights(recency=1.0, frequency=1.0, monetary=1.0),
    age_bands=(100, 4000),
    imbalance_bins=(-1.5, 3),
    health_weights=HealthWeights(health=0.5, retention=0.3, ltv=0.2, ltv_cap=5000),
)
PLATFORMS = {c.PLATFORMS, c.NUMBER_OF_PLATFORMS}


def test_every_derived_column_but_the_platforms_is_added_with_its_options(spark: SparkSession) -> None:
    frame = spark.createDataFrame([ROW], INPUT)
    found = with_derived(frame, ALL).drop(*frame.columns).first().asDict()
    assert set(found) == set(derived.PARENTS) - PLATFORMS
    assert (found["rfm_mean"], found["weighted_rfm"], found["age_band"]) == (4.0, 12.0, "101-4000")
    assert (found["imbalance_bin"], found["ltv_velocity_monthly"]) == ("-1.5-3", 50.0)
    assert (found["rfm_consistency"], found["activity_efficiency_proxy"], found["health_index"]) == (1.0, 0.75, 0.35)


def test_only_columns_that_are_named_are_added(spark: SparkSession) -> None:
    frame = spark.createDataFrame([ROW], INPUT)
    few = replace(ALL, names=frozenset({"rfm_mean", "number_of_platforms", "customer_tier"}))
    assert with_derived(frame, few).columns == [*frame.columns, "rfm_mean"]
    assert with_derived(frame, replace(ALL, names=frozenset())).columns == frame.columns
