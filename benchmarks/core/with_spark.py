"""The core workload as one writes it on Apache Spark: each table from the sources, default settings.

python with_spark.py LAKE OUT
"""

from __future__ import annotations

import sys
from functools import reduce

import workload as w
from delta import configure_spark_with_delta_pip
from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F


def main(lake: str, out: str) -> None:
    builder = (
        SparkSession.builder.master("local[2]")
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        .config("spark.driver.memory", "8g")
        .config("spark.sql.session.timeZone", "UTC")
    )
    spark = configure_spark_with_delta_pip(builder).getOrCreate()
    view = with_cohort(view_of(spark, lake))
    groups = with_groups(view)
    both = groups.filter(F.col("group_name") != "peers")
    write(out, "attrition", attrition(view_of(spark, lake)))
    write(out, "profile", reduce(DataFrame.unionByName, [profile(groups, measure) for measure in w.MEASURES]))
    write(out, "tier_ltv", tier_ltv(groups))
    for table, dimension in w.DIMENSIONS.items():
        write(out, table, mix(both, dimension))
    write(out, "platforms", both.groupBy("group_name", "combination").agg(n(), F.mean(w.HEALTH).alias("mean_health")))
    cells = both.groupBy(
        "group_name", missing("activity_risk_level", "risk"), missing("engagement_velocity", "velocity")
    )
    sums = F.coalesce(F.sum(w.LTV), F.lit(0.0)).alias("sum_ltv")
    write(out, "risk_velocity", cells.agg(n(), F.mean(w.HEALTH).alias("mean_health"), sums))
    members = with_indices(groups.filter(F.col("group_name") == "cohort"))
    write(out, "index_thresholds", thresholds(members))
    members = with_levels(members)
    levels = [F.coalesce(f"{index}_level", F.lit("(none)")).alias(f"{index}_level") for index in ("value", "risk")]
    write(out, "index_grid", members.groupBy(*levels).agg(n(), F.mean(w.LTV).alias("mean_ltv")))
    write(out, "members", ranked(members, view, groups))
    spark.stop()


def view_of(spark: SparkSession, lake: str) -> DataFrame:
    activity, funnel, value = (
        latest(spark.read.format("delta").load(f"{lake}/{name}"), *read) for name, read in w.READ.items()
    )
    known = reduce(Column.__and__, [F.coalesce(F.col(flag).isin(0, 1), F.lit(False)) for flag in w.FLAGS])
    combination = F.when(known, F.concat_ws("-", *(F.col(flag).cast("string") for flag in w.FLAGS)))
    joined = activity.join(funnel, "customer_key", "left").join(value, "customer_key", "left")
    return joined.withColumn("combination", F.coalesce(combination, F.lit("unknown")))


def latest(rows: DataFrame, timestamp: str, columns: tuple[str, ...]) -> DataFrame:
    """Newest row per key; rows of one moment are ordered by all columns."""
    others = [F.col(name).desc_nulls_last() for name in rows.columns if name != timestamp]
    # addresses come with blanks of every kind
    key = F.lower(F.regexp_replace("primary_email", r"^[\p{Z}\s]+|[\p{Z}\s]+$", "")).alias("customer_key")
    order = Window.partitionBy("customer_key").orderBy(F.col(timestamp).desc_nulls_last(), *others)
    keyed = rows.select(key, "*").filter(F.col("customer_key") != "")
    newest = keyed.withColumn("place", F.row_number().over(order)).filter("place = 1").select("customer_key", *columns)
    floats = [field.name for field in newest.schema.fields if field.dataType.simpleString() == "double"]
    finite = {name: F.when(F.abs(name) < float("inf"), F.col(name)) for name in floats}
    return newest.withColumns(finite)


def passes(mean: Column) -> list[Column]:
    return [
        F.col("marketing_to_sales_days").between(10, 20),
        F.col("sales_to_support_days") > 30,
        F.col("composite_engagement_score") > mean,
    ]


def with_mean(view: DataFrame) -> DataFrame:
    mean = view.agg(F.round(F.mean("composite_engagement_score"), 9).alias("mean_engagement"))
    return view.crossJoin(F.broadcast(mean))


def with_cohort(view: DataFrame) -> DataFrame:
    in_cohort = reduce(Column.__and__, passes(F.col("mean_engagement")))
    return with_mean(view).withColumn("cohort", F.coalesce(in_cohort, F.lit(False)))


def attrition(view: DataFrame) -> DataFrame:
    steps = passes(F.col("mean_engagement"))
    left = [F.lit(True), *(reduce(Column.__and__, steps[: i + 1]) for i in range(len(steps)))]
    counted = with_mean(view).agg(*(F.count_if(one).alias(str(step)) for step, one in enumerate(left)))
    return counted.select(
        F.explode(F.array(*(F.struct(F.lit(i).alias("step"), F.col(str(i)).alias("n")) for i in range(len(left)))))
    ).select("col.*")


def with_groups(view: DataFrame) -> DataFrame:
    """One row per customer and group."""
    cohort = view.filter("cohort")
    tiers = cohort.select(w.TIER).distinct().filter(F.col(w.TIER).isNotNull())
    peers = view.filter("not cohort").join(tiers, w.TIER, "left_semi")
    named = {"cohort": cohort, "peers": peers, "population": view}
    return reduce(DataFrame.unionByName, [frame.withColumn("group_name", F.lit(name)) for name, frame in named.items()])


def n() -> Column:
    return F.count("*").alias("n")


def missing(column: str, name: str) -> Column:
    return F.coalesce(column, F.lit("(missing)")).alias(name)


def profile(groups: DataFrame, measure: str) -> DataFrame:
    x = F.col(measure).cast("double")
    return groups.groupBy("group_name", F.lit(measure).alias("measure")).agg(
        F.count(x).alias("n"),
        F.mean(x).alias("mean"),
        F.stddev(x).alias("stddev"),
        F.percentile(x, 0.5).alias("median"),
    )


def tier_ltv(groups: DataFrame) -> DataFrame:
    sides = [
        groups.filter((F.col("group_name") == name) & F.col(w.TIER).isNotNull())
        .groupBy(F.col(w.TIER).alias("tier"))
        .agg(F.count(w.LTV).alias(f"n_{name}"), F.mean(w.LTV).alias(f"mean_{name}"))
        for name in ("cohort", "peers")
    ]
    difference = (F.col("mean_cohort") - F.col("mean_peers")).alias("difference")
    return sides[0].join(sides[1], "tier", "left").select("*", difference)


def mix(groups: DataFrame, dimension: str) -> DataFrame:
    counted = groups.groupBy("group_name", missing(dimension, "value")).agg(n())
    return counted.withColumn("share", F.col("n") / F.sum("n").over(Window.partitionBy("group_name")))


def with_indices(cohort: DataFrame) -> DataFrame:
    everybody = Window.partitionBy("group_name")

    def min_max(column: str) -> Column:
        x = F.col(column).cast("double")
        return (x - F.min(x).over(everybody)) / (F.max(x).over(everybody) - F.min(x).over(everybody))

    def mapped(column: str, scale: dict[str, float]) -> Column:
        return F.create_map(*(F.lit(part) for pair in scale.items() for part in pair))[F.col(column)]

    value = reduce(Column.__add__, [weight * min_max(column) for column, weight in w.VALUE_PARTS.items()])
    off = F.when(F.col("zendesk_active") == 0, 1.0).when(F.col("zendesk_active") == 1, 0.0)
    risk = (
        0.45 * mapped("activity_risk_level", w.RISK)
        + 0.25 * mapped("engagement_velocity", w.VELOCITY)
        + 0.2 * min_max("sales_to_support_days")
        + 0.1 * off
    )
    return cohort.withColumns({"value_index": value, "risk_index": risk})


def thresholds(members: DataFrame) -> DataFrame:
    one = [
        members.agg(
            F.lit(index).alias("index_name"),
            F.percentile(f"{index}_index", 0.33).alias("p33"),
            F.percentile(f"{index}_index", 0.67).alias("p67"),
        )
        for index in ("value", "risk")
    ]
    return one[0].unionByName(one[1])


def with_levels(members: DataFrame) -> DataFrame:
    bounds = members.agg(
        *(
            F.percentile(f"{index}_index", p).alias(f"{index}_{name}")
            for index in ("value", "risk")
            for name, p in (("p33", 0.33), ("p67", 0.67))
        )
    )
    near = 1e-12

    def level(index: str) -> Column:
        x = F.col(f"{index}_index")
        return (
            F.when(x <= F.col(f"{index}_p33") + near, "low")
            .when(x <= F.col(f"{index}_p67") + near, "medium")
            .when(x.isNotNull(), "high")
        )

    return members.crossJoin(F.broadcast(bounds)).withColumns(
        {f"{index}_level": level(index) for index in ("value", "risk")}
    )


def ranked(members: DataFrame, view: DataFrame, groups: DataFrame) -> DataFrame:
    ltv = F.col(w.LTV)
    tier = Window.partitionBy(w.TIER)
    present = view.filter(ltv.isNotNull() & F.col(w.TIER).isNotNull())
    ranks = present.select("customer_key", F.percent_rank().over(tier.orderBy(ltv)).alias("ltv_percent_rank"))
    peers = groups.filter(F.col("group_name") == "peers").groupBy(w.TIER).agg(F.mean(ltv).alias("peer_mean_ltv"))
    found = members.join(peers, w.TIER, "left").join(ranks, "customer_key", "left")
    columns = ["customer_key", w.TIER, w.LTV, "value_index", "risk_index", "value_level", "risk_level"]
    difference = (ltv - F.col("peer_mean_ltv")).alias("ltv_difference")
    return found.select(*columns, "peer_mean_ltv", "ltv_percent_rank", difference)


def write(out: str, table: str, frame: DataFrame) -> None:
    frame.write.format("delta").save(f"{out}/{table}")


if __name__ == "__main__":
    main(*sys.argv[1:])
