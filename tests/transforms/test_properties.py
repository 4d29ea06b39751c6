"""Properties over many small cases: the cases of one example share ONE frame, kept apart by a case number."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from transforms.cohort import attrition, with_cohort
from transforms.distributions import count_values
from transforms.groups import study_groups
from transforms.keys import with_customer_key
from transforms.population_statistics import with_statistics
from transforms.rules import Condition, holds, is_met
from transforms.sensitivity import RFM, joined_rows_per_key, naive_join, passing_rows_per_key
from transforms.snapshots import with_snapshot_flags

# One example is one frame of many cases, so a few examples are many cases.
few_jobs = settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
CASES = 30

small = st.one_of(st.none(), st.integers(0, 3))
numbers = st.one_of(st.none(), st.sampled_from([0.0, 1.0, 2.5, -1.0, float("nan"), float("inf"), float("-inf")]))
snapshots = st.lists(st.tuples(st.sampled_from("ab"), small, numbers, small), max_size=6)
customers = st.lists(
    st.tuples(
        st.sampled_from(["gold", "tin", None]),
        st.one_of(st.none(), st.integers(8, 22)),
        st.one_of(st.none(), st.integers(-4, 4).map(lambda n: n / 4)),
    ),
    max_size=8,
)


def _cases(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(strategy, min_size=CASES, max_size=CASES)


SNAPSHOT = "customer_key string, at int, score double, n int"


def _snapshot_rows(cases: list[list[tuple]]) -> list[tuple]:
    return [(f"{case}-{key}", *rest) for case, rows in enumerate(cases) for key, *rest in rows]


def _total(value: Any) -> tuple:
    """Order one value as the definition does: null below everything, NaN above everything."""
    if value is None:
        return (0, 0.0)
    return (2, 0.0) if value != value else (1, value)


def _text(rows: list[tuple]) -> list[str]:
    return sorted(repr(tuple(row)) for row in rows)


def _latest(rows: DataFrame) -> list[Row]:
    return with_snapshot_flags(rows, "at").filter("is_latest_snapshot").select(*rows.columns).collect()


@few_jobs
@given(cases=_cases(snapshots), seed=st.integers(0, 9))
def test_the_latest_snapshot_is_the_greatest_row_whatever_order_layout_or_duplicates(
    spark: SparkSession, cases: list[list[tuple]], seed: int
) -> None:
    rows = _snapshot_rows(cases)
    greatest: dict[str, tuple] = {}
    for row in rows:
        held = greatest.get(row[0])
        if held is None or [_total(v) for v in row[1:]] > [_total(v) for v in held[1:]]:
            greatest[row[0]] = row
    twice = [*rows, *rows]
    random.Random(seed).shuffle(twice)
    as_read = _latest(spark.createDataFrame(rows, SNAPSHOT))
    shuffled = _latest(spark.createDataFrame(twice, SNAPSHOT).repartition(4))
    assert _text(as_read) == _text(list(greatest.values()))
    assert _text(shuffled) == _text(as_read)


CUSTOMER = "case_id int, customer_key string, customer_tier string, days int, score double"
# the mean is taken within the case, so that every case is a population of its own
PREDICATES = [
    Condition(column="days", operator="between", value=(10, 20)),
    Condition(column="score", operator=">", statistic="mean", within="case_id"),
]


def _customers(spark: SparkSession, cases: list[list[tuple]], seed: int | None = None) -> DataFrame:
    rows = [
        (case, f"{case}-{i}", f"{case}-{tier}" if tier else None, days, score)
        for case, members in enumerate(cases)
        for i, (tier, days, score) in enumerate(members)
    ]
    if seed is None:
        return spark.createDataFrame(rows, CUSTOMER)
    random.Random(seed).shuffle(rows)
    return spark.createDataFrame(rows, CUSTOMER).repartition(4)


def _expected_membership(cases: list[list[tuple]]) -> list[str]:
    found = []
    for case, members in enumerate(cases):
        scores = [score for *_, score in members if score is not None]
        mean = round(sum(scores) / len(scores), 9) if scores else 0.0
        inside = [
            days is not None and 10 <= days <= 20 and score is not None and score > mean for _, days, score in members
        ]
        tiers = {tier for (tier, *_), met in zip(members, inside, strict=True) if met and tier}
        found += [
            (f"{case}-{i}", met, not met and tier in tiers)
            for i, ((tier, *_), met) in enumerate(zip(members, inside, strict=True))
        ]
    return _text(found)


@few_jobs
@given(cases=_cases(customers), seed=st.integers(0, 9))
def test_cohort_and_peers_depend_on_the_customers_only(
    spark: SparkSession, cases: list[list[tuple]], seed: int
) -> None:
    names = ("customer_key", "is_cohort", "is_peer")
    for frame in (_customers(spark, cases), _customers(spark, cases, seed)):
        members = with_cohort(frame, PREDICATES).select(*names).collect()
        assert _text(members) == _expected_membership(cases)


@few_jobs
@given(cases=_cases(customers))
def test_undecidable_met_and_not_met_make_up_those_left_before(spark: SparkSession, cases: list[list[tuple]]) -> None:
    members = with_cohort(_customers(spark, cases), PREDICATES)
    steps = sorted(attrition(members, PREDICATES).collect())
    left = F.lit(True)
    counts = []
    for predicate in PREDICATES:
        counts.append(F.count_if(left & (~F.coalesce(holds(predicate), F.lit(True)))))
        left = left & is_met(predicate)
    cohort = F.count_if("is_cohort")
    peers, both = F.count_if("is_peer"), F.count_if(F.col("is_peer") & F.col("is_cohort"))
    found = members.agg(*counts, cohort, peers, both, F.count(F.lit(1))).first()
    *not_met, n_cohort, n_peers, n_both, n = found
    assert (steps[0].n_remaining, steps[0].n_undecidable) == (n, 0)
    for before, step, refused in zip(steps, steps[1:], not_met, strict=False):
        assert step.n_remaining + step.n_undecidable + refused == before.n_remaining
    assert steps[-1].n_remaining == n_cohort
    assert n_both == 0
    assert n_cohort + n_peers <= n == sum(len(members) for members in cases)


@few_jobs
@given(cases=_cases(customers))
def test_the_values_of_every_dimension_add_up_to_the_groups(spark: SparkSession, cases: list[list[tuple]]) -> None:
    members = with_cohort(_customers(spark, cases), PREDICATES)
    groups = ("cohort", "peers", "population")
    counts = count_values(members, study_groups(groups), ["customer_tier", "days"]).groupBy("dimension")
    found = counts.agg(*(F.sum(group).alias(group) for group in groups)).collect()
    sizes = members.agg(F.count_if("is_cohort"), F.count_if("is_peer"), F.count(F.lit(1))).first()
    if sizes[2]:
        assert {row.dimension for row in found} == {"customer_tier", "days"}
    for row in found:
        assert [row[group] for group in groups] == list(sizes)
        shares = [row[group] / size for group, size in zip(groups, sizes, strict=True) if size]
        assert shares == [1.0] * len(shares)


table_rows = st.lists(st.tuples(st.sampled_from(["a", "B ", "b", "c", None]), st.integers(0, 3), small), max_size=6)
ACTIVITY, FUNNEL, VALUE = (f"primary_email string, {name} int" for name in ("engagement", "days", "recency_score"))
ENGAGED = Condition(column="engagement", operator=">=", statistic="median")
SOON = Condition(column="days", operator="<=", value=2)


@few_jobs
@given(tables=_cases(st.tuples(table_rows, table_rows, table_rows)))
def test_rows_counted_per_key_equal_the_join_really_executed(
    spark: SparkSession, tables: list[tuple[list[tuple], ...]]
) -> None:
    def rows(table: int, ddl: str) -> DataFrame:
        keyed = [
            (f"{case}-{key}" if key else None, value)
            for case, found in enumerate(tables)
            for key, value, _ in found[table]
        ]
        return with_customer_key(spark.createDataFrame(keyed, ddl)).drop("primary_email")

    activity, funnel = rows(0, ACTIVITY), rows(1, FUNNEL)
    value = rows(2, VALUE).withColumns({name: F.col("recency_score") + 1 for name in RFM[1:]})
    base = passing_rows_per_key(activity, [ENGAGED], with_rfm=False)
    others = {
        "funnel": passing_rows_per_key(funnel, [SOON], with_rfm=False),
        "value": passing_rows_per_key(value, [], with_rfm=True),
    }
    counted = joined_rows_per_key(base, others, filtered=["activity", "funnel"], rfm_role="value")
    with_key = activity.filter(F.col("customer_key").isNotNull())
    joined = (
        with_statistics(with_key, [ENGAGED])
        .join(funnel, on="customer_key", how="left")
        .join(value, on="customer_key", how="left")
        .filter(is_met(ENGAGED) & is_met(SOON))
    )
    executed = joined.groupBy("customer_key").agg(
        F.count(F.lit(1)).alias("joined_rows"), F.sum("recency_score").alias("recency")
    )
    expected = {row.customer_key: (row.joined_rows, row.recency or 0) for row in executed.collect()}
    found = {row.customer_key: (row.joined_rows, row.recency_score_sum) for row in counted.collect() if row.joined_rows}
    assert found == expected
    total = naive_join(counted, with_rfm=True).first()
    assert total.joined_rows == sum(n for n, _ in expected.values())
    assert total.cohort_customers == len(expected)
