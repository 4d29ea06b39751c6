"""How many customers of the base table each other table knows."""

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.inputs import CUSTOMER_ROLES
from jobs.sections.evidence import Evidence, Rows
from transforms.customer_view import has_row


def build(evidence: Evidence) -> Rows:
    """Return `match_rates` of the base table; none where no section can be computed."""
    base = evidence.definition.base
    others = [role for role in CUSTOMER_ROLES if role != base and role in evidence.inputs.pinned]
    if not others or not evidence.definition.sections.model_dump(exclude_none=True):
        return {}

    def count() -> DataFrame:
        return evidence.customers.agg(*(F.count_if(F.col(has_row(role))).alias(role) for role in others))

    matched = evidence.collect("match_rates", count)[0]
    return {
        "match_rates": [
            match_rate(evidence, base, role, "primary_email", evidence.n_customers, int(matched[role]))
            for role in others
        ]
    }


def match_rate(evidence: Evidence, left: str, right: str, key: str, left_rows: int, matched: int) -> dict[str, Any]:
    """Return the row of one key tried; `left` and `right` are table roles, or names of their own."""
    return {
        "left_table": evidence.inputs.names.get(left, left),
        "right_table": evidence.inputs.names.get(right, right),
        "key": key,
        "left_rows": left_rows,
        "matched_rows": matched,
        "match_rate": matched / left_rows if left_rows else None,
    }
