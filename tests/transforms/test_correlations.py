from __future__ import annotations

import random

import pytest
from pyspark.sql import SparkSession
from scipy import stats

from tests.frames import assert_close, assert_same
from transforms.correlations import correlate
from transforms.groups import study_groups

INPUT = "is_cohort boolean, is_peer boolean, x int, y double"
DDL = "group_name string, n bigint, pearson_r double, spearman_r double"
GROUPS = ("cohort", "peers", "population")


def test_pearson_and_spearman_with_ties_agree_with_scipy_and_skip_incomplete_pairs(
    spark: SparkSession,
) -> None:
    cohort = [(0, 10.0), (1, 30.0), (1, 20.0), (2, 20.0), (3, 90.0), (3, 20.0)]
    peers = [(3, 1.0), (2, 2.0), (1, 3.0)]
    others = [(2, 50.0), (0, 55.0)]
    rows = [(True, False, *pair) for pair in [*cohort, (None, 5.0), (3, None)]]
    rows += [(False, True, *pair) for pair in peers] + [(False, False, *pair) for pair in others]
    expected = []
    for group, pairs in zip(GROUPS, (cohort, peers, cohort + peers + others), strict=True):
        xs, ys = zip(*pairs, strict=True)
        pearson, spearman = stats.pearsonr(xs, ys).statistic, stats.spearmanr(xs, ys).statistic
        expected.append((group, len(pairs), float(pearson), float(spearman)))
    frame = spark.createDataFrame(rows, INPUT)
    for exact in (True, False):
        actual = correlate(frame, study_groups(GROUPS), "x", "y", exact=exact)
        assert actual.columns == [part.split()[0] for part in DDL.split(", ")]
        assert_close(spark, actual, expected, DDL)


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize(
    "pairs",
    [[(1, 5.0), (1, 6.0), (1, 7.0)], [(1, 0.1), (2, 0.1), (3, 0.1)], [(1, 5.0)]],
    ids=["x", "y", "one pair"],
)
def test_a_constant_column_has_no_correlation(spark: SparkSession, pairs, exact: bool) -> None:
    frame = spark.createDataFrame([(True, False, *pair) for pair in pairs], INPUT)
    actual = correlate(frame, study_groups(["cohort"]), "x", "y", exact=exact)
    assert_same(spark, actual, [("cohort", len(pairs), None, None)], DDL)


@pytest.mark.parametrize("exact", [True, False])
def test_without_complete_pairs_no_group_has_a_row(spark: SparkSession, exact: bool) -> None:
    frame = spark.createDataFrame([(True, False, None, 1.0), (False, False, 1, None)], INPUT)
    assert_same(spark, correlate(frame, study_groups(GROUPS), "x", "y", exact=exact), [], DDL)


def test_the_ranks_of_many_values_are_those_of_ten_thousand_equally_filled_bins(spark: SparkSession) -> None:
    draw = random.Random(7)
    # 0, 1, ... 29,999: three values to a bin; x follows y loosely
    pairs = [(min(3, max(0, round(y / 8_000 + draw.gauss(0, 1)))), float(y)) for y in range(30_000)]
    draw.shuffle(pairs)
    frame = spark.createDataFrame([(True, False, *pair) for pair in pairs], INPUT)
    found = correlate(frame, study_groups(["cohort"]), "x", "y", exact=False).first()
    xs, ys = zip(*pairs, strict=True)
    binned = stats.spearmanr(xs, [y // 3 for y in ys]).statistic
    assert found["pearson_r"] == pytest.approx(stats.pearsonr(xs, ys).statistic, abs=1e-9)
    assert found["spearman_r"] == pytest.approx(binned, abs=1e-11)
    assert abs(binned - stats.spearmanr(xs, ys).statistic) > 1e-10
