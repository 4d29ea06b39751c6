"""The three shapes of data: how many rows each table has, and what lies where in its row numbers.

A table is a map over row numbers: no explode, no join, no shuffle, so memory stays flat at any size and one
customer with a quarter of a million rows is spread over all tasks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Shape = Literal["first", "second", "scale"]
SHAPES: tuple[str, ...] = get_args(Shape)

FIRST_CUSTOMERS = 4_734
SCALE_CUSTOMERS = 342_000
GIANT_SIZES = tuple(2**power for power in (18, 17, 15, 12, 11, 10))
"""Funnel rows of the giant e-mails in shape `first`."""
MINIMUM_CUSTOMERS = 200
"""Below it hazards go missing and the mean engagement may leave its gap."""
GIANT_MINIMUM_CUSTOMERS = 4_000
HEAVY_ROWS = 24
"""Value rows of the one heavy customer."""
ADDRESS_ROWS_PER_ID = 8.7

# Rows of shape `first`, which fix the ratios at other sizes.
_FIRST_ACTIVITY, _FIRST_FUNNEL, _FIRST_VALUE, _FIRST_ADDRESS = 6_947, 441_119, 5_001, 90_069
_COPY_LEVELS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Row numbers [start, start + length) that hold copy number `copy` of ordinals `ordinal`, +1, ...

    `single` marks a block whose rows all belong to one ordinal, with copy numbers `copy`, +1, ...
    `key` is false for rows that belong to no customer.
    """

    start: int
    length: int
    ordinal: int
    copy: int = 0
    single: bool = False
    key: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePlan:
    """Row layout of one table with an e-mail.

    Ordinals 0..customers-1 are the table's own customers. `gap` of them, from ordinal `gap_start`, are left
    out and replaced by as many foreign customers, from number `foreign_start`, whom no other table knows.
    """

    customers: int
    blocks: tuple[Block, ...]
    gap_start: int = 0
    gap: int = 0
    foreign_start: int = 0

    @property
    def rows(self) -> int:
        """Number of rows of the table."""
        return sum(block.length for block in self.blocks)

    @property
    def multi(self) -> int:
        """Number of customers with several rows, from the first ordinal of the copies on."""
        return sum(block.length for block in self.blocks if block.copy == 1 and not block.single)


@dataclass(frozen=True, slots=True, kw_only=True)
class LakePlan:
    """All that decides a lake. `activity` and `funnel` may be empty (no blocks); `addresses` may be absent.

    Attributes:
        shape: which data set is imitated.
        customers: distinct customers of the activity table, and of the value table.
        seed: every value follows from it.
        effects: whether the planted effects are there; without them everything is independent noise.
        giants: funnel rows of the giant e-mails, largest first; empty for none.
        address_rows: rows of the address table; None means no such table.
        mapping: whether the mapping table is written, by which addresses join.
    """

    shape: Shape
    customers: int
    seed: int
    effects: bool
    giants: tuple[int, ...]
    activity: TablePlan
    funnel: TablePlan
    value: TablePlan
    address_rows: int | None
    mapping: bool

    @property
    def address_ids(self) -> int:
        """Distinct customer360_id of the address table; the first `customers` are the customers'."""
        return max(self.customers, round((self.address_rows or 0) / ADDRESS_ROWS_PER_ID))

    @property
    def first_giant(self) -> int:
        """Customer number of the largest giant; the others follow."""
        return self.customers * 9 // 10


def plan_lake(
    shape: Shape,
    *,
    customers: int | None = None,
    seed: int = 42,
    effects: bool = True,
    giants: bool | None = None,
    mapping: bool = False,
) -> LakePlan:
    """Return the plan of a lake.

    `customers` defaults to 4,734 (342,000 for `scale`). `giants` defaults to true for shape `first` from
    4,000 customers on.
    """
    n = customers or (SCALE_CUSTOMERS if shape == "scale" else FIRST_CUSTOMERS)
    if giants is None:
        giants = shape == "first" and n >= GIANT_MINIMUM_CUSTOMERS
    sizes = GIANT_SIZES if giants else ()
    first = shape != "scale"
    activity_extra = _scaled(_FIRST_ACTIVITY - FIRST_CUSTOMERS, n) if first else n * 3 // 10
    funnel_extra = (
        _scaled(_FIRST_FUNNEL - FIRST_CUSTOMERS - sum(GIANT_SIZES) + len(GIANT_SIZES), n) if first else n * 3 // 10
    )
    value_extra = _scaled(_FIRST_VALUE - FIRST_CUSTOMERS, n) if first else n // 10
    address_rows = _scaled(_FIRST_ADDRESS, n) if shape == "first" else n * 2
    empty = TablePlan(customers=0, blocks=())
    gap_value, gap_funnel = max(1, n // 100), max(1, n * 3 // 200)
    return LakePlan(
        shape=shape,
        customers=n,
        seed=seed,
        effects=effects,
        giants=sizes,
        activity=empty if shape == "second" else _table(n, activity_extra),
        funnel=empty
        if shape == "second"
        else _table(
            n,
            funnel_extra,
            multi_start=n // 3,
            giants=tuple((n * 9 // 10 - gap_funnel + rank, size) for rank, size in enumerate(sizes)),
            gap_start=n * 7 // 10,
            gap=gap_funnel,
            foreign_start=2 * n,
        ),
        value=_table(
            n,
            value_extra,
            multi_start=n // 10,
            heavy=n * 8 // 10,
            gap_start=n * 95 // 100,
            gap=gap_value,
            foreign_start=n,
        ),
        address_rows=None if shape == "second" else address_rows,
        mapping=mapping,
    )


def _scaled(rows_of_first: int, customers: int) -> int:
    return round(rows_of_first * customers / FIRST_CUSTOMERS)


def _keyless(customers: int) -> int:
    return max(4, customers // 350)


def _table(
    customers: int,
    extra: int,
    *,
    multi_start: int = 0,
    heavy: int | None = None,
    giants: tuple[tuple[int, int], ...] = (),
    gap_start: int = 0,
    gap: int = 0,
    foreign_start: int = 0,
) -> TablePlan:
    """Lay out one row per customer, then `extra` rows, then the further rows of the giants."""
    keyless = min(_keyless(customers), max(1, extra // 4))
    blocks = [Block(start=0, length=customers, ordinal=0)]

    def add(length: int, *, ordinal: int, copy: int = 0, single: bool = False, key: bool = True) -> None:
        start = blocks[-1].start + blocks[-1].length
        if length > 0:
            blocks.append(Block(start=start, length=length, ordinal=ordinal, copy=copy, single=single, key=key))

    for ordinal, size in giants:
        add(size - 1, ordinal=ordinal, copy=1, single=True)
    left = extra - keyless
    if heavy is not None:
        heavy_extra = min(HEAVY_ROWS - 1, left * 2 // 3)
        add(heavy_extra, ordinal=heavy, copy=1, single=True)
        left -= heavy_extra
    width = min(max(1, left // 2), customers - multi_start)
    for copy in range(1, _COPY_LEVELS + 1):
        length = min(left, width)
        add(length, ordinal=multi_start, copy=copy)
        left -= length
        width = max(1, width // 2)
    # What halving leaves over: one more copy each, so that no customer grows with the lake.
    add(left, ordinal=multi_start, copy=_COPY_LEVELS + 1)
    add(keyless, ordinal=0, key=False)
    return TablePlan(
        customers=customers, blocks=tuple(blocks), gap_start=gap_start, gap=gap, foreign_start=foreign_start
    )
