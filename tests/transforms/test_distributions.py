from __future__ import annotations

from pyspark.sql import SparkSession

from tests.frames import assert_same
from transforms.distributions import count_values
from transforms.groups import study_groups

DDL = "dimension string, value string, population bigint, cohort bigint, peers bigint"
GROUPS = ("population", "cohort", "peers")
INPUT = "is_cohort boolean, is_peer boolean, channel string, active int"


def test_every_value_of_the_population_is_counted_in_each_group(spark: SparkSession) -> None:
    rows = [
        (True, False, "Email", 1),
        (True, False, None, 0),
        (False, True, "Email", 1),
        (False, True, "email", None),
        (False, False, "Web", 1),
        (False, False, "Web", 1),
        (False, False, "", 1),
    ]
    expected = [
        ("channel", "Email", 2, 1, 1),
        ("channel", "email", 1, 0, 1),
        ("channel", "Web", 2, 0, 0),
        ("channel", "", 1, 0, 0),
        ("channel", "(missing)", 1, 1, 0),
        ("active", "1", 5, 1, 1),
        ("active", "0", 1, 1, 0),
        ("active", "(missing)", 1, 0, 1),
    ]
    actual = count_values(spark.createDataFrame(rows, INPUT), study_groups(GROUPS), ["channel", "active"])
    assert actual.columns == [part.split()[0] for part in DDL.split(", ")]
    assert_same(spark, actual, expected, DDL)


def test_nobody_has_no_values(spark: SparkSession) -> None:
    assert_same(spark, count_values(spark.createDataFrame([], INPUT), study_groups(GROUPS), ["channel"]), [], DDL)
