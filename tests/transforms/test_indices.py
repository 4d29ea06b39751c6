from __future__ import annotations

import pytest
from pyspark.sql import DataFrame, SparkSession

from tests.frames import assert_close, assert_same
from transforms.indices import Part, thresholds, with_indices


def _only(**part: object) -> dict[str, list[Part]]:
    return {"risk_index": [Part(column="x", weight=1, **part)]}  # type: ignore[arg-type]


MIN_MAX = _only(scale="min_max")
RISK = (("Low", 0.25), ("High", 0.75))
ONE_PART = "k string, risk_index__x double, risk_index double"


def _frame(spark: SparkSession, rows: list[tuple], ddl: str) -> DataFrame:
    return spark.createDataFrame(rows, f"k string, is_cohort boolean, {ddl}")


def test_a_part_runs_from_the_cohorts_minimum_to_its_maximum_and_is_null_outside(spark: SparkSession) -> None:
    rows = [("a", True, 10), ("b", True, 30), ("c", True, 15), ("d", True, None), ("e", False, 1000), ("f", False, -5)]
    actual = with_indices(_frame(spark, rows, "x int"), MIN_MAX)
    expected = [
        *(("a", 0.0, 0.0), ("b", 1.0, 1.0), ("c", 0.25, 0.25)),
        *((k, None, None) for k in "def"),
    ]
    assert_same(spark, actual, expected, ONE_PART)


def test_a_constant_part_is_zero_for_whoever_has_it(spark: SparkSession) -> None:
    rows = [("a", True, 7.7), ("b", True, 7.7), ("c", True, None), ("d", False, 8.8)]
    actual = with_indices(_frame(spark, rows, "x double"), MIN_MAX)
    assert_same(spark, actual, [("a", 0.0, 0.0), ("b", 0.0, 0.0), ("c", None, None), ("d", None, None)], ONE_PART)


def test_a_part_nobody_has_leaves_no_index(spark: SparkSession) -> None:
    rows = [("a", True, None), ("b", True, None), ("c", False, 1.0)]
    actual = with_indices(_frame(spark, rows, "x double"), MIN_MAX)
    expected = [(k, None, None, None, None, None) for k in "abc"]
    ddl = f"{ONE_PART}, risk_index_level string, risk_index__p33 double, risk_index__p67 double"
    assert_same(spark, actual, expected, ddl)


def test_an_ordinal_part_takes_its_number_and_a_value_off_the_list_is_missing(spark: SparkSession) -> None:
    rows = [("a", True, "Low"), ("b", True, "High"), ("c", True, "high"), ("d", True, None), ("e", False, "Low")]
    actual = with_indices(_frame(spark, rows, "x string"), _only(scale="ordinal", levels=RISK))
    expected = [("a", 0.25, 0.25), ("b", 0.75, 0.75), ("c", None, None), ("d", None, None), ("e", None, None)]
    assert_same(spark, actual, expected, ONE_PART)


def test_an_inactive_flag_counts_one_and_what_is_no_flag_is_missing(spark: SparkSession) -> None:
    rows = [("a", True, 0), ("b", True, 1), ("c", True, 2), ("d", True, None)]
    actual = with_indices(_frame(spark, rows, "x int"), _only(scale="off"))
    assert_same(spark, actual, [("a", 1.0, 1.0), ("b", 0.0, 0.0), ("c", None, None), ("d", None, None)], ONE_PART)


def test_a_weak_category_has_a_mean_below_the_cohorts(spark: SparkSession) -> None:
    rows = [
        ("a", True, "mail", 10.0),
        ("b", True, "mail", 50.0),
        ("c", True, "web", 60.0),
        # the cohort's mean, 40, with the customer who has no channel
        ("d", True, None, 40.0),
        # as good as the cohort is not weak; whoever has no health is as weak as the channel
        ("e", True, "phone", 40.0),
        ("f", True, "mail", None),
        ("g", True, "silent", None),
        # outside the cohort nobody changes a mean
        ("h", False, "web", 0.0),
        ("i", False, "mail", 999.0),
    ]
    actual = with_indices(_frame(spark, rows, "x string, health double"), _only(scale="weak", measure="health"))
    weak = {"a": 1.0, "b": 1.0, "c": 0.0, "d": None, "e": 0.0, "f": 1.0, "g": None, "h": None, "i": None}
    assert_same(spark, actual, [(k, part, part) for k, part in weak.items()], ONE_PART)


MIXED = {
    "value_index": [
        Part(column="ltv", weight=0.75, scale="min_max"),
        Part(column="health", weight=0.25, scale="min_max"),
    ],
    "risk_index": [
        Part(column="risk", weight=0.5, scale="ordinal", levels=RISK),
        Part(column="active", weight=0.3, scale="off"),
        Part(column="channel", weight=0.2, scale="weak", measure="health"),
    ],
}
BOTH = "k string, value_index double, value_index_level string, risk_index double, risk_index_level string"


def test_an_index_is_the_weighted_sum_and_a_missing_part_leaves_no_index_and_no_level(spark: SparkSession) -> None:
    rows = [
        ("a", True, 0.0, 0.0, "High", 0, "mail"),
        ("b", True, 100.0, 50.0, "Low", 1, "web"),
        ("c", True, 60.0, 40.0, "Low", 0, "web"),
        ("d", True, None, 10.0, "Low", 1, "mail"),
        ("e", True, 20.0, 10.0, "Low", 2, "mail"),
        ("f", False, 60.0, 40.0, "Low", 0, "web"),
    ]
    ddl = "ltv double, health double, risk string, active int, channel string"
    actual = with_indices(_frame(spark, rows, ddl), MIXED)
    expected = [
        ("a", 0.0, "low", 0.875, "high"),
        ("b", 1.0, "high", 0.125, "low"),
        ("c", 0.65, "medium", 0.425, "medium"),
        ("d", None, None, 0.325, "medium"),
        ("e", 0.2, "medium", None, None),
        ("f", None, None, None, None),
    ]
    # value: P33 0.198, P67 0.6535; risk: P33 0.323, P67 0.4295
    assert_close(spark, actual, expected, BOTH)
    added = set(actual.columns) - set(_frame(spark, rows, ddl).columns)
    parts = {"value_index__ltv", "value_index__health", "risk_index__risk", "risk_index__active", "risk_index__channel"}
    names = {f"{index}{end}" for index in MIXED for end in ("", "_level", "__p33", "__p67")}
    assert added == parts | names


LEVELS = {
    # 0, 1, 2, 3 of 3: P33 = 0.99 / 3, P67 = 2.01 / 3
    "between the values": ([0, 1, 2, 3], ["low", "medium", "medium", "high"]),
    # position 33 of 100 is a value itself: it is low
    "a value at P33 is low, at P67 medium": (
        list(range(101)),
        ["low"] * 34 + ["medium"] * 34 + ["high"] * 33,
    ),
    "ties at P33 are all low": ([0, 0, 0, 1, 1, 2], ["low", "low", "low", "medium", "medium", "high"]),
    "ties at P67 are all medium": ([0, 1, 2, 2, 2, 2], ["low", "low", "medium", "medium", "medium", "medium"]),
    "everybody alike is low": ([5, 5, 5], ["low", "low", "low"]),
    "one customer is low": ([5], ["low"]),
    "two customers": ([1, 2], ["low", "high"]),
}


@pytest.mark.parametrize(("values", "levels"), LEVELS.values(), ids=LEVELS)
def test_levels_split_at_the_exact_percentiles_of_the_cohort(
    spark: SparkSession, values: list[int], levels: list[str]
) -> None:
    outside = [("outside", False, 10_000)]
    cohort = [(f"k{n}", True, value) for n, value in enumerate(values)]
    actual = with_indices(_frame(spark, cohort[::-1] + outside, "x int"), MIN_MAX)
    expected = [("outside", None), *((f"k{n}", level) for n, level in enumerate(levels))]
    assert_same(spark, actual, expected, "k string, risk_index_level string")


def test_equal_sums_of_other_parts_get_the_same_level(spark: SparkSession) -> None:
    # 0.1 + 0.2 + 0 and 0.3 are the same index but not the same double
    weights = {"p": 0.1, "q": 0.2, "r": 0.3, "s": 0.4}
    parts = [Part(column=name, weight=weight, scale="off") for name, weight in weights.items()]
    rows = [
        ("a", True, 1, 1, 1, 1),
        ("b", True, 1, 1, 0, 1),
        ("c", True, 0, 0, 1, 1),
        ("d", True, 1, 1, 1, 0),
        ("e", True, 0, 0, 0, 0),
    ]
    actual = with_indices(_frame(spark, rows, "p int, q int, r int, s int"), {"risk_index": parts})
    # P33 lies at 1.32 of 0 to 4, so between b and c, which are alike
    expected = [("a", "low"), ("b", "low"), ("c", "low"), ("d", "high"), ("e", "high")]
    assert_same(spark, actual, expected, "k string, risk_index_level string")


def test_the_thresholds_are_the_cohorts_linear_percentiles(spark: SparkSession) -> None:
    rows = [(str(n), True, n) for n in (4, 0, 2, 3, 1)] + [("far", False, 99)]
    actual = thresholds(with_indices(_frame(spark, rows, "x int"), MIN_MAX), ["risk_index"])
    ddl = "risk_index__p33 double, risk_index__p67 double"
    assert actual.columns == ["risk_index__p33", "risk_index__p67"]
    assert_close(spark, actual, [(0.33, 0.67)], ddl)


def test_an_empty_cohort_has_no_index(spark: SparkSession) -> None:
    ddl = "ltv double, health double, risk string, active int, channel string"
    rows = [("a", False, 1.0, 2.0, "Low", 1, "web")]
    actual = with_indices(_frame(spark, rows, ddl), MIXED)
    assert_same(spark, actual, [("a", None, None, None, None)], BOTH)
    points = thresholds(actual, list(MIXED))
    assert_same(spark, points, [(None,) * 4], ", ".join(f"{name} double" for name in points.columns))


def test_no_index_changes_nothing(spark: SparkSession) -> None:
    frame = _frame(spark, [("a", True, 1)], "x int")
    assert with_indices(frame, {}).columns == frame.columns


def test_an_unknown_scale_is_refused(spark: SparkSession) -> None:
    with pytest.raises(ValueError, match="no scale 'log'"):
        with_indices(_frame(spark, [("a", True, 1)], "x int"), _only(scale="log"))
