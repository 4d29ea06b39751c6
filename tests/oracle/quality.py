"""Counts that the product publishes in `quality`, by name."""

from __future__ import annotations

from tests.oracle.geography import SYSTEMS, build_addresses
from tests.oracle.indices import Indices
from tests.oracle.lake import columns
from tests.oracle.snapshots import KEYED
from tests.oracle.study import Study


def quality_counts(study: Study, indices: Indices | None) -> dict[str, float]:
    """Return name -> count.

    `keys_missing:<role>` rows without a key; `keys_non_ascii:<role>` distinct keys that are not all ASCII;
    `customers_absent_from_base:<role>` distinct keys of a table that the base lacks;
    `customers_without_address_system` cohort customers flagged in no system that has addresses;
    `invalid_country` address rows whose country is neither missing nor a country;
    `customers_without_index:<index>` cohort customers that lack a part of it;
    `constant_index_part:<index>.<column>` 1 where all of the cohort that have the part have the same;
    `rfm_mean_differs` customers whose own mean of the three scores is not the one the table holds.
    """
    counts: dict[str, float] = {}
    for role in KEYED:
        if not study.sources.held[role]:
            continue
        found = study.one(
            f"""
            SELECT
                count(*) FILTER (WHERE customer_key IS NULL) AS missing,
                count(DISTINCT customer_key) FILTER (WHERE strlen(customer_key) > length(customer_key))
                    AS non_ascii,
                count(DISTINCT customer_key) FILTER (
                    WHERE customer_key NOT IN (SELECT customer_key FROM latest_{study.base})) AS absent
            FROM raw_{role}
            """
        )
        counts[f"keys_missing:{role}"] = float(found["missing"])
        counts[f"keys_non_ascii:{role}"] = float(found["non_ascii"])
        if role != study.base:
            counts[f"customers_absent_from_base:{role}"] = float(found["absent"])
    if study.section("geography") is not None and columns(study.con, "address"):
        counts |= _address_counts(study)
    if indices is not None:
        counts |= {f"customers_without_index:{index}": float(n) for index, n in indices.without.items()}
        counts |= {f"constant_index_part:{index}.{column}": 1.0 for index, column in indices.constant}
    if study.section("segments") is not None and study.fills("rfm_avg_score") and study.fills("rfm_mean"):
        differs = "abs(rfm_mean - CAST(rfm_avg_score AS DOUBLE)) > 0.005"
        counts["rfm_mean_differs"] = float(study.one(f"SELECT count(*) AS n FROM customers WHERE {differs}")["n"])
    return counts


def _address_counts(study: Study) -> dict[str, float]:
    build_addresses(study)
    held = {
        row["system"]
        for row in study.rows(
            "SELECT DISTINCT source_system AS system FROM placed_address WHERE customer360_id IS NOT NULL"
        )
    }
    flags = [f"coalesce(in_{system} = 1, false)" for system in SYSTEMS if system in held]
    flagged = " OR ".join(flags) or "false"
    without = study.one(f"SELECT count(*) AS n FROM customers WHERE in_cohort AND NOT ({flagged})")["n"]
    invalid = study.one("SELECT count(*) AS n FROM placed_address WHERE country = '(invalid)'")["n"]
    return {"customers_without_address_system": float(without), "invalid_country": float(invalid)}
