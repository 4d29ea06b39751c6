"""Result table `match_rates`."""

from __future__ import annotations

from typing import Any

from tests.oracle.geography import build_matches, keys_tried
from tests.oracle.lake import published_name
from tests.oracle.snapshots import KEYED
from tests.oracle.study import Study


def match_rates(study: Study) -> list[dict[str, Any]]:
    """One row per key tried; absent tables are not tried, and nothing where nothing can be computed."""
    if not (study.answer.cohort_known or study.answer.segments_known):
        return []
    rows = []
    for role in KEYED:
        if role != study.base and study.sources.held[role]:
            found = study.one(
                f"""
                SELECT count(*) AS left_rows, count(other.customer_key) AS matched_rows
                FROM customers LEFT JOIN latest_{role} AS other USING (customer_key)
                """
            )
            rows.append(_row(published_name(study.base), published_name(role), "primary_email", found))
    right = build_matches(study)
    if right is None:
        return rows
    for key in [*keys_tried(right), "any"]:
        where = "" if key == "any" else f"WHERE key = '{key}'"
        found = study.one(
            f"""
            SELECT
                (SELECT count(*) FROM customers WHERE in_cohort) AS left_rows,
                (SELECT count(DISTINCT customer_key) FROM matches {where}) AS matched_rows
            """
        )
        rows.append(_row("cohort", published_name(right), key, found))
    return rows


def _row(left: str, right: str, key: str, found: dict[str, Any]) -> dict[str, Any]:
    rate = found["matched_rows"] / found["left_rows"] if found["left_rows"] else None
    return {"left_table": left, "right_table": right, "key": key, **found, "match_rate": rate}
