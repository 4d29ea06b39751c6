"""Result table `correlations`."""

from __future__ import annotations

import math
from typing import Any

from tests.oracle.formulas import fisher_z
from tests.oracle.rules import literal
from tests.oracle.study import Study


def correlations(study: Study) -> list[dict[str, Any]]:
    """One row per section, group and pair of numbers; p_adjusted is filled later."""
    rows = []
    if study.section("platforms") is not None:
        pair = ("number_of_platforms", "customer_health_score")
        rows += [_correlation(study, "platforms", "membership", group, pair) for group in ("cohort", "population")]
    pairs = [("segments", pair["x"], pair["y"]) for pair in (study.section("segments") or {}).get("correlations", [])]
    in_use = (study.section("consistency") or {}).get("in_use", [])
    if len(in_use) == 2:
        pairs.append(("consistency", *in_use))
    return rows + [
        _correlation(study, section, "segment_membership", group, (x, y))
        for section, x, y in pairs
        for group in (*study.segments, "population")
    ]


def _correlation(study: Study, section: str, membership: str, group: str, pair: tuple[str, str]) -> dict[str, Any]:
    x, y = pair
    pairs = f"""
        SELECT "{x}"::DOUBLE AS x, "{y}"::DOUBLE AS y
        FROM {membership} JOIN customers USING (customer_key)
        WHERE group_name = {literal(group)} AND "{x}" IS NOT NULL AND "{y}" IS NOT NULL
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
        "section": section,
        "group_name": group,
        "x": x,
        "y": y,
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
