"""Lakes on disk and without rows, tests as a family: the oracle against numbers worked by hand."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
from deltalake import write_deltalake

from tests.oracle import load_lake, oracle
from tests.oracle.by_hand import (
    FLAGGED,
    TEXT,
    activity,
    approx,
    definition,
    funnel,
    lake,
    row,
    value,
)
from tests.oracle.compare import assert_tables_equal
from tests.oracle.formulas import Sample, benjamini_hochberg, fisher_z, hedges_g
from tests.oracle.lake import TABLES
from tests.oracle.rules_by_hand import CONVERSION, FRAMEWORK, TEXTS, VALUE_RISK


def test_a_lake_of_delta_tables_is_read_by_role(tmp_path: Path) -> None:
    rows = pa.Table.from_pylist([{"primary_email": "A "}, {"primary_email": "a"}], pa.schema({"primary_email": TEXT}))
    write_deltalake(str(tmp_path / "customer360__customer_activity_metrics"), rows)
    found = oracle(load_lake(tmp_path), definition(FLAGGED, {}))
    assert found["attrition"][0]["n_remaining"] == 1


def test_ltv_is_the_funnels_where_the_value_table_is_empty() -> None:
    con = lake(
        activity=[activity("a", zendesk_active=1)],
        funnel=[funnel("a", 1, 1) | {"estimated_customer_ltv": 12.0}],
        value=[],
    )
    sections = {"cohort_profile": {"measures": [{"column": "estimated_customer_ltv", "unit": "currency"}]}}
    population = row(oracle(con, definition(FLAGGED, sections))["measures"], group_name="population")
    assert (population["mean"], population["source_table"]) == (12.0, TABLES["funnel"])


def test_a_base_of_rows_without_keys_gives_tables_without_customers() -> None:
    sections = {
        "cohort_profile": {"measures": [{"column": "customer_health_score", "unit": "points"}]},
        "tier_ltv": {},
        "channels": {"dimensions": ["primary_engagement_channel"]},
        "geography": {"minimum_match_rate": 0.5},
        "platforms": {},
        "risk_velocity": {"framework": FRAMEWORK},
        "value_risk": VALUE_RISK,
    }
    con = lake(activity=[activity(None)], funnel=[funnel("b", 15, 40)], value=[value("a", "Gold", 1.0)])
    wanted = definition(CONVERSION, sections, recommend="framework_segment", strategies=TEXTS)
    found = oracle(con, wanted)
    assert [one["n_remaining"] for one in found["attrition"]] == [0, 0, 0, 0]
    assert {one["n"] for one in found["measures"]} == {0}
    assert found["cohort_members"] == found["crosstabs"] == found["strategies"] == []
    assert found["quality_counts"]["customers_absent_from_base:value"] == 1
    assert_tables_equal(found, found)


def test_benjamini_hochberg_of_four() -> None:
    # Sorted 0.01 0.02 0.03 0.5: 0.04, 0.04, 0.04, 0.5.
    assert benjamini_hochberg([0.5, 0.01, 0.03, 0.02]) == [0.5, approx(0.04), approx(0.04), approx(0.04)]


def test_constant_groups_are_not_tested() -> None:
    assert hedges_g(Sample(3, 1.0, 0.0), Sample(3, 2.0, 1.0)) is None
    assert fisher_z(0.5, 3).p_value is None
