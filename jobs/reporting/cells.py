"""Which cells and which sums of a grid are hidden, together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jobs.reporting.disclosure import hidden_cells

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class HiddenGrid:
    """Hidden cells of a grid, and hidden sums per grouping, in the order the groupings were given."""

    cells: frozenset[Pair]
    sums: tuple[frozenset[str], ...]


def hidden_in_grid(counts: Mapping[Pair, int], groupings: Sequence[Mapping[Pair, str]], minimum: int) -> HiddenGrid:
    """Return what to hide when the cells and their sums by each grouping are printed.

    A hidden sum hides all its cells, or the sum could be added up from them.
    """
    every = list(counts)
    hidden_sums: list[frozenset[str]] = []
    totals: list[list[Pair]] = [every]
    buried: set[Pair] = set()
    for grouping in groupings:
        members: dict[str, list[Pair]] = {}
        for cell in every:
            members.setdefault(grouping[cell], []).append(cell)
        sums = {name: sum(counts[cell] for cell in cells) for name, cells in members.items()}
        hidden = hidden_cells(sums, [list(sums)], minimum)
        hidden_sums.append(hidden)
        totals.extend(cells for name, cells in members.items() if name not in hidden)
        buried.update(cell for name in hidden for cell in members[name])
    return HiddenGrid(hidden_cells(counts, totals, minimum) | buried, tuple(hidden_sums))
