from __future__ import annotations

import math

from pyspark.sql import DataFrame, SparkSession

from tests.frames import assert_close, assert_same
from transforms.customer_view import (
    ViewSource,
    build_customer_view,
    columns_by_role,
    has_row,
    with_tier_ranks,
)
from transforms.keys import with_customer_key
from transforms.snapshots import with_snapshot_flags


def flagged(rows: DataFrame, timestamp: str) -> DataFrame:
    return with_snapshot_flags(with_customer_key(rows), timestamp)


def _sources(spark: SparkSession) -> list[ViewSource]:
    activity = spark.createDataFrame(
        [
            ("Ann@x.com", 1, 5.0),
            (" ann@X.com", 2, 7.0),
            ("bob@x.com", 1, math.nan),
            ("eve@x.com", 1, 3.0),
            (None, 9, 1.0),
        ],
        "primary_email string, at int, score double",
    )
    funnel = spark.createDataFrame(
        [("ann@x.com", 5, 12), ("ANN@x.com", 4, 11), ("ann@x.com", 5, 12), ("bob@x.com", 1, None)],
        "primary_email string, seen int, days int",
    )
    value = spark.createDataFrame(
        [("zoe@x.com", 1, "gold", 9.0), ("eve@x.com", 1, "tin", -math.inf)],
        "primary_email string, at int, tier string, ltv double",
    )
    return [
        ViewSource(role="activity", rows=flagged(activity, "at"), columns=("score",)),
        ViewSource(role="funnel", rows=flagged(funnel, "seen"), columns=("days",)),
        ViewSource(role="value", rows=flagged(value, "at"), columns=("tier", "ltv")),
    ]


DDL = "customer_key string, score double, days int, tier string, ltv double, has_funnel boolean, has_value boolean"


def test_one_row_per_base_customer_with_the_latest_row_of_each_table(spark: SparkSession) -> None:
    view = build_customer_view(_sources(spark))
    assert sorted(view.columns) == sorted(part.split()[0] for part in DDL.split(", "))
    expected = [
        ("ann@x.com", 7.0, 12, None, None, True, False),
        ("bob@x.com", None, None, None, None, True, False),
        ("eve@x.com", 3.0, None, "tin", None, False, True),
    ]
    assert_same(spark, view, expected, DDL)


def test_first_takes_the_oldest_rows_of_every_table(spark: SparkSession) -> None:
    view = build_customer_view(_sources(spark), first=True)
    expected = [
        ("ann@x.com", 5.0, 11, None, None, True, False),
        ("bob@x.com", None, None, None, None, True, False),
        ("eve@x.com", 3.0, None, "tin", None, False, True),
    ]
    assert_same(spark, view, expected, DDL)


def test_a_single_table_is_a_view_without_flags(spark: SparkSession) -> None:
    view = build_customer_view(_sources(spark)[:1])
    assert view.columns == ["customer_key", "score"]
    assert view.count() == 3


def test_an_empty_table_gives_nulls_and_an_empty_base_no_customers(spark: SparkSession) -> None:
    activity, funnel, _ = _sources(spark)
    no_funnel = ViewSource(role="funnel", rows=funnel.rows.limit(0), columns=funnel.columns)
    no_activity = ViewSource(role="activity", rows=activity.rows.limit(0), columns=activity.columns)
    ddl = "customer_key string, score double, days int, has_funnel boolean"
    expected = [
        ("ann@x.com", 7.0, None, False),
        ("bob@x.com", None, None, False),
        ("eve@x.com", 3.0, None, False),
    ]
    assert_same(spark, build_customer_view([activity, no_funnel]), expected, ddl)
    assert_same(spark, build_customer_view([no_activity, funnel]), [], ddl)


RANKED = [
    # tier, key, ltv, percent rank, z-score, decile
    ("gold", "a", 10.0, 0.0, -1.161895004, 1),
    ("gold", "b", 20.0, 1 / 3, -0.387298335, 2),
    ("gold", "c", 20.0, 1 / 3, -0.387298335, 3),
    ("gold", "d", 50.0, 1.0, 1.936491673, 4),
    ("gold", "without ltv", None, None, None, None),
    ("one", "e", 7.0, 0.0, None, 1),
    ("constant", "g", 0.1, 0.0, None, 2),
    ("constant", "f", 0.1, 0.0, None, 1),
    ("constant", "h", 0.1, 0.0, None, 3),
    ("no ltv at all", "i", None, None, None, None),
    (None, "j", 99.0, None, None, None),
    (None, "k", None, None, None, None),
]


def test_rank_deviation_and_decile_within_the_tier(spark: SparkSession) -> None:
    mean, stddev = 25.0, math.sqrt((15**2 + 5**2 + 5**2 + 25**2) / 3)
    # the tie of the later letter is the greater one
    frame = spark.createDataFrame(
        [(key, tier, ltv, ord(key[0])) for tier, key, ltv, *_ in RANKED],
        "customer_key string, customer_tier string, estimated_customer_ltv double, ltv_tie int",
    )
    actual = with_tier_ranks(frame)
    kept = [name for name in frame.columns if name != "ltv_tie"]
    assert sorted(actual.columns) == sorted([*kept, "ltv_percent_rank", "ltv_zscore", "ltv_decile"])
    expected = [
        (key, rank, (ltv - mean) / stddev if tier == "gold" and ltv is not None else None, decile)
        for tier, key, ltv, rank, _, decile in RANKED
    ]
    ddl = "customer_key string, ltv_percent_rank double, ltv_zscore double, ltv_decile int"
    assert_close(spark, actual, expected, ddl)


def test_twenty_customers_fill_the_deciles_two_by_two_from_the_lowest_ltv(spark: SparkSession) -> None:
    frame = spark.createDataFrame(
        [(f"k{n:02}", "gold", float(n), 1) for n in range(20)],
        "customer_key string, customer_tier string, estimated_customer_ltv double, ltv_tie int",
    )
    expected = [(f"k{n:02}", n // 2 + 1) for n in range(20)]
    assert_same(spark, with_tier_ranks(frame), expected, "customer_key string, ltv_decile int")


def test_columns_are_grouped_by_table_in_a_fixed_order() -> None:
    sources = {"b": "value", "a": "value", "z": "activity"}
    assert columns_by_role(sources) == {"activity": ("z",), "value": ("a", "b")}
    assert list(columns_by_role(sources)) == ["activity", "value"]
    assert columns_by_role({}) == {}
    assert has_row("value") == "has_value"
