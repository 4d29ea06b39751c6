import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from jobs.reporting.cells import hidden_in_grid
from jobs.reporting.disclosure import hidden_cells


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        pytest.param({"a": 100, "b": 50}, set(), id="nothing_small"),
        pytest.param({"a": 100, "b": 0}, set(), id="zero_is_no_small_group"),
        pytest.param({"a": 100, "b": 50, "c": 4}, {"b", "c"}, id="one_small_cell_takes_the_next_smallest_with_it"),
        pytest.param({"a": 100, "b": 50, "c": 5}, set(), id="the_minimum_is_not_small"),
        pytest.param({"a": 100, "b": 50, "c": 2, "d": 3}, {"c", "d"}, id="two_small_cells_protect_each_other"),
        pytest.param({"a": 100, "b": 50, "c": 1, "d": 1}, {"b", "c", "d"}, id="two_ones_follow_from_their_sum"),
        pytest.param({"a": 100, "b": 50, "c": 4, "d": 4}, {"b", "c", "d"}, id="two_fours_follow_from_their_sum"),
        pytest.param(
            {"a": 90, "b": 5, "c": 1}, {"a", "b", "c"}, id="a_partner_at_the_minimum_beside_a_one_is_not_enough"
        ),
        pytest.param({"a": 3}, {"a"}, id="alone"),
    ],
)
def test_small_cells_and_their_protection(counts, hidden):
    assert hidden_cells(counts, [list(counts)], 5) == hidden


def test_a_cell_outside_every_total_needs_no_partner():
    assert hidden_cells({"a": 100, "b": 50, "c": 1}, [["a", "b"]], 5) == {"c"}


def test_a_cell_alone_in_its_row_takes_a_partner_of_the_row_first():
    """Not the smallest cell of the whole column, which would not protect it."""
    counts = {("a", "s"): 3, ("a", "t"): 30, ("b", "s"): 10, ("b", "t"): 40, ("c", "s"): 2, ("c", "t"): 50}
    rows = [[cell for cell in counts if cell[0] == name] for name in "abc"]
    columns = [[cell for cell in counts if cell[1] == name] for name in "st"]
    hidden = hidden_cells(counts, [*rows, *columns, list(counts)], 5)
    assert hidden == {("a", "s"), ("a", "t"), ("c", "s"), ("c", "t")}


def test_a_large_cell_that_follows_from_what_is_printed_is_printed_itself():
    """Hidden as a partner first, it protects nothing once its row is otherwise printed: to hide it says nothing."""
    sizes = {"champion": (4, 346, 9), "new": (6, 689, 11), "lost": (8, 454, 7), "loyal": (7, 634, 7)}
    counts = {(row, column): n for row, numbers in sizes.items() for column, n in zip("hlu", numbers, strict=True)}
    rows = [[cell for cell in counts if cell[0] == name] for name in sizes]
    columns = [[cell for cell in counts if cell[1] == name] for name in "hlu"]
    hidden = hidden_cells(counts, [*rows, *columns, list(counts)], 5)
    assert hidden == {("champion", "h"), ("champion", "u"), ("lost", "h"), ("lost", "u")}


def test_zeros_that_look_small_protect_small_cells():
    assert hidden_cells({"a": 100, "b": 1, "c": 0}, [["a", "b", "c"]], 5, zero_is_small=True) == {"b", "c"}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=2, max_size=5))
def test_no_small_cell_follows_from_the_total(numbers):
    counts = dict(enumerate(numbers))
    hidden = hidden_cells(counts, [list(counts)], 5)
    if hidden == set(counts):
        return
    total = sum(counts[c] for c in hidden)
    ranges = [range(1, 5) if 0 < counts[c] < 5 else range(5, total + 1) for c in sorted(hidden)]
    fitting = [combination for combination in itertools.product(*ranges) if sum(combination) == total]
    for position, cell in enumerate(sorted(hidden)):
        if 0 < counts[cell] < 5:
            assert len({combination[position] for combination in fitting}) > 1


def _range_of(cell, counts, hidden, known):
    """Return the smallest and the largest number that fits a hidden cell, given the sums that are known."""
    names = sorted(hidden)
    low = [1 if counts[c] < 5 else 5 for c in names]
    high = [4 if counts[c] < 5 else 1000 for c in names]
    rows = [[float(c in total) for c in names] for total in known]
    sums = [sum(counts[c] for c in total if c in hidden) for total in known]
    goal = [float(c == cell) for c in names]
    ends = [
        milp([sign * g for g in goal], constraints=LinearConstraint(rows, sums, sums), bounds=Bounds(low, high),
             integrality=[1] * len(names)).fun
        for sign in (1, -1)
    ]  # fmt: skip
    return ends[0], -ends[1]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=9, max_size=12))
def test_no_small_cell_of_a_grid_follows_from_its_margins(numbers):
    counts = {(f"r{i // 3}", f"c{i % 3}"): n for i, n in enumerate(numbers)}
    by_row, by_column = ({cell: cell[side] for cell in counts} for side in (0, 1))
    grid = hidden_in_grid(counts, [by_row, by_column], 5)
    hidden = {cell for cell in grid.cells if counts[cell] > 0}
    known = [list(counts)]
    for side, sums in enumerate(grid.sums):
        names = {cell[side] for cell in counts} - sums
        known += [[cell for cell in counts if cell[side] == name] for name in sorted(names)]
    small = [cell for cell in counts if 0 < counts[cell] < 5]
    assert set(small) <= hidden
    if hidden != {cell for cell in counts if counts[cell] > 0}:
        for cell in small:
            low, high = _range_of(cell, counts, hidden, known)
            assert high - low >= 1


def test_a_hidden_zero_protects_no_small_cell():
    """Where only zeros could be partners, the sums would tell: everything is hidden."""
    numbers = [1, 6, 6, 6, 0, 0, 0, 0, 0]
    counts = {(f"r{i // 3}", f"c{i % 3}"): n for i, n in enumerate(numbers)}
    grid = hidden_in_grid(counts, [{c: c[0] for c in counts}, {c: c[1] for c in counts}], 5)
    assert {cell for cell in counts if counts[cell]} <= grid.cells


def test_what_protects_a_small_cell_of_a_grid_does_not_follow_from_the_margins_itself():
    """A rectangle of four hidden cells is enough; the rest of the column stays."""
    segment = {"minimal": 64, "low": 3, "medium": 40, "high": 16}
    basic = {"minimal": 688, "low": 809, "medium": 761, "high": 470}
    between = {"minimal": 492, "low": 562, "medium": 514, "high": 315}
    counts = {
        (value, name): n
        for name, column in (("a", segment), ("b", basic), ("c", between))
        for value, n in column.items()
    }
    grid = hidden_in_grid(counts, [{c: c[0] for c in counts}, {c: c[1] for c in counts}], 5)
    assert grid.cells == {("low", "a"), ("low", "c"), ("high", "a"), ("high", "c")}


def test_the_sums_of_a_grid_are_protected_with_its_cells():
    counts = {("r1", "c1"): 20, ("r1", "c2"): 30, ("r2", "c1"): 2, ("r2", "c2"): 40, ("r3", "c1"): 25}
    by_row = {cell: cell[0] for cell in counts}
    grid = hidden_in_grid(counts, [by_row], 5)
    # r2's sum of 42 is printed, so its other cell is hidden, too.
    assert ("r2", "c2") in grid.cells
    assert grid.sums == (frozenset(),)


def test_a_small_sum_is_hidden_with_all_its_cells():
    counts = {("a", "x"): 2, ("a", "y"): 1, ("b", "x"): 50, ("c", "x"): 60}
    grid = hidden_in_grid(counts, [{cell: cell[0] for cell in counts}], 5)
    assert grid.sums[0] == {"a", "b"}
    assert {("a", "x"), ("a", "y"), ("b", "x")} <= grid.cells
