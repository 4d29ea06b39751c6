"""Result table `attrition`."""

from __future__ import annotations

from typing import Any

from tests.oracle.rules import predicate_sql, predicate_text, statistic_sql
from tests.oracle.study import Study, outer


def attrition(study: Study) -> list[dict[str, Any]]:
    """One row per step; step 0 is the population."""
    size = study.one("SELECT count(*) AS n FROM view_latest")["n"]
    rows: list[dict[str, Any]] = [
        {
            "step": 0,
            "predicate": "population",
            "n_remaining": size,
            "n_undecidable": 0,
            "statistic_value": None,
        }
    ]
    before: list[str] = []
    for step, predicate in enumerate(study.predicates, start=1):
        left = " AND ".join(f"({condition})" for condition in before) or "true"
        condition = predicate_sql(predicate, "view_latest", outer)
        counts = study.one(
            f"""
            SELECT
                count(*) FILTER (WHERE ({condition})) AS n_remaining,
                count(*) FILTER (WHERE ({condition}) IS NULL) AS n_undecidable
            FROM view_latest AS c WHERE {left}
            """
        )
        value = None
        if "statistic" in predicate and not predicate.get("within"):
            aggregate = statistic_sql(predicate["statistic"], f'"{predicate["column"]}"')
            value = study.one(f"SELECT {aggregate} AS value FROM view_latest")["value"]
        text = predicate_text(predicate)
        rows.append({"step": step, "predicate": text, **counts, "statistic_value": value})
        before.append(condition)
    return rows
