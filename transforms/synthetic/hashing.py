"""Reproducible dice: every roll is a pure function of seed, name and row identity.

xxhash64 gives the same bits on Apache Spark and on Sail, and a hash, unlike a random generator, does not
depend on partitioning. Integers come from integer arithmetic only. A double is an integer over a constant,
so both engines round it once, to the same bits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pyspark.sql import Column
from pyspark.sql import functions as F

PER_MYRIAD = 10_000
"""Weights and chances are integers per ten thousand."""

BELL_DEVIATION = 18918.614
"""Standard deviation of `Dice.bell`: four uniform 15-bit integers, 2**15 * sqrt(4 / 12)."""

_BITS = 15
_MASK = (1 << _BITS) - 1
_BELL_CENTRE = 2 * _MASK


def salt(*parts: object) -> int:
    """Return a 63-bit number for `parts`; bit 62 is set, so that it is a bigint on every engine."""
    digest = hashlib.sha256("/".join(str(part) for part in parts).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 2 | 1 << 62


def pick(values: Sequence[str], index: Column) -> Column:
    """Return the value at the zero-based `index`, which must lie inside `values`."""
    return F.element_at(F.array(*[F.lit(value) for value in values]), (index + 1).cast("int"))


def by_index(index: Column, values: Sequence[int]) -> Column:
    """Return the integer at the zero-based `index`; null outside `values`."""
    chain = F.when(index == 0, F.lit(values[0]))
    for position, value in enumerate(values[1:], start=1):
        chain = chain.when(index == position, F.lit(value))
    return chain.cast("bigint")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dice:
    """Rolls for one row identity: a customer (bigint) and a version of it (bigint, 0 = the latest row).

    `scope` separates tables: the same name rolls independently in two scopes.
    """

    seed: int
    scope: str
    customer: Column
    version: Column

    def of_latest(self) -> Dice:
        """Return the dice of the customer's latest row, whatever the row at hand."""
        return replace(self, version=F.lit(0).cast("bigint"))

    def bits(self, name: str) -> Column:
        """Return 64 hashed bits as a bigint."""
        return F.xxhash64(F.lit(salt(self.seed, self.scope, name)), self.customer, self.version)

    def roll(self, name: str, sides: int) -> Column:
        """Return a bigint in [0, sides)."""
        return F.pmod(self.bits(name), F.lit(sides)).cast("bigint")

    def between(self, name: str, low: int, high: int) -> Column:
        """Return a bigint in [low, high]."""
        return self.roll(name, high - low + 1) + low

    def decimal(self, name: str, low: float, high: float, places: int = 4) -> Column:
        """Return a double in [low, high] with `places` decimals."""
        scale = 10**places
        return self.between(name, round(low * scale), round(high * scale)) / F.lit(float(scale))

    def chance(self, name: str, per_myriad: int) -> Column:
        """Return true in `per_myriad` of 10,000 rolls."""
        return self.roll(name, PER_MYRIAD) < per_myriad

    def choice(self, name: str, values: Sequence[str]) -> Column:
        """Return one of `values`, all equally likely."""
        return pick(values, self.roll(name, len(values)))

    def index(self, name: str, weights: Sequence[int]) -> Column:
        """Return the position of a weight, likely in proportion to it; weights sum to 10,000."""
        if sum(weights) != PER_MYRIAD:
            raise ValueError(f"weights of '{name}' sum to {sum(weights)}, expected {PER_MYRIAD}")
        roll = self.roll(name, PER_MYRIAD)
        # A sum of steps, not a chain of branches: every term is always evaluated, so an engine hashes once.
        position = F.lit(0).cast("bigint")
        ceiling = 0
        for weight in weights[:-1]:
            ceiling += weight
            position = position + (roll >= ceiling).cast("bigint")
        return position

    def weighted(self, name: str, weights: Mapping[str, int]) -> Column:
        """Return a key of `weights`, likely in proportion to its weight; weights sum to 10,000."""
        return pick(list(weights), self.index(name, list(weights.values())))

    def bell(self, name: str) -> Column:
        """Return a bigint, near-normal around 0 with deviation `BELL_DEVIATION`, within 3.47 of them."""
        bits = self.bits(name)
        # Unshifted bits are masked as they are: a shift by nothing leaves the bigint range on Sail.
        shifted = [bits] + [F.shiftrightunsigned(bits, _BITS * place) for place in (1, 2, 3)]
        parts = [part.bitwiseAND(F.lit(_MASK).cast("bigint")) for part in shifted]
        return parts[0] + parts[1] + parts[2] + parts[3] - _BELL_CENTRE

    def every(self, name: str, period: int) -> Column:
        """Return true for one row in `period`, evenly spaced, so that small lakes hold the hazard too."""
        offset = salt(self.seed, self.scope, name) % period
        return F.pmod(self.customer + self.version + offset, F.lit(period)) == 0
