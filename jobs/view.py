"""Build the customer view once for all analyses of a run and check its grain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.bounded import collect_one
from jobs.engines.base import Engine
from jobs.errors import AuditError
from jobs.inputs import CUSTOMER_ROLES, Inputs
from jobs.stored_inputs import ALWAYS
from transforms import columns as c
from transforms.customer_view import ViewSource, build_customer_view, columns_by_role, has_row, with_tier_ranks
from transforms.platforms import with_platforms


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The materialised view: one row per customer, keys hidden, and where each column came from.

    `absent` counts, per other table that is there, its customers that the base does not hold.
    """

    customers: DataFrame
    n_customers: int
    column_sources: dict[str, str]
    absent: dict[str, int]


def column_sources(inputs: Inputs, used: Iterable[str], chosen: Mapping[str, str]) -> dict[str, str]:
    """Return the table role of every column the view needs."""
    return {name: inputs.source_of(name, chosen) for name in sorted({*used, *ALWAYS})}


def view_sources(inputs: Inputs, base: str, sources: Mapping[str, str]) -> list[ViewSource]:
    """Return the view's tables, base first."""
    by_role = columns_by_role(sources)
    roles = [base, *(role for role in CUSTOMER_ROLES if role != base)]
    return [
        ViewSource(
            role=role,
            rows=inputs.stored[role],
            columns=by_role.get(role, ()),
        )
        for role in roles
    ]


def build_view(
    engine: Engine, inputs: Inputs, *, base: str, sources: dict[str, str], name: str = "customer_view"
) -> View:
    """Build and materialise the view of stored inputs.

    Raises:
        AuditError: The view does not hold exactly one row per customer of the base.
    """
    taken = {**sources, c.KEY_MD5: base, c.LTV_TIE: sources[c.LTV]}
    view = build_customer_view(view_sources(inputs, base, taken)).transform(with_tier_ranks).transform(with_platforms)
    customers = engine.materialise(view, name)
    others = [role for role in CUSTOMER_ROLES if role != base]
    found = collect_one(
        customers.agg(F.count(F.lit(1)).alias("n"), *(F.count_if(F.col(has_row(role))).alias(role) for role in others)),
        name,
    )
    n_customers = int(found["n"])
    expected = int(inputs.counts[base]["n_keys"])
    if n_customers != expected:
        joined = ", ".join(inputs.table_name(role) for role in others)
        raise AuditError(
            f"the customer view has {n_customers} rows for {expected} customers of {inputs.table_name(base)}; "
            f"a join with one of {joined} changed the count"
        )
    # of the table's customers, those the view found are in the base
    absent = {role: int(inputs.counts[role]["n_keys"]) - int(found[role]) for role in others if role in inputs.pinned}
    return View(customers=customers, n_customers=n_customers, column_sources=sources, absent=absent)
