"""A lake small enough to work out by hand: the product against literals, and against the oracle."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml
from deltalake import write_deltalake

from jobs.definition import Definition, load_definition, shipped_names
from jobs.engines import Engine
from jobs.results import published
from jobs.run import Outcome, RunOptions, run
from tests.oracle import load_lake, oracle
from tests.oracle.changes import changes
from tests.oracle.compare import KEYS, assert_tables_equal
from tests.oracle.test_result_tables import (
    OBSTACLE,
    SECRET,
    assert_published_equals_oracle,
    hidden,
    obstacles,
    quality_counts,
    written,
)
from transforms.input_tables import TABLES

pytestmark = pytest.mark.usefixtures("no_pictures")

_ARROW = {
    "string": pa.string(),
    "bigint": pa.int64(),
    "int": pa.int32(),
    "double": pa.float64(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}
OLD, NEW, LATER = (dt.datetime(2025, 9, day, tzinfo=dt.UTC) for day in (1, 20, 21))


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


def _funnel(email: str, marketing: int | None, support: int | None, **more: Any) -> dict[str, Any]:
    return {
        "primary_email": email,
        "marketing_to_sales_days": marketing,
        "sales_to_support_days": support,
        "funnel_analysis_timestamp": NEW,
        **more,
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


def _account(health: float | None, age: int | None, inactive: int | None) -> dict[str, Any]:
    return {"customer_health_score": health, "account_age_days": age, "days_since_last_activity": inactive}


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
    _funnel("ann@x.org", 10, 31, cross_stage_engagement_consistency=0.75, revenue_velocity_monthly=30.0),
    _funnel("bob@x.org", 20, 90),
    _funnel("cid@x.org", 15, 40),
    _funnel("cid@x.org", 14, 99),
    _funnel("cid@x.org", 5, 99),
    _funnel("dan@x.org", 15, 30),  # 30 is not above 30
    _funnel("eve@x.org", 9, 90),  # 9 is below 10
    _funnel("fay@x.org", None, 90),  # undecidable
    _funnel("gus@x.org", 15, 90),
]
# health, age and days without activity stand in this table too, and differ from the activity table's
VALUE = [
    _value("ann@x.org", "Gold", 300.0, 5, **_account(80.0, 365, 10), rfm_avg_score=5.0),
    _value("bob@x.org", "Gold", 100.0, 1, **_account(float("nan"), 0, 500), churn_probability=None, rfm_avg_score=1.5),
    _value("cid@x.org", "Basic", 50.0, **_account(60.0, 730, 200)),
    _value("cid@x.org", "Basic", 50.0, **_account(60.0, 730, 200)),  # an exact duplicate
    _value("dan@x.org", "Gold", 100.0, **_account(40.0, 731, 20)),
    _value("eve@x.org", "Gold", 200.0, 5, **_account(90.0, -5, 300)),
    _value("fay@x.org", "Basic", None, **_account(50.0, None, None), monetary_score=5),
    _value("gus@x.org", None, 500.0, **_account(70.0, 180, 150)),
    # no activity: not in the population of the activity table
    _value("zoe@x.org", "Gold", 9_999.0, **_account(65.0, 366, 183), recency_score=4, monetary_score=4),
]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("by_hand")
    for role, rows in (("activity", ACTIVITY), ("funnel", FUNNEL), ("value", VALUE)):
        _append(folder, role, rows)
    return folder


def _append(folder: Path, role: str, rows: Sequence[dict[str, Any]]) -> None:
    table = TABLES[role]
    schema = pa.schema([(name, _ARROW[type_name]) for name, type_name in table.columns.items()])
    write_deltalake(folder / "lake" / table.name, pa.Table.from_pylist(list(rows), schema=schema), mode="append")


def _run(engine: Engine, folder: Path, definitions: Sequence[Definition], languages: tuple[str, ...]) -> list[Outcome]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUSTOMER360_HMAC_KEY", SECRET)
        places = {name: str(folder / name) for name in ("lake", "results", "reports")}
        return run(engine, definitions, RunOptions(**places, languages=languages))


WORKED = Path(__file__).with_name("worked_by_hand.yml")


@pytest.fixture(scope="module")
def outcomes(lake: Path, engine: Engine) -> dict[str, Outcome]:
    definitions = [load_definition(name) for name in (*shipped_names(), str(WORKED))]
    return {found.definition.analysis: found for found in _run(engine, lake, definitions, ("en", "zh"))}


@pytest.fixture(scope="module")
def worked(outcomes: dict[str, Outcome]) -> Outcome:
    return outcomes["worked_by_hand"]


def _row(outcome: Outcome, table: str, **where: Any) -> Any:
    found = [row for row in outcome.rows[table] if all(row[name] == value for name, value in where.items())]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("analysis", shipped_names())
def test_every_number_equals_the_oracle(
    analysis: str, outcomes: dict[str, Outcome], lake: Path, engine: Engine
) -> None:
    assert_published_equals_oracle(outcomes[analysis], lake, engine)


def test_every_number_worked_by_hand_equals_the_oracle(worked: Outcome, lake: Path, engine: Engine) -> None:
    theirs = assert_published_equals_oracle(worked, lake, engine, yaml.safe_load(WORKED.read_text("utf-8")))
    assert quality_counts(worked) == theirs["quality_counts"]
    assert obstacles(worked) == {tuple(row[name] for name in OBSTACLE) for row in theirs["obstacles"]} == set()


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


# --- levels, alerts, segments: worked_by_hand.yml -------------------------------------------------


def test_a_predicate_over_a_derived_column_leaves_the_undecidable_out(worked: Outcome) -> None:
    # two systems or more: ann cid dan eve fay gus; bob has an unknown flag, zoe no activity row at all
    steps = sorted(worked.rows["attrition"], key=lambda row: int(row["step"]))
    assert [(row["n_remaining"], row["n_undecidable"]) for row in steps] == [(8, 0), (6, 2)]


def test_indices_weigh_normalised_parts_and_ties_keep_their_level(worked: Outcome, lake: Path, engine: Engine) -> None:
    members = published(engine.spark, str(lake / "results"), "cohort_members")
    held = {
        row["customer_key"]: tuple(row[name] for name in _INDICES)
        for row in members.filter(members["analysis"] == "worked_by_hand").collect()
    }
    # Value: LTV over 50..500 and score over 3..5: ann .6 x 250/450 + .4, dan .6 x 50/450, eve .6 x 150/450 + .4,
    # gus .6; fay has no LTV. P33 at place 1.32, P67 at place 2.68 between eve and gus, who are both .6.
    # Risk: Email has mean health (80 + 60 + 40 + 70) / 4 = 62.5 below 65, Webinar 90 not; churn is a constant.
    # ann .125 + .2, cid .5 + .2, dan .125 + .2, eve .125, gus .125 + .2 + .2; fay has no channel.
    # P33 at place 1.32 among the two .325: both low. P67 is .325 + .68 x .2.
    expected = {
        "ann": (0.6 * 250 / 450 + 0.4, 0.325, "high", "low"),
        "cid": (0.0, 0.7, "low", "high"),
        "dan": (0.6 * 50 / 450, 0.325, "low", "low"),
        "eve": (0.6, 0.125, "medium", "low"),
        "fay": (None, None, None, None),
        "gus": (0.6, 0.525, "medium", "high"),
    }
    assert held == {hidden(f"{name}@x.org"): pytest.approx(index) for name, index in expected.items()}
    value, risk = (_row(worked, "measures", section="indices", measure=f"{name}_index") for name in ("value", "risk"))
    assert (value["n"], value["n_missing"], value["p67"]) == (5, 1, pytest.approx(0.6))
    assert value["p33"] == pytest.approx(0.2 / 3 + 0.32 * (0.6 - 0.2 / 3))
    assert (risk["p33"], risk["p67"]) == (pytest.approx(0.325), pytest.approx(0.461))


_INDICES = ("value_index", "risk_index", "value_index_level", "risk_index_level")


def test_index_cells_hold_what_is_at_stake_and_are_recommended(worked: Outcome) -> None:
    cells = {
        (row["row_value"], row["column_value"]): (row["n"], row["value_at_stake"], row["label"])
        for row in worked.rows["crosstabs"]
        if row["section"] == "indices"
    }
    assert cells == {
        ("high", "low"): (1, 150.0, "call"),
        ("low", "high"): (1, 25.0, "call"),
        ("low", "low"): (1, 50.0, None),
        ("medium", "low"): (1, 100.0, None),
        ("medium", "high"): (1, 250.0, "call"),
        ("(none)", "(none)"): (1, 0.0, None),
    }
    ranked = sorted(worked.rows["strategies"], key=lambda row: int(row["priority"]))
    assert [(row["segment"], row["kpi_now"]) for row in ranked] == [
        ("medium/high", 70.0),
        ("high/low", 80.0),
        ("low/high", 60.0),
        ("(none)", None),
    ]


def test_an_index_that_lacks_a_part_and_a_part_that_says_nothing_are_reported(worked: Outcome) -> None:
    counts = quality_counts(worked)
    assert counts["customers_without_index:value_index"] == counts["customers_without_index:risk_index"] == 1
    assert counts["constant_index_part:risk_index.churn_probability"] == 1
    # bob 1 against 1.5
    assert counts["rfm_mean_differs"] == 1


def test_alerts_are_lowered_for_who_is_active(worked: Outcome) -> None:
    # quiet for more than 100 days: cid and eve, active in Zendesk: amber; gus is not: red. dan's health is 40.
    cells = {
        (row["row_value"], row["column_value"]): (row["n"], row["value_at_stake"])
        for row in worked.rows["crosstabs"]
        if row["section"] == "alerts"
    }
    assert cells == {
        ("quiet", "red"): (1, 250.0),
        ("quiet", "amber"): (2, 125.0),
        ("weak", "amber"): (1, 50.0),
        ("(none)", "(none)"): (2, 150.0),
    }


def test_segments_hold_everybody_and_are_compared(worked: Outcome) -> None:
    rows = worked.rows["distributions"]
    sizes = {row["value"]: row["n"] for row in rows if row["dimension"] == "segment"}
    shares = {row["value"]: row["share"] for row in rows if row["dimension"] == "ltv_share"}
    assert sizes == {"gold": 5, "basic": 2, "rest": 1}
    assert shares == {
        "gold": pytest.approx(10_699 / 11_249),
        "basic": pytest.approx(50 / 11_249),
        "rest": pytest.approx(500 / 11_249),
    }
    ltv = _row(worked, "comparisons", section="segments", measure="estimated_customer_ltv", group_b="not_gold")
    # gold 300 100 100 200 9999, the others 50 and 500; the tier makes both
    assert (ltv["n_a"], ltv["mean_a"], ltv["n_b"], ltv["mean_b"]) == (5, 2139.8, 2, 275.0)
    assert (ltv["by_definition"], ltv["p_value"]) == (True, None)
    age = _row(worked, "comparisons", section="segments", measure="account_age_days", group_b="not_gold")
    # 365 0 731 -5 366 against 730 and 180
    assert (age["mean_a"], age["mean_b"], age["by_definition"]) == (pytest.approx(291.4), 455.0, False)
    # 5 + 1 + 3 + 5 and zoe's .2 x 4 + .3 x 3 + .5 x 4; the second rule asks for recency, the first does not
    weighted = [
        _row(worked, "comparisons", section="segments", measure="weighted_rfm", group_a="gold", group_b=group)
        for group in ("not_gold", "basic")
    ]
    assert [(row["mean_a"], row["by_definition"]) for row in weighted] == [
        (pytest.approx(17.7 / 5), False),
        (pytest.approx(17.7 / 5), True),
    ]
    outside = _row(worked, "measures", section="segments", group_name="not_rest", measure="account_age_days")
    assert (outside["n"], outside["n_missing"], outside["by_definition"]) == (6, 1, False)


def test_age_bands_by_tier(worked: Outcome) -> None:
    bands = {
        (row["row_value"], row["column_value"]): row["n"]
        for row in worked.rows["crosstabs"]
        if row["section"] == "segments" and row["group_name"] == "population"
    }
    assert bands == {
        ("<=180", "Gold"): 2,
        ("<=180", "(missing)"): 1,
        ("181-400", "Gold"): 2,
        (">400", "Gold"): 1,
        (">400", "Basic"): 1,
        ("(missing)", "Basic"): 1,
    }


def test_consistency_knows_no_rate_of_an_account_without_age(worked: Outcome) -> None:
    def gold(measure: str) -> tuple[int, float]:
        row = _row(worked, "measures", section="consistency", group_name="gold", measure=measure)
        return row["n"], row["mean"]

    # ann 10/365, dan 20/731, zoe 183/366; bob is 0 days old and eve -5
    assert gold("inactivity_ratio") == (3, pytest.approx((10 / 365 + 20 / 731 + 0.5) / 3))
    # only zoe's scores differ: 4 3 4, 4 - 3.5
    assert gold("monetary_imbalance") == (5, pytest.approx(0.1))
    # Health runs from 40 to 90: ann .5 x .8 + .15 + .2 x .3, dan .15 + .2 x .1, eve .5 + .15 + .2 x .2,
    # zoe .5 x .5 + .15 + .2 (above the cap of 1000); bob's health is missing
    assert gold("health_index") == (4, pytest.approx((0.61 + 0.17 + 0.69 + 0.6) / 4))
    # the funnel has rows, so its own measures are used, though only ann has them
    assert gold("cross_stage_engagement_consistency") == (1, 0.75)
    bins = {
        row["value"]: row["n"]
        for row in worked.rows["distributions"]
        if row["dimension"] == "imbalance_bin" and row["group_name"] == "population"
    }
    # zoe .5, fay 2
    assert bins == {"<=0": 6, "0-1": 1, ">1": 1}


def test_the_naive_join_from_another_base_weighs_scores_by_the_rows_of_the_other_tables(
    outcomes: dict[str, Outcome],
) -> None:
    naive = _row(outcomes["win_back"], "method_sensitivity", method="naive_join")
    # LTV above the median of the tier's rows: Gold 100 100 200 300 9999: ann and zoe; Basic 50 50: nobody.
    # Inactive at least as long as three quarters of the rows (10 20 150 183 200 200 300 500: 225): nobody of them.
    assert (naive["joined_rows"], naive["cohort_customers"], naive["mean_recency"]) == (0, 0, None)


# --- the second publication -----------------------------------------------------------------------


def test_what_changed_since_the_last_run_equals_the_oracle(
    outcomes: dict[str, Outcome], lake: Path, engine: Engine, engine_name: str, tmp_path: Path
) -> None:
    if engine_name == "spark":
        pytest.skip("a second run costs a minute there; the rows come from published figures, not from the engine")
    for name in ("lake", "results", "reports"):
        shutil.copytree(lake / name, tmp_path / name)
    _append(tmp_path, "value", [_value("new@x.org", "Gold", 700.0, **_account(20.0, 40, 400))])
    _append(
        tmp_path, "activity", [_activity("new@x.org", NEW, 1.0), _activity("dan@x.org", LATER, 9.0, in_stripe=None)]
    )
    old = written(outcomes["win_back"])
    changed = old | {"cohort": [old["cohort"][0], old["cohort"][1] | {"statistic": "top_50"}]}
    definitions = [load_definition(str(WORKED)), Definition.model_validate(changed)]
    later = {found.definition.analysis: found for found in _run(engine, tmp_path, definitions, ("en",))}
    before, today = load_lake(lake / "lake"), load_lake(tmp_path / "lake")
    worked_file = yaml.safe_load(WORKED.read_text("utf-8"))
    same = changes([oracle(before, worked_file), oracle(today, worked_file)], ["customers"])
    split = changes([oracle(before, old), oracle(today, old), oracle(today, changed)], ["customers", "definition"])
    for analysis, expected in (("worked_by_hand", same), ("win_back", split)):
        rows = [dict(row) for row in later[analysis].rows["changes"]]
        assert {row.pop("previous_run_id") for row in rows} == {outcomes[analysis].run_id}
        unnamed = [row | {"previous_run_id": None} for row in rows]
        assert_tables_equal({"changes": unnamed}, {"changes": expected}, keys={"changes": KEYS["changes"]})
    # dan's flag is unknown now, and somebody is new
    assert _row(later["worked_by_hand"], "changes", figure="members_entered")["current"] == 1
    assert _row(later["worked_by_hand"], "changes", figure="members_left")["current"] == 1


def test_no_report_prints_a_figure_of_three_customers(outcomes: dict[str, Outcome]) -> None:
    for outcome in outcomes.values():
        text = (Path(outcome.report_uri) / "report.en.md").read_text("utf-8")
        assert "&lt;5" in text
        if "## Lifetime value" in text:
            assert "200" not in text.split("## Where the figures come from")[0].split("## Lifetime value")[-1]
