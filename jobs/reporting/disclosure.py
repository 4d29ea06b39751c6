"""Which cells of a printed table must be hidden, so that no small group shows.

A count from 1 to minimum - 1 is hidden (with `zero_is_small` a zero looks the same). Where a printed
total would give it away, the next smallest cells are hidden too, until every hidden count could still
be at least two different numbers.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import TypeVar

Cell = TypeVar("Cell", bound=Hashable)


def is_small(n: int | None, minimum: int) -> bool:
    """Tell whether a group has members, but fewer than the minimum."""
    return n is not None and 0 < n < minimum


def hidden_cells(
    counts: Mapping[Cell, int],
    totals: Sequence[Collection[Cell]],
    minimum: int,
    *,
    zero_is_small: bool = False,
) -> frozenset[Cell]:
    """Return the cells to hide: the small ones and those that protect them.

    Args:
        counts: customers per cell.
        totals: the sets of cells whose sum a reader knows.
        minimum: the smallest count that may be printed.
        zero_is_small: a zero is printed like a small count, which makes small counts harder to guess;
            else a zero is printed as zero.
    """
    lowest = 0 if zero_is_small else 1
    small = {cell for cell, n in counts.items() if is_small(n, minimum)}
    hidden = {cell for cell, n in counts.items() if lowest <= n < minimum} if small else set()
    while True:
        candidates = _partners(small, hidden, totals)
        if not candidates:
            open_cell = next(
                (c for c in _sorted(small) if not _is_ambiguous(c, hidden, counts, totals, minimum, lowest)), None
            )
            if open_cell is None:
                return frozenset(_without_known(hidden, counts, totals, minimum, lowest))
            # What follows by itself protects nothing: give such cells a partner before hiding further ones.
            candidates = _partners(hidden, hidden, totals)
            candidates = candidates or [c for total in totals if open_cell in total for c in total if c not in hidden]
        if not candidates:
            return frozenset(counts)
        # A zero protects least and hides a fact that concerns nobody: last choice.
        hidden.add(min(candidates, key=lambda c: (counts.get(c, 0) == 0, counts.get(c, 0), str(c))))


def _without_known(
    hidden: set[Cell], counts: Mapping[Cell, int], totals: Sequence[Collection[Cell]], minimum: int, lowest: int
) -> set[Cell]:
    """Return the hidden cells without the large ones that follow from what is printed: to hide them hides nothing."""
    kept = set(hidden)
    for cell in _sorted(hidden):
        if counts[cell] >= minimum and not _is_ambiguous(cell, kept, counts, totals, minimum, lowest):
            kept.remove(cell)
    return kept


def _partners(cells: Collection[Cell], hidden: Collection[Cell], totals: Sequence[Collection[Cell]]) -> list[Cell]:
    """Return the other cells of the totals that hide one of `cells` and nothing else: it follows from them."""
    found: list[Cell] = []
    for total in totals:
        alone = [cell for cell in total if cell in hidden]
        if len(alone) == 1 and alone[0] in cells:
            found += [cell for cell in total if cell != alone[0]]
    return found


def _sorted(cells: Collection[Cell]) -> list[Cell]:
    return sorted(cells, key=str)


def _bounds(n: int, minimum: int, lowest: int) -> tuple[int, int | None]:
    """Return what a reader can conclude from the mark of a hidden cell.

    A hidden zero protects nothing: its mark is that of a large count, and where only a zero fits, it is known.
    """
    if lowest <= n < minimum:
        return lowest, minimum - 1
    return (0, 0) if n == 0 else (minimum, None)


def _is_ambiguous(
    cell: Cell,
    hidden: Collection[Cell],
    counts: Mapping[Cell, int],
    totals: Sequence[Collection[Cell]],
    minimum: int,
    lowest: int,
) -> bool:
    """Tell whether two whole numbers fit the cell, given the totals and what each mark means."""
    # slow to load, and few runs hide anything
    from scipy.optimize import linprog

    names = _sorted(hidden)
    bounds = [_bounds(counts[c], minimum, lowest) for c in names]
    sums = [(total, sum(counts[c] for c in names if c in total)) for total in totals]
    sums = [(total, known) for total, known in sums if any(c in total for c in names)]
    if not sums:
        return True
    matrix = [[1.0 if c in total else 0.0 for c in names] for total, _ in sums]
    target = [float(known) for _, known in sums]
    goal = [1.0 if c == cell else 0.0 for c in names]
    low = linprog(goal, A_eq=matrix, b_eq=target, bounds=bounds).fun
    high = linprog([-g for g in goal], A_eq=matrix, b_eq=target, bounds=bounds).fun
    if low is None or high is None:  # the true counts always fit, so this is the solver giving up
        return False
    return -high - low >= 1 - 1e-6
