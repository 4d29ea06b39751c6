"""What the data lack and where the definition does not fit them, in words, in both languages."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.reporting import gaps
from jobs.reporting.context import Context
from jobs.reporting.quality_notes import failed, message, notes_for
from jobs.reporting.rows import Rows
from jobs.reporting.sections import closing, cohort, summary
from jobs.reporting.words import words_for

ACTIVITY = "customer360__customer_activity_metrics"
FUNNEL = "customer360__conversion_funnel_analysis"
VALUE = "customer360__customer_value_analysis"
DEFINITION: dict[str, Any] = {
    "analysis": "small",
    "cohort": [
        {"column": "sales_to_support_days", "operator": ">", "value": 30},
        {"column": "portfolio_contribution_pct", "operator": ">", "value": 5},
    ],
    "sections": {
        "cohort_profile": {"measures": [{"column": "rfm_mean"}, {"column": "monetary_score"}]},
        "value_risk": {"risk_levels": [{"name": "high", "all": []}, {"name": "low", "all": []}]},
        "tier_ltv": {},
    },
}


def context(language: str, **tables: Any) -> Context:
    words = words_for(language, DEFINITION)
    return Context(rows=Rows(tables), definition=DEFINITION, words=words, chart_words=words, minimum=5)


def obstacle(effect: str, **more: Any) -> dict[str, Any]:
    row = {"section": "all", "table_name": FUNNEL, "column_name": None, "reason": "empty_table"}
    return {**row, "effect": effect, "replaced_by": None, "remedy": "load_table", **more}


def check(name: str, observed: float = 0.0, section: str = "attrition", **params: str) -> dict[str, Any]:
    return {
        "table_name": VALUE,
        "check_name": name,
        "message_id": name,
        "severity": "warning",
        "passed": False,
        "observed": observed,
        "expected": ">0",
        "params": params,
        "touches_section": section,
        "touches_measure": params.get("column"),
    }


NOT_COMPUTED = [
    obstacle("analysis_not_computed"),
    obstacle("analysis_not_computed", table_name=ACTIVITY, column_name="in_stripe", reason="missing_column"),
    obstacle("analysis_not_computed", table_name="our_values", reason="missing_table"),
]


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        (
            "en",
            "This analysis could not be computed, because the funnel table is empty and the activity table has no"
            " column in_stripe and the table our_values is not there. The chapter on data",
        ),
        ("zh", "由于漏斗表为空，且活动表没有字段 in_stripe，且数据表 our_values 不存在，本分析无法计算。补救办法见"),
    ],
)
def test_the_summary_says_in_one_sentence_why_nothing_was_computed(language: str, sentence: str) -> None:
    (paragraph,) = summary.build(context(language, obstacles=NOT_COMPUTED)).blocks
    assert paragraph.text.startswith(sentence)  # type: ignore[union-attr]


EMPTY = [obstacle("analysis_not_computed", table_name=name) for name in (FUNNEL, ACTIVITY)]


@pytest.mark.parametrize(
    ("rows", "english", "chinese"),
    [
        (
            EMPTY[:1],
            "This analysis could not be computed, because the funnel table is empty. Load it and run again.",
            "由于漏斗表为空，本分析无法计算。请载入该表后重新运行。",
        ),
        (
            EMPTY,
            "This analysis could not be computed, because the funnel table and the activity table are empty."
            " Load both tables and run again.",
            "由于漏斗表和活动表均为空，本分析无法计算。请载入两表后重新运行。",
        ),
        (
            [*EMPTY, obstacle("analysis_not_computed", table_name="our_values", reason="missing_table")],
            "because the funnel table and the activity table are empty and the table our_values is not there."
            " Load these tables and run again.",
            "由于漏斗表和活动表均为空，且数据表 our_values 不存在，本分析无法计算。请载入这些数据表后重新运行。",
        ),
    ],
)
def test_tables_that_lack_the_same_share_a_verb_and_the_summary_names_the_remedy(
    rows: list[dict[str, Any]], english: str, chinese: str
) -> None:
    for language, said in (("en", english), ("zh", chinese)):
        (paragraph,) = summary.build(context(language, obstacles=rows)).blocks
        assert paragraph.text.endswith(said)  # type: ignore[union-attr]


def test_the_remedy_is_named_once() -> None:
    found = context("en", obstacles=EMPTY, attrition=[{"step": 0, "n_remaining": 0, "predicate": ""}])
    assert "run again" not in cohort.build(found).blocks[0].text  # type: ignore[union-attr]


def test_without_tests_and_intervals_nothing_is_said_of_their_limits() -> None:
    def leads(**tables: Any) -> list[str]:
        (bullets,) = closing.limits(context("en", **tables)).blocks
        return [item.lead for item in bullets.items]  # type: ignore[union-attr]

    for effect in ("analysis_not_computed", "cohort_not_computed"):
        assert leads(obstacles=[obstacle(effect)]) == ["One moment.", "Small groups."]
    assert {"Many tests.", "Intervals."} <= set(leads())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_obstacle_says_what_it_cost_and_what_stands_in(language: str) -> None:
    rows = [
        obstacle("measure_dropped", section="cohort_profile", column_name="monetary_score"),
        obstacle("replaced", section="consistency", column_name="revenue_velocity_monthly",
                 replaced_by="ltv_velocity_monthly"),
        obstacle("section_dropped", section="tier_ltv"),
    ]  # fmt: skip
    chapter = closing.obstacles(context(language, obstacles=rows))
    words = context(language).words
    dropped, replaced, section = chapter.blocks[1].rows  # type: ignore[union-attr]
    assert dropped[0] == words.text("titles.cohort_profile")
    # the mean of the scores goes with one of them
    assert words.measure("rfm_mean") in dropped[4]
    assert words.measure("monetary_score") in dropped[4]
    assert replaced[5] == words.measure("ltv_velocity_monthly") != "ltv_velocity_monthly"
    assert section[4] == words.text("values.obstacle_effect.section_dropped")
    assert all("_dropped" not in cell and "load_table" not in cell for row in (dropped, section) for cell in row)


def test_a_dropped_section_is_not_wanted() -> None:
    found = context("en", obstacles=[obstacle("section_dropped", section="tier_ltv")])
    assert (found.wants("tier_ltv"), found.wants("cohort_profile")) == (False, True)
    assert not context("en", obstacles=NOT_COMPUTED).wants("cohort_profile")
    assert gaps.not_computed(found) is None


FRACTION = {"threshold": "5", "minimum": "0.0004", "maximum": "0.5", "likely_unit": "fraction"}
SCALE = {"low": "0", "high": "100", "minimum": "1.3", "maximum": "3.5"}


@pytest.mark.parametrize(
    ("row", "english", "chinese"),
    [
        (
            check("threshold_outside_range", column="sales_to_support_days", place="cohort.0", **FRACTION),
            "compares sales-to-support time with 5, but the values run from 0.0004 to 0.5. They look like fractions, of"
            " which 5% is written 0.05 (in the conditions of the cohort).",
            "5% 应写作 0.05（见目标群体的条件）",
        ),
        (
            check("value_never_occurs", column="engagement_velocity", place="x", value="Up", nearest="Stable"),
            "In the definition, engagement velocity 'Up' is asked for, which no customer has; the nearest value in the"
            " data is 'Stable'.",
            "最接近的取值是“Stable”",
        ),
        (
            check("value_never_occurs", column="engagement_velocity", place="x", value="Up"),
            "In the definition, engagement velocity 'Up' is asked for, which no customer has.",
            "互动趋势为“Up”，但没有客户取该值（见分析定义）",
        ),
        (
            check("predicate_selects_nobody", column="sales_to_support_days", place="cohort.0"),
            "No customer meets this condition: sales-to-support time above 30.",
            "没有客户满足这一条件：销售到支持的周期大于 30",
        ),
        (
            check("rules_leave_out", 7, place="sections.value_risk.risk_levels", rules="high, low"),
            "Of all customers, 7 fit no rule of the risk grading (High and Low).",
            "有 7 名不符合风险分级的任何规则（高和低）",
        ),
        (
            check("rules_overlap", 3, place="sections.value_risk.risk_levels", rules="high, low"),
            "Of all customers, <5 fit more than one rule",
            "有 <5 名同时符合",
        ),
        (
            check("outside_scale", 9, column="customer_health_score", **SCALE),
            "puts health score on a scale from 0 to 100, but the values run from 1.3 to 3.5",
            "范围为 0 至 100，但实际取值在 1.3 至 3.5 之间",
        ),
    ],
)  # fmt: skip
def test_a_check_of_the_definition_is_said_in_words(row: dict[str, Any], english: str, chinese: str) -> None:
    assert english in message(context("en"), row)
    assert chinese in message(context("zh"), row)


def test_of_a_cause_and_its_consequence_the_cause_is_said() -> None:
    place = {"column": "portfolio_contribution_pct", "place": "cohort.1"}
    rows = [
        check("predicate_selects_nobody", **place),
        check("threshold_outside_range", **place, **FRACTION),
        check("predicate_selects_nobody", column="sales_to_support_days", place="cohort.0"),
    ]
    told = [(row["check_name"], row["params"]["place"]) for row in failed(context("en", quality=rows))]
    assert told == [("predicate_selects_nobody", "cohort.0"), ("threshold_outside_range", "cohort.1")]


def test_a_note_on_a_condition_stands_in_its_section_only_one_on_a_measure_wherever_it_is_shown() -> None:
    rows = [
        check("predicate_selects_nobody", column="monetary_score", place="cohort.0"),
        check("not_finite", 2, section="all", column="monetary_score"),
    ]
    found = context("en", quality=rows)
    assert len(notes_for(found, "attrition")) == 1
    assert [note.text[:9] for note in notes_for(found, "cohort_profile", measures=["monetary_score"])] == ["In 2 rows"]
