"""Who is a customer and who belongs to a cohort: the oracle against numbers worked by hand."""

from __future__ import annotations

import math

import duckdb
import pytest

from tests.oracle import naive_join_executed, oracle
from tests.oracle.by_hand import (
    DAY_1,
    DAY_2,
    DAY_3,
    FLAGGED,
    activity,
    approx,
    definition,
    funnel,
    lake,
    profile_of,
    row,
    value,
)
from tests.oracle.compare import CONTRACT
from tests.oracle.lake import TABLES
from tests.oracle.rules_by_hand import CONVERSION

# --- keys and snapshots -------------------------------------------------------------------------


def test_spellings_of_one_address_are_one_customer_and_blank_is_none() -> None:
    emails = ["a@x.de", " A@X.de\u00a0", "\x0ba@x.DE\u3000\t", "", " \u2003", None, "ä@x.de"]
    con = lake(activity=[activity(email) for email in emails])
    found = oracle(con, definition(FLAGGED, {}))
    assert found["attrition"][0]["n_remaining"] == 2
    assert found["quality_counts"]["keys_missing:activity"] == 3
    assert found["quality_counts"]["keys_non_ascii:activity"] == 1


def test_the_newest_timestamp_wins_and_a_null_timestamp_is_oldest() -> None:
    rows = [
        activity("a", customer_health_score=1.0, activity_analysis_timestamp=DAY_2),
        activity("a", customer_health_score=2.0, activity_analysis_timestamp=DAY_3),
        activity("a", customer_health_score=9.0, activity_analysis_timestamp=None),
    ]
    assert profile_of(lake(activity=rows), "customer_health_score")["mean"] == 2.0


def test_a_tie_is_broken_by_columns_in_schema_order_descending() -> None:
    rows = [
        activity("a", customer_segment="SMB", customer_health_score=1.0),
        activity("a", customer_segment="Enterprise", customer_health_score=9.0),
        activity("a", customer_segment=None, customer_health_score=10.0),
    ]
    assert profile_of(lake(activity=rows), "customer_health_score")["mean"] == 1.0


def test_nan_is_the_largest_in_a_tie_and_missing_afterwards() -> None:
    rows = [
        activity("a", customer_health_score=5.0),
        activity("a", customer_health_score=math.nan),
        activity("a", customer_health_score=math.inf),
        activity("b", customer_health_score=3.0),
    ]
    found = profile_of(lake(activity=rows), "customer_health_score")
    assert (found["n"], found["n_missing"], found["mean"]) == (1, 1, 3.0)


# --- cohort, attrition --------------------------------------------------------------------------


@pytest.fixture
def conversion_lake() -> duckdb.DuckDBPyConnection:
    engagement = {"a": 10.0, "b": 10.0, "c": 10.0, "d": 10.0, "e": 2.0, "f": 2.0, "g": None, "h": math.nan}
    delays = {
        "a": (10, 31),
        "b": (20, 30),
        "c": (9, 40),
        "d": (None, 40),
        "e": (15, 40),
        "f": (15, None),
        "g": (15, 31),
        "x": (15, 40),
    }
    return lake(
        activity=[activity(email, composite_engagement_score=score) for email, score in engagement.items()],
        funnel=[funnel(email, *days) for email, days in delays.items()],
    )


def test_attrition_counts_who_is_left_and_who_cannot_be_decided(
    conversion_lake: duckdb.DuckDBPyConnection,
) -> None:
    found = oracle(conversion_lake, definition(CONVERSION, {}))
    steps = [(one["step"], one["n_remaining"], one["n_undecidable"]) for one in found["attrition"]]
    # Step 1 keeps a b e f g (10 and 20 are inside); d has no days and h no funnel row.
    # Step 2 keeps a e g (30 is not above 30); f has no days. Step 3 keeps a; g has no engagement.
    assert steps == [(0, 8, 0), (1, 5, 2), (2, 3, 1), (3, 1, 1)]
    # Mean engagement: four tens and two twos over six customers, NaN and null left out.
    assert found["attrition"][3]["statistic_value"] == approx(44 / 6)
    assert [one["customer_key"] for one in found["cohort_members"]] == ["a"]


def test_customers_outside_the_base_are_counted_not_joined(
    conversion_lake: duckdb.DuckDBPyConnection,
) -> None:
    found = oracle(conversion_lake, definition(CONVERSION, {}))
    assert found["quality_counts"]["customers_absent_from_base:funnel"] == 1
    # Seven of the eight customers have a funnel row; x is no customer.
    assert row(found["match_rates"], right_table=TABLES["funnel"]) == {
        "left_table": TABLES["activity"],
        "right_table": TABLES["funnel"],
        "key": "primary_email",
        "left_rows": 8,
        "matched_rows": 7,
        "match_rate": 0.875,
    }


def test_a_value_equal_to_its_own_mean_is_not_above_it() -> None:
    # Ten times 0.1 sums to 0.9999999999999999 in doubles: its tenth would lie below every one of them.
    con = lake(
        activity=[activity(email, composite_engagement_score=0.1) for email in "abcdefghij"],
        funnel=[funnel(email, 15, 40) for email in "abcdefghij"],
    )
    found = oracle(con, definition(CONVERSION, {}))
    assert found["attrition"][3]["n_remaining"] == 0
    assert found["attrition"][3]["statistic_value"] == 0.1


# --- method sensitivity -------------------------------------------------------------------------


def fanned_lake() -> duckdb.DuckDBPyConnection:
    """a: 2 activity, 3 funnel, 2 value rows; b: 1, 1, none; c: 1, none, none."""
    return lake(
        activity=[
            activity("a", composite_engagement_score=10.0, activity_analysis_timestamp=DAY_1),
            activity("a", composite_engagement_score=4.0, activity_analysis_timestamp=DAY_2),
            activity("b", composite_engagement_score=6.0),
            activity("c", composite_engagement_score=1.0),
            activity(None, composite_engagement_score=1000.0),
        ],
        funnel=[
            funnel("a", 12, 40, DAY_1),
            funnel("a", 14, 50, DAY_2),
            funnel("a", 99, 50, DAY_3),
            funnel("b", 15, 31),
        ],
        value=[
            value("a", recency_score=5, frequency_score=4, monetary_score=None, analysis_timestamp=DAY_1),
            value("a", recency_score=1, frequency_score=2, monetary_score=3, analysis_timestamp=DAY_2),
        ],
    )


def test_method_sensitivity_of_the_four_methods() -> None:
    found = oracle(fanned_lake(), definition(CONVERSION, {}))["method_sensitivity"]
    columns = CONTRACT["method_sensitivity"][1:]
    by_method = {one["method"]: tuple(one[name] for name in columns) for one in found}
    # Latest: engagement 4, 6, 1, mean 11/3; a fails by its last funnel row; b passes and has no scores.
    assert by_method["latest_snapshot"] == (approx(11 / 3), None, 1, None, None, None, None)
    # First: 10, 6, 1, mean 17/3; a and b pass; scores of the first value row of a.
    assert by_method["first_snapshot"] == (approx(17 / 3), None, 2, None, 5.0, 4.0, None)
    # Rows: 10, 4, 6, 1, mean 21/4; a passes by one activity row, b by its only one; latest scores of a.
    assert by_method["row_level"] == (5.25, None, 2, None, 1.0, 2.0, 3.0)
    # Joined: a 1 activity x 2 funnel x 2 value = 4, b 1 x 1 x 1 (no value row) = 1; 5 rows over 2 customers.
    # Recency (5+5+1+1)/4, frequency (4+4+2+2)/4, monetary of the two rows that have one.
    assert by_method["naive_join"] == (5.25, 5, 2, 2.5, 3.0, 3.0, 3.0)


def test_counting_per_key_equals_running_the_join() -> None:
    con, wanted = fanned_lake(), definition(CONVERSION, {})
    counted = row(oracle(con, wanted)["method_sensitivity"], method="naive_join")
    assert counted == naive_join_executed(con, wanted)
