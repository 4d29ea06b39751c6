from __future__ import annotations

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from transforms import synthetic
from transforms.input_tables import TABLES
from transforms.keys import with_customer_key
from transforms.synthetic import LakePlan

WITH_KEY = ("activity", "funnel", "value")


def _make(spark: SparkSession, plan: LakePlan, role: str, partitions: int | None = None) -> DataFrame:
    ids = spark.range(synthetic.rows_per_table(plan)[role])
    return synthetic.input_table(ids.repartition(partitions) if partitions else ids, plan, role)


@pytest.mark.parametrize("role", list(TABLES))
def test_table_has_the_declared_columns_types_and_row_count(
    tables: dict[str, DataFrame], plan: LakePlan, role: str
) -> None:
    frame = tables[role]
    assert {field.name: field.dataType.simpleString() for field in frame.schema.fields} == TABLES[role].columns
    assert frame.columns == list(TABLES[role].columns)
    assert frame.count() == synthetic.rows_per_table(plan)[role]


@pytest.mark.parametrize("role", WITH_KEY)
def test_distinct_keys_are_the_customers_asked_for(tables: dict[str, DataFrame], plan: LakePlan, role: str) -> None:
    keys = with_customer_key(tables[role]).select("customer_key").where(F.col("customer_key").isNotNull())
    assert keys.distinct().count() == plan.customers


@pytest.mark.parametrize("role", list(TABLES))
def test_values_do_not_depend_on_partitioning_or_row_order(
    spark: SparkSession, tables: dict[str, DataFrame], plan: LakePlan, role: str
) -> None:
    shuffled = _make(spark, plan, role, partitions=7)
    columns = [F.col(name) for name in shuffled.columns]
    digests = [
        frame.select(F.xxhash64(*columns).alias("digest")).groupBy("digest").count()
        for frame in (tables[role], shuffled)
    ]
    assert digests[0].exceptAll(digests[1]).count() == 0
    assert digests[1].exceptAll(digests[0]).count() == 0


def test_another_seed_gives_other_values(spark: SparkSession, tables: dict[str, DataFrame]) -> None:
    other = synthetic.plan_lake("first", customers=800, seed=43)
    shared = _make(spark, other, "value").select("estimated_customer_ltv", "recency_score", "primary_email")
    assert shared.intersect(tables["value"].select(shared.columns)).count() < 20


def test_first_shape_has_the_documented_row_counts() -> None:
    plan = synthetic.plan_lake("first")
    assert plan.customers == 4_734
    assert synthetic.rows_per_table(plan) == {
        "activity": 6_947,
        "funnel": 441_119,
        "value": 5_001,
        "address": 90_069,
    }


def test_giant_emails_own_powers_of_two_of_funnel_rows(spark: SparkSession) -> None:
    plan = synthetic.plan_lake("first")
    sizes = (
        with_customer_key(_make(spark, plan, "funnel").select("primary_email"))
        .where(F.col("customer_key").isNotNull())
        .groupBy("customer_key")
        .count()
        .orderBy(F.desc("count"))
        .limit(7)
        .collect()
    )
    assert [row["count"] for row in sizes[:6]] == [262_144, 131_072, 32_768, 4_096, 2_048, 1_024]
    assert sizes[6]["count"] < 25


def test_second_shape_has_empty_tables_with_full_schema_and_no_addresses(spark: SparkSession) -> None:
    plan = synthetic.plan_lake("second")
    assert synthetic.rows_per_table(plan) == {"activity": 0, "funnel": 0, "value": 5_001}
    for role in ("activity", "funnel"):
        empty = _make(spark, plan, role)
        assert empty.count() == 0
        assert dict(empty.dtypes) == TABLES[role].columns


def test_second_shape_has_the_other_data_sets_values(spark: SparkSession) -> None:
    value = _make(spark, synthetic.plan_lake("second"), "value")
    row = value.agg(
        F.avg((F.col("customer_tier") == "Basic").cast("int")).alias("basic"),
        F.min("customer_health_score").alias("least_health"),
        F.max("customer_health_score").alias("most_health"),
        F.max("portfolio_contribution_pct").alias("largest_share"),
        F.avg("portfolio_contribution_pct").alias("mean_share"),
    ).first()
    assert row is not None
    assert 0.53 < row["basic"] < 0.59
    assert 1.3 <= row["least_health"] < row["most_health"] <= 3.5
    assert 0.3 < row["largest_share"] <= 0.5
    assert 0.007 < row["mean_share"] < 0.012


@pytest.mark.parametrize(("role", "low", "high"), [("activity", 1.3, 1.3), ("funnel", 1.3, 1.3), ("value", 1.1, 1.1)])
def test_scale_shape_has_its_rows_per_customer_and_no_giants(role: str, low: float, high: float) -> None:
    plan = synthetic.plan_lake("scale")
    assert plan.customers == 342_000
    assert synthetic.rows_per_table(plan)[role] == round(low * plan.customers)
    assert plan.giants == ()


def test_no_customer_grows_with_the_lake() -> None:
    plan = synthetic.plan_lake("scale", customers=34_000_000)
    for table in (plan.activity, plan.funnel, plan.value):
        assert max(block.copy for block in table.blocks if not block.single) < 24
        assert max(block.length for block in table.blocks if block.single or block.copy == 0) <= plan.customers
        assert all(block.length < 24 for block in table.blocks if block.single)
