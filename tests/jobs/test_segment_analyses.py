"""Analyses of segments: no cohort, every customer in one segment, proxies where the funnel is empty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from jobs.definition import Definition, load_definition
from jobs.engines import Engine
from jobs.generate import generate
from jobs.headlines import headline
from jobs.lake import Lake
from jobs.results import published
from jobs.run import Outcome, RunOptions, run

pytestmark = pytest.mark.usefixtures("no_pictures")

CUSTOMERS = 300
SEGMENTED = ("limited_data_value", "low_consistency_high_value")
FUNNEL = "customer360__conversion_funnel_analysis"
CONSISTENCY, VELOCITY = "cross_stage_engagement_consistency", "revenue_velocity_monthly"
OF_SECOND = ("rfm_consistency", "rfm_variance", "ltv_velocity_monthly")
ALWAYS = ("monetary_imbalance", "inactivity_ratio", "activity_efficiency_proxy", "health_index")

Rows = Sequence[Mapping[str, Any]]


@pytest.fixture(scope="module", autouse=True)
def key() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUSTOMER360_HMAC_KEY", "a-key-for-the-tests-only")
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("segments")


def outcomes_on(engine: Engine, folder: Path, shape: str, definitions: Sequence[Definition]) -> dict[str, Outcome]:
    place = folder / shape
    if not place.exists():
        generate(engine.spark, lake=str(place / "lake"), shape=shape, customers=CUSTOMERS, seed=7)
    options = RunOptions(
        lake=str(place / "lake"), results=str(place / "results"), reports=str(place / "reports"), languages=("en",)
    )
    return {outcome.definition.analysis: outcome for outcome in run(engine, definitions, options)}


@pytest.fixture(scope="module")
def second(engine: Engine, folder: Path) -> dict[str, Outcome]:
    return outcomes_on(engine, folder, "second", [load_definition(name) for name in SEGMENTED])


@pytest.fixture(scope="module")
def first(engine: Engine, folder: Path) -> dict[str, Outcome]:
    return outcomes_on(engine, folder, "first", [load_definition(SEGMENTED[1]), with_derived_columns()])


def with_derived_columns() -> Definition:
    """A cohort by derived columns, described by others, with segments by others still."""
    return Definition.model_validate(
        {
            "analysis": "derived_cohort",
            "title": {"en": "Derived"},
            "question": {"en": "?"},
            "languages": ["en"],
            "base": "activity",
            "cohort": [
                {"column": "rfm_mean", "operator": ">=", "value": 2},
                {"column": "number_of_platforms", "operator": ">=", "value": 2},
            ],
            "segments": {
                "rules": [
                    {"name": "young", "all": [{"column": "account_age_days", "operator": "<=", "value": 180}]},
                    {"name": "steady", "all": [{"column": "rfm_consistency", "operator": "=", "value": 1}]},
                    {"name": "impossible", "all": [{"column": "rfm_mean", "operator": ">", "value": 5}]},
                ]
            },
            "sections": {
                "cohort_profile": {
                    "measures": [
                        {"column": "weighted_rfm", "unit": "score_1_5"},
                        {"column": "churn_probability", "unit": "share"},
                        {"column": "zendesk_active", "unit": "share"},
                    ]
                },
                "channels": {"dimensions": ["age_band"]},
                "segments": {
                    "measures": [
                        {"column": "account_age_days", "unit": "days"},
                        {"column": "rfm_consistency", "unit": "points"},
                        {"column": "number_of_platforms", "unit": "points"},
                    ],
                    "compare": [{"a": "young", "b": "others"}, {"a": "young", "b": "steady"}],
                },
            },
        }
    )


def picked(rows: Rows, **wanted: Any) -> list[Mapping[str, Any]]:
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]


def sizes(outcome: Outcome) -> dict[str, int]:
    return {row["value"]: row["n"] for row in picked(outcome.rows["distributions"], dimension="segment")}


@pytest.mark.parametrize("analysis", SEGMENTED)
def test_two_empty_tables_are_enough_and_nothing_is_added_by_hand(
    analysis: str, second: dict[str, Outcome], engine: Engine, folder: Path
) -> None:
    outcome = second[analysis]
    assert outcome.published_now
    assert (Path(outcome.report_uri) / "report.en.md").is_file()
    visible = published(engine.spark, str(folder / "second" / "results"), "measures")
    assert visible.filter(visible["analysis"] == analysis).count() == len(outcome.rows["measures"]) > 0


@pytest.mark.parametrize("analysis", SEGMENTED)
def test_without_a_cohort_there_is_nothing_of_one(
    analysis: str, second: dict[str, Outcome], engine: Engine, folder: Path
) -> None:
    rows = second[analysis].rows
    assert [(row["step"], row["predicate"], row["n_remaining"]) for row in rows["attrition"]] == [
        (0, "population", CUSTOMERS)
    ]
    assert rows["method_sensitivity"] == []
    members = published(engine.spark, str(folder / "second" / "results"), "cohort_members")
    assert members.count() == 0
    events = Lake.at(str(folder / "second" / "results")).read(engine.spark, "runs")
    (succeeded,) = events.filter((events["analysis"] == analysis) & (events["event"] == "succeeded")).collect()
    assert (succeeded["n_customers"], succeeded["n_cohort"]) == (CUSTOMERS, None)


@pytest.mark.parametrize("analysis", SEGMENTED)
def test_every_customer_is_in_one_segment_and_the_others_are_the_rest(
    analysis: str, second: dict[str, Outcome]
) -> None:
    outcome = second[analysis]
    segments = outcome.definition.segments
    assert segments is not None
    found = sizes(outcome)
    assert list(found) == sorted(segments.names())
    assert sum(found.values()) == CUSTOMERS
    held = picked(outcome.rows["distributions"], dimension="ltv_share")
    assert sum(row["share"] for row in held) == pytest.approx(1)
    counted = {
        row["group_name"]: row["n"] + row["n_missing"]
        for row in picked(outcome.rows["measures"], section="segments", measure="recency_score")
    }
    outside = {name: n for name, n in counted.items() if name.startswith("not_")}
    assert counted == {**found, **outside, "population": CUSTOMERS}
    assert outside == (
        {"not_high_value": CUSTOMERS - found["high_value"]} if analysis == "low_consistency_high_value" else {}
    )


def test_what_a_rule_of_either_segment_fixes_is_described_and_not_tested(second: dict[str, Outcome]) -> None:
    rows = picked(second["limited_data_value"].rows["comparisons"], section="segments")
    tested = {row["measure"] for row in rows if row["p_value"] is not None}
    fixed = {row["measure"] for row in rows if row["by_definition"]}
    assert fixed == {
        *("estimated_customer_ltv", "recency_score", "frequency_score", "monetary_score"),
        *("rfm_mean", "weighted_rfm"),
    }
    assert tested == {"customer_health_score", "churn_probability", "account_age_days", "days_since_last_activity"}
    assert all(row["difference"] is not None and row["ci_low"] is None for row in rows if row["by_definition"])


def test_a_segment_is_made_by_its_rule_and_those_before_it(first: dict[str, Outcome]) -> None:
    rows = first["derived_cohort"].rows
    fixed: dict[str, set[str]] = {}
    for row in picked(rows["measures"], section="segments"):
        fixed.setdefault(row["group_name"], set()).update([row["measure"]] if row["by_definition"] else [])
    both = {"account_age_days", "rfm_consistency"}
    assert fixed == {
        "young": {"account_age_days"},
        "not_young": {"account_age_days"},
        "steady": both,
        "impossible": both,
        "remainder": both,
        "population": set(),
    }
    compared = {
        (row["group_b"], row["measure"]): (row["by_definition"], row["p_value"] is None)
        for row in picked(rows["comparisons"], section="segments", group_a="young")
    }
    assert compared == {
        ("not_young", "account_age_days"): (True, True),
        ("not_young", "rfm_consistency"): (False, False),
        ("not_young", "number_of_platforms"): (False, False),
        ("steady", "account_age_days"): (True, True),
        ("steady", "rfm_consistency"): (True, True),
        ("steady", "number_of_platforms"): (False, False),
    }


def test_a_segment_nobody_is_in_has_its_rows(first: dict[str, Outcome]) -> None:
    outcome = first["derived_cohort"]
    assert sizes(outcome)["impossible"] == 0
    rows = picked(outcome.rows["measures"], section="segments", group_name="impossible")
    assert {(row["n"], row["n_missing"], row["mean"]) for row in rows} == {(0, 0, None)}


def test_proxies_stand_for_an_empty_funnel_and_the_obstacles_say_so(second: dict[str, Outcome]) -> None:
    rows = second["low_consistency_high_value"].rows
    measures = {row["measure"] for row in picked(rows["measures"], section="consistency")}
    assert measures == {*OF_SECOND, *ALWAYS}
    pairs = {(row["x"], row["y"]) for row in picked(rows["correlations"], section="consistency")}
    assert pairs == {("rfm_consistency", "ltv_velocity_monthly")}
    told = {
        row["column_name"]: (row["table_name"], row["reason"], row["effect"], row["replaced_by"], row["remedy"])
        for row in picked(rows["obstacles"], section="consistency")
    }
    assert told == {
        CONSISTENCY: (FUNNEL, "empty_table", "replaced", "rfm_consistency", "load_table"),
        VELOCITY: (FUNNEL, "empty_table", "replaced", "ltv_velocity_monthly", "load_table"),
    }


def test_the_funnels_own_measures_are_used_where_it_has_them(first: dict[str, Outcome]) -> None:
    rows = first["low_consistency_high_value"].rows
    measures = {
        row["measure"]: row["source_table"]
        for row in picked(rows["measures"], section="consistency", group_name="population")
    }
    assert measures == {CONSISTENCY: FUNNEL, VELOCITY: FUNNEL, **dict.fromkeys(ALWAYS)}
    assert all(row["n"] > 0 for row in picked(rows["measures"], section="consistency", group_name="population"))
    pairs = {(row["x"], row["y"]) for row in picked(rows["correlations"], section="consistency")}
    assert pairs == {(CONSISTENCY, VELOCITY)}
    assert picked(rows["obstacles"], section="consistency") == []
    # the tier and the share of the portfolio fix LTV and scores, not what the funnel measures
    tested = picked(rows["comparisons"], section="consistency", measure=VELOCITY)
    assert {row["by_definition"] for row in tested} == {False}


def test_strategies_cover_all_customers_of_a_segment(second: dict[str, Outcome]) -> None:
    outcome = second["limited_data_value"]
    covered = {row["segment"]: row["n"] for row in outcome.rows["strategies"]}
    found = sizes(outcome)
    with_strategy = {name: found.pop(name) for name in ("high_value_enterprise", "basic_tier")}
    assert covered == with_strategy | {"(none)": sum(found.values())}
    assert all(row["value_at_stake"] > 0 for row in outcome.rows["strategies"])


def test_the_mean_of_the_scores_is_checked_against_the_tables(second: dict[str, Outcome]) -> None:
    (row,) = picked(second["limited_data_value"].rows["quality"], check_name="rfm_mean_differs")
    assert (row["observed"], row["passed"], row["touches_section"], row["touches_measure"]) == (
        *(0.0, True),
        *("segments", "rfm_mean"),
    )


def test_the_headline_gives_the_sizes_and_the_first_difference_of_groups_large_enough(
    second: dict[str, Outcome],
) -> None:
    limited, low = (headline(second[name]).splitlines() for name in SEGMENTED)
    found = sizes(second["limited_data_value"])
    assert limited[1] == (
        f"  customers by segment: high_value_enterprise {found['high_value_enterprise']},"
        f" basic_tier {found['basic_tier']}, middle_tiers {found['middle_tiers']}"
    )
    assert limited[2].startswith("  mean customer_health_score of high_value_enterprise against basic_tier: ")
    assert limited[3].startswith("  published; report: ")
    # four customers in one segment, three in the other: neither number nor difference
    assert low[1] == "  customers by segment: high_value fewer than 5, low_contribution 293, between fewer than 5"
    assert low[2].startswith("  published; report: ")


def test_a_cohort_may_be_made_of_derived_columns_and_described_by_them(first: dict[str, Outcome]) -> None:
    rows = first["derived_cohort"].rows
    left = {row["predicate"]: row["n_remaining"] for row in rows["attrition"]}
    assert CUSTOMERS > left["rfm_mean >= 2"] > left["number_of_platforms >= 2"] > 0
    described = {(row["group_name"], row["measure"]): row for row in picked(rows["measures"], section="cohort_profile")}
    weighted = described["cohort", "weighted_rfm"]
    assert weighted["n"] == left["number_of_platforms >= 2"]
    assert 2 <= weighted["mean"] <= 5
    assert weighted["source_table"] is None
    bands = {row["value"] for row in picked(rows["distributions"], section="channels", dimension="age_band")}
    assert {"181-365", ">730"} <= bands
    methods = {row["method"]: row["cohort_customers"] for row in rows["method_sensitivity"]}
    assert methods["latest_snapshot"] == weighted["n"]
    assert methods["first_snapshot"] > 0
    # a derived column stands in no single table: nothing to count per key
    assert (methods["row_level"], methods["naive_join"]) == (None, None)


def test_a_probability_is_a_share_as_it_is_and_a_flag_counts_zero_and_one(first: dict[str, Outcome]) -> None:
    rows = picked(first["derived_cohort"].rows["measures"], section="cohort_profile", group_name="population")
    described = {row["measure"]: row for row in rows}
    churn, active = described["churn_probability"], described["zendesk_active"]
    assert churn["n"] > CUSTOMERS * 0.9
    assert 0 < churn["p10"] < churn["median"] < churn["p90"] < 1
    assert {active["p10"], active["p90"]} == {0.0, 1.0}
