"""What a lake lacks: the sections and measures that go, the rows that say so, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from jobs.availability import assess, check_required, is_available
from jobs.definition import Definition, load_definition
from jobs.engines import Engine
from jobs.errors import InputError
from jobs.inputs import read_inputs
from jobs.lake import Lake
from jobs.run import RunOptions, run
from tests.jobs.small_lake import computed, customers, definition_of, stored, write
from transforms.input_tables import ACTIVITY, ADDRESS, FUNNEL, VALUE

pytestmark = pytest.mark.usefixtures("no_pictures")

TIER = {"customer_tier": "Gold", "estimated_customer_ltv": 100.0, "monetary_score": 3, "churn_probability": 0.5}
HEALTHY = {"customer_health_score": 70.0, "engagement_velocity": "Stable", "activity_risk_level": "Low"}
DELAYED = {"marketing_to_sales_days": 12, "sales_to_support_days": 40}
Rows = set[tuple[str, str, str | None, str, str]]


def lake_with(
    folder: Path,
    *,
    value: Sequence[Any] | None = (TIER, TIER),
    activity: Sequence[Any] | None = (HEALTHY, HEALTHY),
    funnel: Sequence[Any] | None = (DELAYED, DELAYED),
    without: dict[str, Sequence[str]] | None = None,
) -> Path:
    """A lake of two customers; a table given as None is missing, as () empty."""
    for role, rows in (("value", value), ("activity", activity), ("funnel", funnel)):
        if rows is not None:
            write(folder, role, customers(*rows), without=(without or {}).get(role, ()))
    return folder


def cohort(column: str = "monetary_score", value: float = 2, **sections: Any) -> Definition:
    profile = sections.pop("profile", ["monetary_score"])
    measures = [{"column": name, "unit": "points"} for name in profile]
    return definition_of(
        cohort=[{"column": column, "operator": ">", "value": value}],
        sections={"cohort_profile": {"measures": measures}, **sections},
    )


def obstacles(engine: Engine, lake: Path, definition: Definition) -> Rows:
    found = assess(stored(engine, lake, definition), definition)
    assert all(row["remedy"] == ("add_column" if row["column_name"] and row["reason"] == "missing_column" else
                                 "load_table") for row in found.obstacles)  # fmt: skip
    names = ("section", "table_name", "column_name", "reason", "effect")
    return {tuple(row[name] for name in names) for row in found.obstacles}  # type: ignore[misc]


def test_nothing_lacks_nothing_goes(engine: Engine, tmp_path: Path) -> None:
    definition = cohort(tier_ltv={}, profile=["monetary_score", "customer_health_score"])
    found = assess(stored(engine, lake_with(tmp_path)), definition)
    assert (found.definition, found.dropped, found.obstacles) == (definition, frozenset(), [])


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        pytest.param({"activity": None}, "missing_table", id="missing"),
        pytest.param({"activity": ()}, "empty_table", id="empty"),
        pytest.param({"without": {"activity": ["customer_health_score"]}}, "missing_column", id="without the column"),
    ],
)
def test_a_measure_goes_with_its_column(engine: Engine, tmp_path: Path, parts: dict[str, Any], reason: str) -> None:
    definition = cohort(profile=["monetary_score", "customer_health_score"], channels={"dimensions": ["customer_tier"]})
    lake = lake_with(tmp_path, **parts)
    assert obstacles(engine, lake, definition) == {
        ("cohort_profile", ACTIVITY, "customer_health_score", reason, "measure_dropped")
    }
    rows = computed(engine, lake, definition).rows
    assert {row["measure"] for row in rows["measures"]} == {"monetary_score"}


def test_a_dimension_goes_with_its_column(engine: Engine, tmp_path: Path) -> None:
    definition = cohort(channels={"dimensions": ["primary_engagement_channel", "customer_tier"]})
    lake = lake_with(tmp_path, activity=())
    assert obstacles(engine, lake, definition) == {
        ("channels", ACTIVITY, "primary_engagement_channel", "empty_table", "measure_dropped")
    }
    rows = computed(engine, lake, definition).rows
    assert {row["dimension"] for row in rows["distributions"]} == {"customer_tier"}


def test_a_section_goes_when_a_column_it_cannot_do_without_does(engine: Engine, tmp_path: Path) -> None:
    definition = cohort(tier_ltv={}, risk_velocity={"framework": []}, platforms={})
    lake = lake_with(tmp_path, without={"activity": ["engagement_velocity"], "value": ["customer_tier"]})
    assert obstacles(engine, lake, definition) == {
        ("tier_ltv", VALUE, "customer_tier", "missing_column", "section_dropped"),
        ("cohort_profile", VALUE, "customer_tier", "missing_column", "no_peers"),
        ("risk_velocity", ACTIVITY, "engagement_velocity", "missing_column", "section_dropped"),
    }
    rows = computed(engine, lake, definition).rows
    sections = {row["section"] for table in ("measures", "comparisons", "crosstabs") for row in rows[table]}
    assert sections == {"cohort_profile", "platforms"}


def test_sections_of_a_missing_table_have_one_row_each(engine: Engine, tmp_path: Path) -> None:
    definition = cohort(risk_velocity={"framework": []}, platforms={})
    assert obstacles(engine, lake_with(tmp_path, activity=None), definition) == {
        ("risk_velocity", ACTIVITY, None, "missing_table", "section_dropped"),
        ("platforms", ACTIVITY, None, "missing_table", "section_dropped"),
    }


def test_a_derived_column_is_there_when_its_parents_are(engine: Engine, tmp_path: Path) -> None:
    inputs = stored(engine, lake_with(tmp_path, without={"value": ["recency_score"]}))
    assert not is_available(inputs, {}, "rfm_mean")
    assert is_available(inputs, {}, "ltv_velocity_monthly")
    assert is_available(inputs, {}, "estimated_customer_ltv")


def test_the_choice_of_table_decides_whether_a_column_is_there(engine: Engine, tmp_path: Path) -> None:
    inputs = stored(engine, lake_with(tmp_path, activity=()))
    assert not is_available(inputs, {}, "customer_health_score")
    assert is_available(inputs, {"customer_health_score": "value"}, "customer_health_score")


@pytest.mark.parametrize("funnel", [None, ()])
def test_without_a_column_of_the_cohort_only_attrition_stays(
    engine: Engine, tmp_path: Path, funnel: tuple[()] | None
) -> None:
    definition = cohort("sales_to_support_days", 30, tier_ltv={}, platforms={})
    lake = lake_with(tmp_path, funnel=funnel)
    reason = "missing_table" if funnel is None else "empty_table"
    assert obstacles(engine, lake, definition) == {("all", FUNNEL, None, reason, "analysis_not_computed")}
    found = computed(engine, lake, definition)
    assert {table for table, rows in found.rows.items() if rows} == {"attrition", "obstacles", "quality"}
    steps = {row["step"]: (row["n_remaining"], row["n_undecidable"]) for row in found.rows["attrition"]}
    assert steps == {0: (2, 0), 1: (0, 2)}
    assert found.n_cohort == 0


def test_an_empty_base_leaves_nothing_to_compute(engine: Engine, tmp_path: Path) -> None:
    lake = lake_with(tmp_path, value=())
    definition = cohort("sales_to_support_days", 30)
    assert ("all", VALUE, None, "empty_table", "analysis_not_computed") in obstacles(engine, lake, definition)


def test_other_columns_are_read_as_missing_section_by_section(engine: Engine, tmp_path: Path) -> None:
    definition = cohort(platforms={}, risk_velocity={"framework": []})
    lake = lake_with(tmp_path, without={"activity": ["customer_health_score"]})
    assert obstacles(engine, lake, definition) == {
        ("platforms", ACTIVITY, "customer_health_score", "missing_column", "read_as_missing"),
        ("risk_velocity", ACTIVITY, "customer_health_score", "missing_column", "read_as_missing"),
    }


def test_what_a_section_that_went_would_have_read_is_told_once(engine: Engine, tmp_path: Path) -> None:
    definition = cohort(platforms={}, risk_velocity={"framework": []})
    lake = lake_with(tmp_path, without={"activity": ["customer_health_score", "in_stripe", "engagement_velocity"]})
    assert ("all", ACTIVITY, "customer_health_score", "missing_column", "read_as_missing") in obstacles(
        engine, lake, definition
    )


def test_a_second_table_stands_in_where_the_first_is_empty(engine: Engine, tmp_path: Path) -> None:
    definition = cohort(channels={"dimensions": ["lifecycle_stage"]})
    lake = lake_with(tmp_path, activity=())
    found = assess(stored(engine, lake), definition)
    (row,) = found.obstacles
    assert (row["column_name"], row["effect"], row["replaced_by"]) == ("lifecycle_stage", "replaced", "value")
    assert found.definition == definition


def segments(**options: Any) -> Definition:
    measures = [{"column": name, "unit": "points"} for name in options.pop("measures", ["monetary_score"])]
    rules = [{"name": "gold", "all": [{"column": "customer_tier", "operator": "=", "value": "Gold"}]}]
    return definition_of(
        segments={"rules": rules},
        sections={"segments": {"measures": measures, "compare": [], **options}, "consistency": {}},
    )


def test_measures_pairs_and_dimensions_of_segments_go_one_by_one(engine: Engine, tmp_path: Path) -> None:
    definition = segments(
        measures=["monetary_score", "activity_efficiency"],
        dimensions=["risk_category", "primary_engagement_channel"],
        crosstabs=[{"row": "lifecycle_stage", "column": "customer_tier"}],
        correlations=[{"x": "activity_efficiency", "y": "monetary_score"}, {"x": "rfm_mean", "y": "monetary_score"}],
    )
    lake = lake_with(tmp_path, activity=(), without={"value": ["recency_score"]})
    assert obstacles(engine, lake, definition) >= {
        ("segments", ACTIVITY, "activity_efficiency", "empty_table", "measure_dropped"),
        ("segments", ACTIVITY, "primary_engagement_channel", "empty_table", "measure_dropped"),
        ("segments", VALUE, "recency_score", "missing_column", "measure_dropped"),
        ("consistency", VALUE, "recency_score", "missing_column", "measure_dropped"),
    }
    kept = assess(stored(engine, lake), definition).definition.sections.segments
    assert kept is not None
    assert [measure.column for measure in kept.measures] == ["monetary_score"]
    assert (kept.dimensions, len(kept.crosstabs), kept.correlations) == (["risk_category"], 1, [])


def test_without_a_column_of_the_segments_nothing_is_computed(engine: Engine, tmp_path: Path) -> None:
    lake = lake_with(tmp_path, without={"value": ["customer_tier"]})
    assert obstacles(engine, lake, segments()) == {
        ("all", VALUE, "customer_tier", "missing_column", "analysis_not_computed")
    }


def test_segments_stay_where_only_the_cohort_cannot_be_told(engine: Engine, tmp_path: Path) -> None:
    both = definition_of(
        cohort=[{"column": "sales_to_support_days", "operator": ">", "value": 30}],
        segments=segments().segments.model_dump(exclude_none=True),  # type: ignore[union-attr]
        sections={
            "cohort_profile": {"measures": [{"column": "monetary_score", "unit": "points"}]},
            "segments": {"measures": [{"column": "monetary_score", "unit": "points"}], "compare": []},
        },
    )
    lake = lake_with(tmp_path, funnel=())
    assert obstacles(engine, lake, both) == {("all", FUNNEL, None, "empty_table", "cohort_not_computed")}
    assert assess(stored(engine, lake), both).dropped == {"cohort_profile", "method_sensitivity"}


def test_a_recommendation_goes_with_the_section_it_rests_on(engine: Engine, tmp_path: Path) -> None:
    definition = load_definition("conversion_behaviour")
    lake = lake_with(
        tmp_path,
        activity=[{**HEALTHY, "composite_engagement_score": number} for number in (1.0, 2.0)],
        without={"activity": ["engagement_velocity"]},
    )
    found = assess(stored(engine, lake), definition)
    gone = {row["section"] for row in found.obstacles if row["effect"] == "section_dropped"}
    assert {"risk_velocity", "recommendations"} <= gone
    assert found.definition.recommend is None


def test_ltv_stands_in_for_what_is_at_stake_without_a_churn_probability(engine: Engine, tmp_path: Path) -> None:
    definition = load_definition("low_consistency_high_value")
    lake = lake_with(tmp_path, without={"value": ["churn_probability"]})
    found = assess(stored(engine, lake), definition).obstacles
    assert [
        (row["effect"], row["replaced_by"])
        for row in found
        if (row["section"], row["column_name"]) == ("recommendations", "churn_probability")
    ] == [("replaced", "estimated_customer_ltv")]


@pytest.mark.parametrize(
    ("required", "parts", "said"),
    [
        pytest.param("funnel", {"funnel": None}, f"table {FUNNEL} is not there", id="missing table"),
        pytest.param("funnel", {"funnel": ()}, f"{FUNNEL}@v0 is empty", id="empty table"),
        pytest.param("address", {}, f"table {ADDRESS} is not there", id="missing addresses"),
        pytest.param(
            "churn_probability",
            {"without": {"value": ["churn_probability"]}},
            f"{VALUE}@v0 has no column 'churn_probability'",
            id="missing column",
        ),
        pytest.param(
            "health_index",
            {"activity": ()},
            f"{ACTIVITY}@v0 is empty, so there is no column 'health_index'",
            id="column derived from an empty table",
        ),
    ],
)
def test_what_is_required_and_lacks_is_refused_in_one_line(
    engine: Engine, tmp_path: Path, required: str, parts: dict[str, Any], said: str
) -> None:
    definition = cohort().model_copy(update={"required": [required]})
    with pytest.raises(InputError) as raised:
        computed(engine, lake_with(tmp_path, **parts), definition)
    line = raised.value.line()
    assert raised.value.exit_code == 3
    assert line.startswith("C360-INPUT exit=3: analysis small requires what the lake lacks: ")
    assert f"{said} -> load it into the lake" in line
    assert "\n" not in line


def test_what_is_required_and_there_passes(engine: Engine, tmp_path: Path) -> None:
    definition = cohort().model_copy(update={"required": ["value", "churn_probability", "rfm_mean"]})
    check_required(stored(engine, lake_with(tmp_path)), definition)


def test_a_required_column_is_looked_for_before_any_row_is_read(engine: Engine, tmp_path: Path) -> None:
    inputs = read_inputs(engine, Lake.at(str(lake_with(tmp_path, without={"value": ["churn_probability"]}))))
    with pytest.raises(InputError, match="churn_probability"):
        check_required(inputs, cohort().model_copy(update={"required": ["churn_probability"]}))


@pytest.mark.parametrize("analysis", ["conversion_behaviour", "high_value_cohort", "special_conversion"])
def test_where_activity_and_funnel_are_empty_the_cohorts_say_why_they_cannot_be_computed(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, analysis: str
) -> None:
    monkeypatch.setenv("CUSTOMER360_HMAC_KEY", "a-key-for-the-tests-only")
    lake = lake_with(tmp_path / "lake", activity=(), funnel=())
    options = RunOptions(lake=str(lake), results=str(tmp_path / "results"), reports=str(tmp_path / "reports"))
    definition = load_definition(analysis).model_copy(update={"languages": ["en", "zh"]})
    (outcome,) = run(engine, [definition], options)
    assert outcome.published_now
    assert {table for table, rows in outcome.rows.items() if rows} == {"attrition", "obstacles", "quality", "runs"}
    effects = {(row["table_name"], row["effect"]) for row in outcome.rows["obstacles"]}
    assert effects == {
        (ACTIVITY, "analysis_not_computed"),
        (FUNNEL, "analysis_not_computed"),
        (ADDRESS, "no_geography"),
    }
    english = (Path(outcome.report_uri) / "report.en.md").read_text("utf-8")
    assert "could not be computed, because the funnel table and the activity table are empty" in english
    chinese = (Path(outcome.report_uri) / "report.zh.md").read_text("utf-8")
    assert "由于漏斗表和活动表均为空，本分析无法计算" in chinese
