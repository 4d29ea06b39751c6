"""The margins of a cross-table: what the cells of a level are together."""

import pytest

from jobs.sections.margins import margins


def _cell(group, risk, velocity, health, ltv=(1, 10.0, None)):
    cell = {"group_name": group, "row_dimension": "risk", "row_value": risk, "column_dimension": "velocity",
            "column_value": velocity, "label": "x", "n": health[0] + 1, "sum_ltv": ltv[0] * (ltv[1] or 0.0),
            "value_at_stake": 2.0}  # fmt: skip
    for name, (n, mean, stddev) in (("health", health), ("ltv", ltv)):
        cell |= {f"n_{name}": n, f"mean_{name}": mean, f"stddev_{name}": stddev}
    return cell


CELLS = [
    # 1, 2, 3 and 7, 9: together mean 4.4, sample variance 11.8
    _cell("cohort", "low", "up", (3, 2.0, 1.0)),
    _cell("cohort", "low", "down", (2, 8.0, 2.0**0.5)),
    _cell("cohort", "high", "up", (0, None, None), (0, None, None)),
    _cell("population", "low", "up", (1, 5.0, None)),
]


def _of(group, dimension, value):
    (row,) = [
        one for one in margins(CELLS)
        if (one["group_name"], one["row_dimension"], one["row_value"]) == (group, dimension, value)
    ]  # fmt: skip
    return row


def test_numbers_and_sums_of_a_level_add_up():
    row = _of("cohort", "risk", "low")
    assert (row["n"], row["n_health"], row["n_ltv"]) == (7, 5, 2)
    assert (row["sum_ltv"], row["value_at_stake"]) == (20.0, 4.0)


def test_mean_and_deviation_are_those_of_all_values_together():
    row = _of("cohort", "risk", "low")
    assert row["mean_health"] == pytest.approx(4.4)
    assert row["stddev_health"] ** 2 == pytest.approx(11.8)


def test_a_level_without_values_has_no_mean():
    row = _of("cohort", "risk", "high")
    assert (row["n_health"], row["mean_health"], row["mean_ltv"]) == (0, None, None)


def test_both_sides_have_margins_and_groups_stay_apart():
    found = {(one["group_name"], one["row_dimension"], one["row_value"]): one["n"] for one in margins(CELLS)}
    assert found == {
        ("cohort", "risk", "low"): 7, ("cohort", "risk", "high"): 1,
        ("cohort", "velocity", "up"): 5, ("cohort", "velocity", "down"): 3,
        ("population", "risk", "low"): 2, ("population", "velocity", "up"): 2,
    }  # fmt: skip


def test_a_margin_has_no_column_and_no_label():
    assert {(one["column_dimension"], one["column_value"], one["label"]) for one in margins(CELLS)} == {(None,) * 3}


def test_the_order_of_the_cells_changes_nothing():
    assert sorted(margins(CELLS), key=str) == sorted(margins(CELLS[::-1]), key=str)
