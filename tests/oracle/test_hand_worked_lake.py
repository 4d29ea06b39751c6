"""A lake small enough to work out by hand: the product against literals, and against the oracle."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from jobs.definition import load_definition, shipped_names
from jobs.engines import Engine
from jobs.run import Outcome, RunOptions, run
from tests.oracle.test_result_tables import SECRET, assert_published_equals_oracle
from transforms.input_tables import TABLES

_ARROW = {
    "string": pa.string(),
    "bigint": pa.int64(),
    "int": pa.int32(),
    "double": pa.float64(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}
NEW, OLD = dt.datetime(2025, 9, 20, tzinfo=dt.UTC), dt.datetime(2025, 9, 1, tzinfo=dt.UTC)


def _activity(email: str | None, at: dt.datetime | None, engagement: float | None, **more: Any) -> dict[str, Any]:
    return {
        "primary_email": email,
        "activity_analysis_timestamp": at,
        "composite_engagement_score": engagement,
        "activity_risk_level": "Low",
        "engagement_velocity": "Stable",
        "primary_engagement_channel": "Email",
        "customer_health_score": 70.0,
        **dict.fromkeys(("in_marketo", "in_stripe", "in_zendesk"), 1),
        "zendesk_active": 1,
        **more,
    }


def _funnel(email: str, marketing: int | None, support: int | None, at: dt.datetime = NEW) -> dict[str, Any]:
    return {
        "primary_email": email,
        "marketing_to_sales_days": marketing,
        "sales_to_support_days": support,
        "funnel_analysis_timestamp": at,
    }


def _value(email: str, tier: str | None, ltv: float | None, scores: int = 3, **more: Any) -> dict[str, Any]:
    return {
        "primary_email": email,
        "customer_tier": tier,
        "estimated_customer_ltv": ltv,
        **dict.fromkeys(("recency_score", "frequency_score", "monetary_score"), scores),
        "churn_probability": 0.5,
        "analysis_timestamp": NEW,
        **more,
    }


# Latest engagement: ann 9, bob 9, cid 9, dan 9, eve 1, fay 1, gus 1, hal missing. Mean over 7: 39 / 7 = 5.571...
ACTIVITY = [
    _activity(" Ann@x.org", NEW, 9.0, customer_health_score=80.0),
    _activity("ann@x.org", OLD, 1.0),  # an older snapshot of the same customer
    _activity("bob@x.org", NEW, 9.0, customer_health_score=float("nan"), in_zendesk=None),
    _activity("bob@x.org", None, 1.0),  # a snapshot without a time comes last
    # an exact tie in time: the larger composite score wins, because all columns before it are equal
    _activity("cid@x.org", NEW, 9.0, activity_risk_level="Critical", engagement_velocity="Declining"),
    _activity("CID@x.org ", NEW, 2.0),
    _activity("dan@x.org", NEW, 9.0, in_stripe=0, customer_health_score=60.0),
    _activity("eve@x.org", NEW, 1.0, primary_engagement_channel="Webinar"),
    _activity("fay@x.org", NEW, 1.0, primary_engagement_channel=None),
    _activity("gus@x.org", NEW, 1.0, zendesk_active=0),
    _activity("hal@x.org", NEW, float("inf")),  # infinite: missing
    _activity(None, NEW, 50.0),  # belongs to no customer
    _activity("  ", NEW, 50.0),
]
# cid's e-mail owns three funnel rows with the same time; the largest delay wins the tie and passes
FUNNEL = [
    _funnel("ann@x.org", 10, 31),
    _funnel("bob@x.org", 20, 90),
    _funnel("cid@x.org", 15, 40),
    _funnel("cid@x.org", 14, 99),
    _funnel("cid@x.org", 5, 99),
    _funnel("dan@x.org", 15, 30),  # 30 is not above 30
    _funnel("eve@x.org", 9, 90),  # 9 is below 10
    _funnel("fay@x.org", None, 90),  # undecidable
    _funnel("gus@x.org", 15, 90),
]
VALUE = [
    _value("ann@x.org", "Gold", 300.0, 5),
    _value("bob@x.org", "Gold", 100.0, 1, churn_probability=None),
    _value("cid@x.org", "Basic", 50.0),
    _value("cid@x.org", "Basic", 50.0),  # an exact duplicate
    _value("dan@x.org", "Gold", 100.0),
    _value("eve@x.org", "Gold", 200.0),
    _value("fay@x.org", "Basic", None),
    _value("gus@x.org", None, 500.0),
    _value("zoe@x.org", "Gold", 9_999.0),  # no activity: not in the population
]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("by_hand")
    for role, rows in (("activity", ACTIVITY), ("funnel", FUNNEL), ("value", VALUE)):
        table = TABLES[role]
        schema = pa.schema([(name, _ARROW[type_name]) for name, type_name in table.columns.items()])
        write_deltalake(folder / "lake" / table.name, pa.Table.from_pylist(rows, schema=schema))
    return folder


@pytest.fixture(scope="module")
def outcomes(lake: Path, engine: Engine) -> dict[str, Outcome]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUSTOMER360_HMAC_KEY", SECRET)
        options = RunOptions(
            lake=str(lake / "lake"),
            results=str(lake / "results"),
            reports=str(lake / "reports"),
            languages=("en", "zh"),
        )
        found = run(engine, [load_definition(name) for name in shipped_names()], options)
    return {outcome.definition.analysis: outcome for outcome in found}


def _row(outcome: Outcome, table: str, **where: Any) -> Any:
    found = [row for row in outcome.rows[table] if all(row[name] == value for name, value in where.items())]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("analysis", shipped_names())
def test_every_number_equals_the_oracle(
    analysis: str, outcomes: dict[str, Outcome], lake: Path, engine: Engine
) -> None:
    assert_published_equals_oracle(outcomes[analysis], lake, engine)


def test_customers_not_rows_are_counted_and_the_undecidable_are_named(outcomes: dict[str, Outcome]) -> None:
    steps = sorted(outcomes["high_value_cohort"].rows["attrition"], key=lambda row: int(row["step"]))
    counts = [(row["n_remaining"], row["n_undecidable"]) for row in steps]
    # 8 customers; hal (no funnel row) and fay (null) are undecidable at step 1, eve (9 days) fails:
    # ann bob cid dan gus; dan (30 days) fails: ann bob cid gus; gus is below the mean: ann bob cid
    assert counts == [(8, 0), (5, 2), (4, 0), (3, 0)]
    assert steps[3]["statistic_value"] == pytest.approx(39 / 7)


def test_the_naive_join_counts_rows(outcomes: dict[str, Outcome]) -> None:
    naive = _row(outcomes["high_value_cohort"], "method_sensitivity", method="naive_join")
    # mean over the 10 activity rows with a key and a finite score: (9+1+9+1+9+2+9+1+1+1) / 10 = 4.3;
    # passing: ann 1 x 1 x 1, bob 1 x 1 x 1, cid 1 activity x 2 funnel (15 and 14 days) x 2 value rows = 4
    assert naive["population_mean"] == pytest.approx(4.3)
    assert (naive["joined_rows"], naive["cohort_customers"], naive["fan_out"]) == (6, 3, 2.0)


def test_ltv_is_compared_within_the_tier(outcomes: dict[str, Outcome]) -> None:
    gold = {"section": "tier_ltv", "stratum": "Gold"}
    peers = _row(outcomes["high_value_cohort"], "comparisons", **gold, group_b="peers")
    # Gold cohort: ann 300, bob 100; peers: dan 100, eve 200 (zoe is no customer of the population)
    assert (peers["n_a"], peers["mean_a"], peers["n_b"], peers["mean_b"]) == (2, 200.0, 2, 150.0)
    baseline = _row(outcomes["high_value_cohort"], "comparisons", **gold, group_b="tier_baseline")
    assert (baseline["n_b"], baseline["mean_b"], baseline["p_value"]) == (4, 175.0, None)


def test_unknown_flags_form_a_group_of_their_own(outcomes: dict[str, Outcome]) -> None:
    where = {"section": "platforms", "group_name": "cohort", "row_dimension": "platforms"}
    unknown = _row(outcomes["high_value_cohort"], "crosstabs", **where, row_value="unknown")
    assert (unknown["n"], unknown["n_health"]) == (1, 0)


def test_value_at_stake_takes_ltv_whole_where_churn_is_missing(outcomes: dict[str, Outcome]) -> None:
    champions = _row(outcomes["high_value_cohort"], "strategies", segment="champions")
    # ann 300 x 0.5 + bob 100 (churn missing)
    assert (champions["n"], champions["value_at_stake"]) == (2, 250.0)


def test_no_report_prints_a_figure_of_three_customers(outcomes: dict[str, Outcome]) -> None:
    for outcome in outcomes.values():
        text = (Path(outcome.report_uri) / "report.en.md").read_text("utf-8")
        assert "&lt;5" in text
        assert "200" not in text.split("## Where the figures come from")[0].split("## Lifetime value")[-1]
