"""Where the cohort is, where addresses can be reached; else an estimate, labelled so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.inference import wilson
from jobs.inputs import Obstacle, quality_row
from jobs.sections.evidence import Evidence, Rows
from jobs.sections.match_rates import match_rate
from jobs.stored_inputs import SOURCE_IDS
from transforms import columns as c
from transforms.geography import (
    ANY,
    HIDDEN_ID,
    ID,
    IS_OF_ID,
    match_by_keys,
    match_through_mapping,
    matched_customers,
    places_by_system,
    places_of_matched,
    systems_of_cohort,
)

SECTION = "geography"
ESTIMATE = "cohort_estimate"
SYSTEM_FLAGS = {"marketo": "in_marketo", "stripe": "in_stripe", "zendesk": "in_zendesk"}
_MD5_OF_KEY = "md5(primary_email)"


def build(evidence: Evidence) -> Rows:
    """Return `match_rates` and `distributions` (places or the estimate); nothing without addresses."""
    options = evidence.definition.sections.geography
    if options is None or not evidence.inputs.has_rows("address"):
        return {}
    addresses = evidence.inputs.stored["address"]
    cohort = (evidence.definition.base, evidence.definition.predicates())
    matches = evidence.shared.frame("matches", cohort, lambda: _matches(evidence))
    matched = evidence.collect("matched_customers", lambda: matched_customers(matches))
    counted = {row["key"]: int(row["matched_rows"]) for row in matched}
    right = "mapping" if "mapping" in evidence.inputs.pinned else "address"
    rows: Rows = {
        "match_rates": [
            match_rate(evidence, c.COHORT, right, key, evidence.n_cohort, counted.get(key, 0))
            for key in (*_keys(evidence), ANY)
        ]
    }
    by_system = evidence.collect("places_by_system", lambda: places_by_system(addresses))
    cohort_customers = evidence.customers.filter(F.col(c.IS_COHORT))
    systems = _system_flags(by_system)
    flags = evidence.collect("systems", lambda: systems_of_cohort(cohort_customers, systems))[0]
    rows["quality"] = [
        _invalid_countries(evidence, addresses),
        quality_row(
            evidence.inputs.table_name("address"),
            "customers_without_address_system",
            "info",
            flags["without_system"],
            "0",
            section=SECTION,
        ),
    ]
    found = evidence.collect("places", lambda: places_of_matched(matches, addresses))
    located = sum(int(row["n"]) for row in found if row["dimension"] == "country")
    rate = located / evidence.n_cohort if evidence.n_cohort else 0.0
    if evidence.n_cohort and rate >= options.minimum_match_rate:
        rows["distributions"] = _places(found, located)
        return rows
    rows["distributions"] = estimate(by_system, flags)
    if evidence.n_cohort:
        evidence_gap = Obstacle(
            section=SECTION,
            table_name=evidence.inputs.table_name("address"),
            column_name=ID,
            reason="low_match_rate",
            effect="no_geography",
            replaced_by=ESTIMATE,
            remedy="load_mapping",
        )
        rows["obstacles"] = [_obstacle_row(evidence_gap)]
    return rows


def _obstacle_row(obstacle: Obstacle) -> dict[str, Any]:
    return {name: getattr(obstacle, name) for name in Obstacle.__slots__}


def _keys(evidence: Evidence) -> list[str]:
    if "mapping" in evidence.inputs.pinned:
        return list(SOURCE_IDS)
    return [*SOURCE_IDS, *(f"md5({name})" for name in SOURCE_IDS), _MD5_OF_KEY]


def _matches(evidence: Evidence) -> DataFrame:
    cohort = evidence.customers.filter(F.col(c.IS_COHORT))
    if "mapping" in evidence.inputs.pinned:
        return match_through_mapping(cohort, evidence.inputs.stored["mapping"], SOURCE_IDS)
    ids = evidence.inputs.stored["address"].filter(F.col(IS_OF_ID))
    plain = {name: F.col(name).cast("string") for name in SOURCE_IDS}
    hashed = {f"md5({name})": F.md5(value) for name, value in plain.items()}
    found = match_by_keys(cohort, {**plain, **hashed}, ids, ID)
    # the view holds md5(key) only under the secret key, and so are the ids it is compared with
    by_email = match_by_keys(cohort, {_MD5_OF_KEY: F.col(c.KEY_MD5)}, ids, HIDDEN_ID)
    return found.unionByName(by_email)


def _places(found: Sequence[Mapping[str, Any]], located: int) -> list[dict[str, Any]]:
    rows = []
    for row in found:
        low, high = wilson(int(row["n"]), located)
        rows.append(_row(c.COHORT, row["dimension"], row["value"], int(row["n"]), row["n"] / located, low, high))
    return sorted(rows, key=lambda row: (row["dimension"], row["value"]))


def _row(
    group: str, dimension: str, value: str, n: int | None, share: float, low: float | None, high: float | None
) -> dict[str, Any]:
    return {
        "section": SECTION,
        "group_name": group,
        "dimension": dimension,
        "value": value,
        "n": n,
        "share": share,
        "share_low": low,
        "share_high": high,
        "population_share": None,
        "index": None,
    }


def _system_flags(by_system: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the flags of the systems that have addresses."""
    present = {row["source_system"] for row in by_system}
    return {system: name for system, name in SYSTEM_FLAGS.items() if system in present}


def estimate(by_system: Sequence[Mapping[str, Any]], flags: Mapping[str, int]) -> list[dict[str, Any]]:
    """Mix the systems' address distributions by the cohort's use of them.

    Weights: cohort customers with the system's flag over their sum across systems with addresses; no
    rows when nobody uses such a system.
    """
    active = {system: int(n) for system, n in flags.items() if system != "without_system"}
    total = sum(active.values())
    if not total:
        return []
    sizes: dict[tuple[str, str], int] = {}
    for row in by_system:
        key = (row["source_system"], row["dimension"])
        sizes[key] = sizes.get(key, 0) + int(row["n"])
    shares: dict[tuple[str, str], float] = {}
    for row in sorted(by_system, key=lambda r: (r["dimension"], r["value"], r["source_system"])):
        weight = active.get(row["source_system"], 0) / total
        if weight:
            share = row["n"] / sizes[row["source_system"], row["dimension"]]
            place = (row["dimension"], row["value"])
            shares[place] = shares.get(place, 0.0) + weight * share
    return [
        _row(ESTIMATE, dimension, value, None, share, None, None)
        for (dimension, value), share in sorted(shares.items())
    ]


def _invalid_countries(evidence: Evidence, addresses: DataFrame) -> dict[str, Any]:
    counts = addresses.agg(F.count_if(F.col("country") == c.INVALID).alias("invalid"))
    found = evidence.collect("invalid_countries", lambda: counts)[0]
    table = evidence.inputs.table_name("address")
    return quality_row(table, "invalid_country", "warning", found["invalid"], "0", section=SECTION, column="country")
