from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from tests.frames import assert_same
from transforms.rules import OPERATORS, Condition, Rule, first_match, holds, is_met

NUMBERS = [(1, 9), (2, 10), (3, 15), (4, 20), (5, 21), (6, None)]
# operator, operand, truth for 9, 10, 15, 20, 21
NUMERIC = [
    ("=", 10, (False, True, False, False, False)),
    ("!=", 10, (True, False, True, True, True)),
    (">", 10, (False, False, True, True, True)),
    (">=", 10, (False, True, True, True, True)),
    ("<", 20, (True, True, True, False, False)),
    ("<=", 20, (True, True, True, True, False)),
    ("between", (10, 20), (False, True, True, True, False)),
    ("in", (10, 21), (False, True, False, False, True)),
    ("not in", (10, 21), (True, False, True, True, False)),
]


def test_every_operator_on_both_sides_of_its_bounds_and_undecidable_when_missing(spark: SparkSession) -> None:
    conditions = [Condition(column="v", operator=op, value=operand) for op, operand, _ in NUMERIC]
    assert {q.operator for q in conditions} == set(OPERATORS)
    frame = spark.createDataFrame(NUMBERS, "n int, v int")
    held = [holds(q).alias(f"h{i}") for i, q in enumerate(conditions)]
    met = [is_met(q).alias(f"m{i}") for i, q in enumerate(conditions)]
    truths = [(*row, None) for _, _, row in NUMERIC]
    expected = [(n, *(t[i] for t in truths), *(bool(t[i]) for t in truths)) for i, (n, _) in enumerate(NUMBERS)]
    names = [f"h{i}" for i in range(len(NUMERIC))] + [f"m{i}" for i in range(len(NUMERIC))]
    ddl = "n int, " + ", ".join(f"{name} boolean" for name in names)
    assert_same(spark, frame.select("n", *held, *met), expected, ddl)


def test_text_is_compared_as_spelled(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("Low",), ("low",), ("",), (None,)], "v string")
    actual = frame.select(
        "v",
        holds(Condition(column="v", operator="=", value="Low")).alias("eq"),
        holds(Condition(column="v", operator="!=", value="Low")).alias("ne"),
        is_met(Condition(column="v", operator="not in", value=("Low", "x"))).alias("other"),
    )
    expected = [
        ("Low", True, False, False),
        ("low", False, True, True),
        ("", False, True, True),
        (None, None, None, False),
    ]
    assert_same(spark, actual, expected, "v string, eq boolean, ne boolean, other boolean")


def test_a_statistic_is_read_from_its_column_and_a_missing_one_decides_nothing(spark: SparkSession) -> None:
    above = Condition(column="v", operator=">", statistic="mean", within="tier")
    frame = spark.createDataFrame(
        [(1, 2.0, 1.0), (2, 1.0, 1.0), (3, 2.0, None), (4, None, 1.0)],
        f"n int, v double, {above.statistic_column} double",
    )
    actual = frame.select("n", holds(above).alias("holds"), is_met(above).alias("met"))
    expected = [(1, True, True), (2, False, False), (3, None, False), (4, None, False)]
    assert_same(spark, actual, expected, "n int, holds boolean, met boolean")


HIGH = Condition(column="a", operator=">", value=5)
LOUD = Condition(column="b", operator="=", value="loud")


def test_the_first_rule_that_matches_names_the_customer(spark: SparkSession) -> None:
    ordered = [
        Rule(name="both", conditions=(HIGH, LOUD)),
        Rule(name="either", conditions=(HIGH, LOUD), match_any=True),
        Rule(name="quiet", conditions=(Condition(column="b", operator="=", value="quiet"),)),
    ]
    with_rest = [*ordered, Rule(name="rest")]
    frame = spark.createDataFrame(
        [(6, "loud"), (6, "quiet"), (5, "loud"), (5, "quiet"), (None, "loud"), (None, None), (5, "x")],
        "a int, b string",
    )
    actual = frame.select("a", "b", first_match(ordered).alias("name"), first_match(with_rest).alias("covered"))
    expected = [
        (6, "loud", "both", "both"),
        (6, "quiet", "either", "either"),
        (5, "loud", "either", "either"),
        (5, "quiet", "quiet", "quiet"),
        (None, "loud", "either", "either"),
        (None, None, None, "rest"),
        (5, "x", None, "rest"),
    ]
    assert_same(spark, actual, expected, "a int, b string, name string, covered string")


def test_a_rule_for_the_rest_hides_the_rules_after_it_and_no_rules_name_nobody(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(9, "loud")], "a int, b string")
    rules = [Rule(name="rest"), Rule(name="high", conditions=(HIGH,))]
    actual = frame.select(first_match(rules).alias("x"), first_match([]).alias("nobody"))
    assert_same(spark, actual, [("rest", None)], "x string, nobody string")


@pytest.mark.parametrize(
    ("condition", "text", "column"),
    [
        (Condition(column="d", operator="between", value=(10, 20)), "d between 10 and 20", "None_of_d"),
        (Condition(column="d", operator="in", value=("a", "b")), "d in (a, b)", "None_of_d"),
        (Condition(column="d", operator=">", value=30), "d > 30", "None_of_d"),
        (Condition(column="d", operator=">", statistic="mean"), "d > mean", "mean_of_d"),
        (
            Condition(column="d", operator=">=", statistic="p2.5", within="tier"),
            "d >= p2.5 within tier",
            "p2_5_of_d_within_tier",
        ),
    ],
)
def test_spelling_and_statistic_column(condition: Condition, text: str, column: str) -> None:
    assert condition.text() == text
    assert condition.statistic_column == column


def test_minus_zero_is_zero(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(1, -0.0), (2, 0.0)], "n int, v double")
    conditions = [("=", 0, True), ("!=", 0, False), (">=", 0, True), ("<", 0, False), ("between", (0, 1), True)]
    met = [
        is_met(Condition(column="v", operator=operator, value=value)).alias(f"m{i}")
        for i, (operator, value, _) in enumerate(conditions)
    ]
    expected = [(n, *(truth for *_, truth in conditions)) for n in (1, 2)]
    ddl = "n int, " + ", ".join(f"m{i} boolean" for i in range(len(conditions)))
    assert_same(spark, frame.select("n", *met), expected, ddl)
