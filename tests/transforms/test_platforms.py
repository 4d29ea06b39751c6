from __future__ import annotations

from pyspark.sql import SparkSession

from tests.frames import assert_same
from transforms.platforms import with_platforms


def test_the_combination_in_fixed_order_and_the_number_of_platforms(spark: SparkSession) -> None:
    cases = [
        ((0, 0, 0), "0-0-0", 0),
        ((1, 0, 0), "1-0-0", 1),
        ((0, 1, 0), "0-1-0", 1),
        ((0, 0, 1), "0-0-1", 1),
        ((1, 0, 1), "1-0-1", 2),
        ((1, 1, 1), "1-1-1", 3),
        ((None, 1, 1), "unknown", None),
        ((1, None, 1), "unknown", None),
        ((1, 1, None), "unknown", None),
        ((2, 1, 1), "unknown", None),
        ((1, -1, 1), "unknown", None),
        ((None, None, None), "unknown", None),
    ]
    frame = spark.createDataFrame(
        [(i, *flags) for i, (flags, *_) in enumerate(cases)],
        "i int, in_marketo int, in_stripe int, in_zendesk int",
    )
    actual = with_platforms(frame)
    assert actual.columns == [*frame.columns, "platforms", "number_of_platforms"]
    expected = [(i, name, number) for i, (_, name, number) in enumerate(cases)]
    assert_same(spark, actual, expected, "i int, platforms string, number_of_platforms int")
