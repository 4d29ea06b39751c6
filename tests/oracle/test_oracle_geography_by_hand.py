"""Geography and tables of other names: the oracle against numbers worked by hand."""

from __future__ import annotations

import hashlib
from typing import Any

from tests.oracle import oracle
from tests.oracle.by_hand import (
    FLAGGED,
    activity,
    approx,
    definition,
    flags,
    lake,
    row,
    value,
)


def address(identity: str, country: str | None, system: str = "marketo", **more: Any) -> dict[str, Any]:
    return {"customer360_id": identity, "country": country, "source_system": system, "priority": 1} | more


def test_without_matches_geography_is_an_estimate_by_systems() -> None:
    held = {"a": flags(1, 0, 1), "b": flags(1, None, 1), "c": flags(1, 1, 1), "d": flags(0, 0, 1)}
    con = lake(
        activity=[activity(email, zendesk_active=1, **three) for email, three in held.items()],
        address=[
            address("m1", "School", priority=2, rank=1, state="TX"),
            address("m1", " US ", priority=1, rank=2, state=" CA "),
            address("m1", "School", priority=1, rank=None, state="TX"),
            address("m2", "austria", state=""),
            address("m2", "germany", state=""),
            address("m3", " ", state="NY"),
            address("m4", "School", state="NY"),
            address("s1", "FRA", "stripe", state="IDF"),
            address("s1", "School", "stripe", priority=None),
        ],
    )
    found = oracle(con, definition(FLAGGED, {"geography": {"minimum_match_rate": 0.5}}))
    assert row(found["match_rates"], key="any")["match_rate"] == 0.0
    assert {one["group_name"] for one in found["distributions"]} == {"cohort_estimate"}
    # m1: priority before rank, rank before null. m2: a tie goes to the larger country, as in snapshots.
    # Weights: marketo 3, stripe 1 (zendesk has no address) -> 3/4 and 1/4; four marketo ids, 3/16 each.
    shares = {(one["dimension"], one["value"]): one["share"] for one in found["distributions"]}
    assert shares == {
        ("country", "US"): approx(3 / 16),
        ("country", "germany"): approx(3 / 16),
        ("country", "(missing)"): approx(3 / 16),
        ("country", "(invalid)"): approx(3 / 16),
        ("country", "FRA"): approx(1 / 4),
        ("state", "CA"): approx(3 / 16),
        ("state", "(missing)"): approx(3 / 16),
        ("state", "(invalid country)"): approx(6 / 16),
        ("state", "IDF"): approx(1 / 4),
    }
    assert found["quality_counts"]["customers_without_address_system"] == 1
    assert found["quality_counts"]["invalid_country"] == 4


def test_with_enough_matches_geography_counts_customers() -> None:
    hashed = hashlib.md5(b"a@x").hexdigest()
    con = lake(
        activity=[
            activity("a@x", zendesk_active=1),
            activity("b@x", zendesk_active=1, stripe_customer_id="cus_b", marketo_lead_id=7),
            activity("c@x", zendesk_active=1),
            activity("n@x", zendesk_active=0, stripe_customer_id="cus_n"),
        ],
        address=[
            address(hashed, "US"),
            address("cus_b", "DE", priority=2),
            address("7", "FR", priority=1),
            address("cus_n", "CN"),
        ],
    )
    found = oracle(con, definition(FLAGGED, {"geography": {"minimum_match_rate": 0.5}}))
    matched = {one["key"]: one["matched_rows"] for one in found["match_rates"] if one["left_table"] == "cohort"}
    assert {key: n for key, n in matched.items() if n} == {
        "marketo_lead_id": 1,
        "stripe_customer_id": 1,
        "md5(primary_email)": 1,
        "any": 2,
    }
    assert row(found["match_rates"], key="any")["match_rate"] == approx(2 / 3)
    # b matches two ids; the address of the lower priority is the one.
    of = [one for one in found["distributions"] if one["dimension"] == "country"]
    assert {one["value"]: (one["n"], one["share"]) for one in of} == {"US": (1, 0.5), "FR": (1, 0.5)}


def test_a_mapping_table_is_joined_by_any_of_the_three_ids() -> None:
    con = lake(
        activity=[
            activity("a@x", zendesk_active=1, marketo_lead_id=1),
            activity("b@x", zendesk_active=1, zendesk_user_id=2),
        ],
        mapping=[
            {"customer360_id": "id_a", "marketo_lead_id": 1},
            {"customer360_id": "id_b", "zendesk_user_id": 2},
        ],
        address=[address("id_a", "US")],
    )
    found = oracle(con, definition(FLAGGED, {"geography": {"minimum_match_rate": 0.5}}))
    matched = {one["key"]: one["matched_rows"] for one in found["match_rates"] if one["left_table"] == "cohort"}
    assert matched == {"marketo_lead_id": 1, "stripe_customer_id": 0, "zendesk_user_id": 1, "any": 2}
    of = [one for one in found["distributions"] if one["dimension"] == "country"]
    # The mapping reaches both, an address only one: half of the cohort, the least that is claimed.
    assert {one["value"]: (one["n"], one["share"]) for one in of} == {"US": (1, 1.0)}


def test_a_definition_may_read_a_column_from_another_table() -> None:
    con = lake(
        activity=[activity("a", customer_segment="SMB")],
        value=[value("a", customer_segment="Startup")],
    )
    sections = {"channels": {"dimensions": ["customer_segment"]}}
    found = oracle(con, definition(FLAGGED, sections, columns={"customer_segment": "value"}))
    assert {one["value"] for one in found["distributions"]} == {"Startup"}
