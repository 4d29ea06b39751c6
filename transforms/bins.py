"""Name the bin a number falls into."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from pyspark.sql import Column
from pyspark.sql import functions as F


def bin_of(value: Column, upper: Sequence[float], names: Sequence[str]) -> Column:
    """Return the name of the first bin whose upper bound is at or above the value; a missing value has none.

    `upper` ascends; `names` has one more than bounds: the last is for what lies above them all.
    """
    named = [F.when(value <= F.lit(bound), F.lit(name)) for bound, name in zip(upper, names[:-1], strict=True)]
    return F.coalesce(*named, F.when(value.isNotNull(), F.lit(names[-1])))


def bin_names(upper: Sequence[float]) -> list[str]:
    """Return the names of bins of a measured number: `<=0`, `0-0.5`, `>0.5`; a value on a bound is in the lower bin."""
    between = [f"{low:g}-{high:g}" for low, high in pairwise(upper)]
    return _with_ends(between, [f"{bound:g}" for bound in upper])


def whole_bin_names(upper: Sequence[int]) -> list[str]:
    """Return the names of bins of whole numbers: `<=180`, `181-365`, `366-730`, `>730`."""
    between = [f"{low + 1}-{high}" for low, high in pairwise(upper)]
    return _with_ends(between, [str(bound) for bound in upper])


def _with_ends(between: Sequence[str], bounds: Sequence[str]) -> list[str]:
    return [f"<={bounds[0]}", *between, f">{bounds[-1]}"]
