"""Result table `correlations`."""

from __future__ import annotations

import math
from typing import Any

from tests.oracle.formulas import fisher_z
from tests.oracle.study import Study


def correlations(study: Study) -> list[dict[str, Any]]:
    """Number of platforms against health in the cohort and in the population; p_adjusted is filled later."""
    if study.section("platforms") is None:
        return []
    return [_correlation(study, group) for group in ("cohort", "population")]


def _correlation(study: Study, group: str) -> dict[str, Any]:
    pairs = f"""
        SELECT number_of_platforms::DOUBLE AS x, customer_health_score::DOUBLE AS y
        FROM membership JOIN customers USING (customer_key)
        WHERE group_name = '{group}' AND number_of_platforms IS NOT NULL AND customer_health_score IS NOT NULL
    """
    # The average rank of a tie: its first position plus half of what follows within the tie.
    ranked = f"""
        SELECT
            rank() OVER (ORDER BY x) + (count(*) OVER (PARTITION BY x) - 1) / 2 AS x,
            rank() OVER (ORDER BY y) + (count(*) OVER (PARTITION BY y) - 1) / 2 AS y
        FROM ({pairs})
    """
    n, pearson = _pearson(study, pairs)
    test = fisher_z(pearson, n)
    return {
        "section": "platforms",
        "group_name": group,
        "x": "number_of_platforms",
        "y": "customer_health_score",
        "n": n,
        "pearson_r": pearson,
        "ci_low": test.low,
        "ci_high": test.high,
        "spearman_r": _pearson(study, ranked)[1],
        "p_value": test.p_value,
        "p_adjusted": None,
        "method": study.method,
    }


def _pearson(study: Study, pairs: str) -> tuple[int, float | None]:
    """Return the number of pairs and their correlation from centred sums; null where a side is constant."""
    found = study.one(
        f"""
        WITH pairs AS ({pairs}),
        centre AS (SELECT plain_mean(x) AS mx, plain_mean(y) AS my FROM pairs)
        SELECT count(*) AS n, coalesce(min(x) < max(x) AND min(y) < max(y), false) AS varies,
            fsum((x - mx) * (y - my)) AS sxy, fsum((x - mx) ** 2) AS sxx, fsum((y - my) ** 2) AS syy
        FROM pairs CROSS JOIN centre
        """
    )
    if not found["varies"]:
        return found["n"], None
    r = found["sxy"] / (math.sqrt(found["sxx"]) * math.sqrt(found["syy"]))
    return found["n"], max(-1.0, min(1.0, r))
