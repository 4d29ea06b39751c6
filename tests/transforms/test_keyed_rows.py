from __future__ import annotations

import hashlib
import hmac
import math

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.window import Window as W

from tests.frames import assert_same
from transforms.keyed_rows import KEYED_DDL, keyed_rows
from transforms.keys import hmac_pads

TABLE = "primary_email string, at int, estimated_customer_ltv double, note string, unused string"
HIDDEN_TIE = "customer_key string, ltv_tie int"


def hidden(key: str | None) -> str | None:
    return key and hmac.new(b"a-key", key.encode(), "sha256").hexdigest()


def keyed(spark: SparkSession, rows: list[tuple], columns: tuple[str, ...]) -> DataFrame:
    pads = spark.createDataFrame([hmac_pads(b"a-key")], "inner_pad binary, outer_pad binary")
    table = spark.createDataFrame([(*row, "x") for row in rows], TABLE)
    return keyed_rows(table, timestamp="at", columns=columns, pads=pads)


def test_every_row_stays_with_its_key_hidden_and_only_the_columns_asked_for(spark: SparkSession) -> None:
    rows = [(" ANN@x ", 1, math.nan, "old"), ("ann@x", 2, 5.0, "new"), ("王@x", 1, None, None), (None, 9, 1.0, "-")]
    actual = keyed(spark, rows, ("note", "estimated_customer_ltv"))
    ddl = f"{KEYED_DDL}, note string, estimated_customer_ltv double"
    assert actual.columns == [part.split()[0] for part in ddl.split(", ")]
    ann, wang = hidden("ann@x"), hidden("王@x")
    md5 = {name: hidden(hashlib.md5(name.encode()).hexdigest()) for name in ("ann@x", "王@x")}
    expected = [
        (ann, None, False, False, True, None, "old", math.nan),
        (ann, md5["ann@x"], False, True, False, 1, "new", 5.0),
        (wang, md5["王@x"], True, True, True, None, None, None),
        (None, None, None, False, False, None, "-", 1.0),
    ]
    assert_same(spark, actual, expected, ddl)


def test_newest_rows_of_equal_ltv_are_ordered_by_plain_key(spark: SparkSession) -> None:
    rows = [
        ("b@x", 1, 7.0, ""),
        ("A@x", 1, 7.0, ""),
        ("c@x", 1, 7.0, ""),
        ("d@x", 1, 8.0, ""),
        ("e@x", 2, -0.0, ""),
        ("e@x", 1, 7.0, "an old row is not ranked"),
        ("f@x", 1, 0.0, ""),
        ("g@x", 1, math.inf, ""),
        ("h@x", 1, None, ""),
    ]
    expected = [("a@x", 1), ("b@x", 2), ("c@x", 3), ("d@x", 1), ("e@x", 1), ("f@x", 2), ("g@x", None), ("h@x", None)]
    newest = keyed(spark, rows, ("estimated_customer_ltv",)).filter("is_latest_snapshot")
    of_equals = F.row_number().over(W.partitionBy(F.col("estimated_customer_ltv") + F.lit(0.0)).orderBy("ltv_tie"))
    placed = newest.withColumn("ltv_tie", F.when(F.col("ltv_tie").isNotNull(), of_equals))
    assert_same(spark, placed, [(hidden(key), tie) for key, tie in expected], HIDDEN_TIE)


def test_without_the_ltv_nothing_is_ranked_and_no_rows_give_no_rows(spark: SparkSession) -> None:
    actual = keyed(spark, [("ann@x", 1, 5.0, "")], ("note",))
    assert_same(spark, actual, [(hidden("ann@x"), None)], HIDDEN_TIE)
    assert keyed(spark, [], ("note",)).count() == 0
