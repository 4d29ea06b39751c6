"""The comparison of result tables finds every kind of difference."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.oracle.compare import CONTRACT, KEYS, assert_tables_equal


def test_every_key_column_is_a_column_of_the_contract() -> None:
    assert KEYS.keys() == CONTRACT.keys()
    assert all(set(key) <= set(CONTRACT[table]) for table, key in KEYS.items())


MATCH = {
    "left_table": "a",
    "right_table": "b",
    "key": "k",
    "left_rows": 3,
    "matched_rows": 1,
    "match_rate": 1 / 3,
}
ONLY_MATCHES = {"match_rates": KEYS["match_rates"]}


def test_equal_up_to_the_ninth_digit_is_equal() -> None:
    theirs = MATCH | {"match_rate": 1 / 3 * (1 + 5e-10)}
    assert_tables_equal({"match_rates": [MATCH]}, {"match_rates": [theirs]}, keys=ONLY_MATCHES)


@pytest.mark.parametrize(
    ("theirs", "message"),
    [
        pytest.param([MATCH | {"match_rate": 1 / 3 * (1 + 2e-9)}], r"match_rate: ours 0\.33", id="ninth_digit"),
        pytest.param([MATCH | {"matched_rows": 2}], "matched_rows: ours 1, theirs 2", id="count"),
        pytest.param([MATCH | {"match_rate": None}], "theirs None", id="null_is_not_a_number"),
        pytest.param([MATCH | {"match_rate": math.nan}], "theirs nan", id="nan_is_not_a_number"),
        pytest.param([MATCH | {"matched_rows": True}], "theirs True", id="another_type"),
        pytest.param([], "row only in ours", id="row_absent"),
        pytest.param([MATCH, MATCH | {"key": "x"}], "row only in theirs", id="row_too_many"),
        pytest.param([MATCH, MATCH], "1 repeated keys in theirs", id="key_repeated"),
        pytest.param(
            [{name: x for name, x in MATCH.items() if name != "match_rate"}],
            "column match_rate is missing in theirs",
            id="column_absent",
        ),
    ],
)
def test_a_difference_is_named(theirs: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        assert_tables_equal({"match_rates": [MATCH]}, {"match_rates": theirs}, keys=ONLY_MATCHES)


def test_an_absent_table_is_a_difference() -> None:
    with pytest.raises(AssertionError, match="the table is missing in theirs"):
        assert_tables_equal({"match_rates": []}, {}, keys=ONLY_MATCHES)
