"""Since the last run: which figures are followed, and what of a change is due to customers, what to the definition."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from jobs.changes import change_rows, figures
from jobs.definition import Definition
from jobs.engines import Engine
from jobs.run import Outcome, RunOptions, run
from transforms.input_tables import TABLES, VALUE

pytestmark = pytest.mark.usefixtures("no_pictures")

KEY = "a-key-for-the-tests-only"
LTV = "tier_ltv.overall.estimated_customer_ltv"
SCORE = "cohort_profile.cohort.monetary_score"
_ARROW = {
    "string": pa.string(),
    "bigint": pa.int64(),
    "int": pa.int32(),
    "double": pa.float64(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}

# name, tier, LTV, monetary score, churn probability. With churn >= 0.5 in the cohort: ann, bob, dan.
# Gold: ann, bob (mean LTV 200) against cid, fay (100); Basic has one customer on each side: too few.
FIRST = [
    ("ann", "Gold", 100.0, 4, 0.6),
    ("bob", "Gold", 300.0, 2, 0.5),
    ("cid", "Gold", 100.0, 3, 0.4),
    ("dan", "Basic", 10.0, 1, 0.7),
    ("eve", "Basic", 20.0, 5, 0.3),
    ("fay", "Gold", 100.0, 5, 0.1),
]
# bob's later snapshot leaves the cohort, gus and hal enter: ann, dan, gus, hal. With churn >= 0.6: ann, dan, gus.
LATER = [("bob", "Gold", 300.0, 2, 0.2), ("gus", "Gold", 500.0, 5, 0.9), ("hal", "Gold", 100.0, 3, 0.55)]

Row = Mapping[str, Any]


def definition(threshold: float = 0.5, **more: Any) -> Definition:
    sections = {
        "cohort_profile": {"measures": [{"column": "monetary_score", "unit": "score_1_5"}]},
        "tier_ltv": {},
    }
    return Definition.model_validate(
        {
            "analysis": "leavers",
            "title": {"en": "Leavers"},
            "question": {"en": "Who is likely to leave?"},
            "languages": ["en"],
            "base": "value",
            "cohort": [{"column": "churn_probability", "operator": ">=", "value": threshold}],
            "sections": sections,
            **more,
        }
    )


def add(folder: Path, customers: Sequence[tuple[str, str, float, int, float]], day: int) -> None:
    names = ("customer_tier", "estimated_customer_ltv", "monetary_score", "churn_probability")
    at = dt.datetime(2025, 9, day, tzinfo=dt.UTC)
    rows = [
        {"primary_email": f"{name}@x.org", "analysis_timestamp": at, **dict(zip(names, rest, strict=True))}
        for name, *rest in customers
    ]
    schema = pa.schema([(name, _ARROW[kind]) for name, kind in TABLES["value"].columns.items()])
    write_deltalake(folder / "lake" / VALUE, pa.Table.from_pylist(rows, schema=schema), mode="append")


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUSTOMER360_HMAC_KEY", KEY)


Publish = Callable[..., Outcome]


@pytest.fixture
def publish(engine: Engine, tmp_path: Path) -> Publish:
    """Publish an analysis of the lake as it is now; the first six customers are in it."""
    add(tmp_path, FIRST, 1)

    def run_it(wanted: Definition, **options: Any) -> Outcome:
        places = {name: str(tmp_path / name) for name in ("lake", "results", "reports")}
        (outcome,) = run(engine, [wanted], RunOptions(**places, **options))
        return outcome

    return run_it


def found(outcome: Outcome) -> dict[tuple[str, str], tuple[float | None, float | None, float | None]]:
    rows = outcome.rows["changes"]
    assert len({(row["cause"], row["figure"]) for row in rows}) == len(rows)
    return {(row["cause"], row["figure"]): (row["previous"], row["current"], row["difference"]) for row in rows}


def about(expected: Mapping[str, Any], cause: str) -> dict[tuple[str, str], Any]:
    return {
        (cause, name): pytest.approx(values, abs=1e-9) if None not in values else values
        for name, values in expected.items()
    }


def test_the_first_publication_has_nothing_to_compare_with(publish: Publish) -> None:
    assert publish(definition()).rows["changes"] == []


def test_new_and_changed_customers_are_the_cause_where_the_definition_is_the_same(
    publish: Publish, tmp_path: Path
) -> None:
    first = publish(definition())
    add(tmp_path, LATER, 2)
    later = publish(definition())
    assert found(later) == about(
        {
            "n_customers": (6, 8, 2),
            "n_cohort": (3, 4, 1),
            LTV: (100, 200 / 3, -100 / 3),
            SCORE: (7 / 3, 13 / 4, 11 / 12),
            "members_entered": (None, 2, None),
            "members_left": (None, 1, None),
        },
        "customers",
    )
    assert {row["previous_run_id"] for row in later.rows["changes"]} == {first.run_id}


def test_forcing_the_same_run_compares_with_the_publication_it_replaces(publish: Publish) -> None:
    first = publish(definition())
    again = publish(definition(), force=True)
    assert found(again) == about(
        {
            "n_customers": (6, 6, 0),
            "n_cohort": (3, 3, 0),
            LTV: (100, 100, 0),
            SCORE: (7 / 3, 7 / 3, 0),
            "members_entered": (None, 0, None),
            "members_left": (None, 0, None),
        },
        "customers",
    )
    assert {row["previous_run_id"] for row in again.rows["changes"]} == {first.run_id}


def test_a_threshold_alone_changes_nothing_that_is_due_to_customers(publish: Publish) -> None:
    publish(definition())
    rows = found(publish(definition(0.6)))
    assert rows == {
        **about(
            {
                "n_customers": (6, 6, 0),
                "n_cohort": (3, 3, 0),
                LTV: (100, 100, 0),
                SCORE: (7 / 3, 7 / 3, 0),
                "members_entered": (None, 0, None),
                "members_left": (None, 0, None),
            },
            "customers",
        ),
        # bob is out; ann alone is too few to compare Gold
        **about(
            {
                "n_customers": (6, 6, 0),
                "n_cohort": (3, 2, -1),
                LTV: (100, None, None),
                SCORE: (7 / 3, 5 / 2, 1 / 6),
                "members_entered": (None, 0, None),
                "members_left": (None, 1, None),
            },
            "definition",
        ),
    }


def test_where_both_changed_the_old_definition_on_todays_customers_stands_between(
    publish: Publish, tmp_path: Path
) -> None:
    publish(definition())
    add(tmp_path, LATER, 2)
    rows = found(publish(definition(0.6)))
    assert rows == {
        **about(
            {
                "n_customers": (6, 8, 2),
                "n_cohort": (3, 4, 1),
                LTV: (100, 200 / 3, -100 / 3),
                SCORE: (7 / 3, 13 / 4, 11 / 12),
                "members_entered": (None, 2, None),
                "members_left": (None, 1, None),
            },
            "customers",
        ),
        **about(
            {
                "n_customers": (8, 8, 0),
                "n_cohort": (4, 3, -1),
                LTV: (200 / 3, 150, 250 / 3),
                SCORE: (13 / 4, 10 / 3, 1 / 12),
                "members_entered": (None, 0, None),
                "members_left": (None, 1, None),
            },
            "definition",
        ),
    }


def test_a_definition_that_reads_other_tables_is_compared_on_a_view_of_its_own(
    publish: Publish, tmp_path: Path
) -> None:
    publish(definition(columns={"estimated_customer_ltv": "funnel"}))
    rows = found(publish(definition()))
    assert rows["definition", LTV] == (None, 100, None)
    assert rows["definition", "n_cohort"] == (3, 3, 0)
    assert not any(cause == "customers" and name == LTV for cause, name in rows)


def test_words_alone_split_without_computing_anything_again(publish: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(definition())
    computed = []
    import jobs.analyses

    real = jobs.analyses.compute
    monkeypatch.setattr(jobs.analyses, "compute", lambda *given: computed.append(given[1].analysis) or real(*given))
    rows = found(publish(definition(title={"en": "People about to leave"})))
    assert computed == ["leavers"]
    assert rows["definition", "n_cohort"] == (3, 3, 0)
    assert rows["customers", LTV] == pytest.approx((100, 100, 0))


def test_a_cohort_of_nobody_hides_nobody_so_all_who_come_are_counted(publish: Publish, tmp_path: Path) -> None:
    publish(definition(0.85))
    add(tmp_path, LATER, 2)
    rows = found(publish(definition(0.85)))
    assert rows["customers", "n_cohort"] == (0, 1, 1)
    assert rows["customers", "members_entered"] == (None, 1, None)
    assert rows["customers", "members_left"] == (None, 0, None)


def test_members_hidden_under_another_key_are_not_compared(
    publish: Publish, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(definition())
    add(tmp_path, LATER, 2)
    monkeypatch.setenv("CUSTOMER360_HMAC_KEY", "another-key-for-the-tests")
    rows = found(publish(definition(0.6)))
    assert rows["customers", "n_cohort"] == (3, 4, 1)
    for name in ("members_entered", "members_left"):
        assert rows["customers", name] == (None, None, None)
    # both definitions ran today, under one key
    assert rows["definition", "members_left"] == (None, 1, None)


def test_a_definition_that_can_no_longer_be_read_is_not_split(publish: Publish, tmp_path: Path) -> None:
    publish(definition())
    old = definition().canonical().replace('"analysis"', '"retired_option":1,"analysis"', 1)
    DeltaTable(tmp_path / "results" / "runs").update(new_values={"definition": old, "definition_digest": "of old"})
    outcome = publish(definition(0.6))
    rows = found(outcome)
    assert {cause for cause, _ in rows} == {"unsplit"}
    assert rows["unsplit", "n_cohort"] == (3, 2, -1)
    assert rows["unsplit", "members_left"] == (None, 1, None)
    (note,) = [row for row in outcome.rows["quality"] if row["check_name"] == "definition_not_split"]
    assert (note["severity"], note["message_id"], note["touches_section"]) == (
        "info",
        "definition_not_split",
        "changes",
    )


def test_a_split_leaves_no_trace_of_the_old_definition_in_other_tables(publish: Publish, engine: Engine) -> None:
    publish(definition())
    outcome = publish(definition(0.6))
    assert {row["analysis"] for rows in outcome.rows.values() for row in rows} == {"leavers"}
    steps = sorted(outcome.rows["attrition"], key=lambda row: row["step"])
    assert [row["n_remaining"] for row in steps] == [6, 2]


TABLES_OF_A_PUBLICATION = ("attrition", "obstacles", "comparisons", "distributions", "measures")


def published_rows(**tables: Sequence[Row]) -> dict[str, Sequence[Row]]:
    return {name: tables.get(name, ()) for name in TABLES_OF_A_PUBLICATION}


def share(section: str, group: str, dimension: str, value: str, n: int) -> Row:
    return {"section": section, "group_name": group, "dimension": dimension, "value": value, "n": n}


def test_segments_and_red_alerts_are_followed_and_other_groups_are_not() -> None:
    names = ("section", "group_name", "measure", "mean")
    measures = [
        ("segments", "high_value", "churn_probability", 0.25),
        ("segments", "not_high_value", "churn_probability", 0.5),
        ("segments", "population", "churn_probability", 0.4),
        ("consistency", "high_value", "rfm_consistency", 0.9),
        ("cohort_profile", "cohort", "monetary_score", None),
        ("cohort_profile", "peers", "monetary_score", 3.0),
        ("tier_ltv", "cohort", "estimated_customer_ltv", 70.0),
    ]
    rows = published_rows(
        attrition=[{"step": 0, "n_remaining": 9}],
        distributions=[
            share("segments", "population", "segment", "high_value", 4),
            share("segments", "population", "segment", "rest", 5),
            share("segments", "population", "ltv_share", "high_value", 4),
            share("segments", "high_value", "lifecycle_stage", "Lead", 2),
            share("alerts", "cohort", "alert", "red", 7),
            share("alerts", "cohort", "alert", "amber", 1),
        ],
        measures=[dict(zip(names, row, strict=True)) for row in measures],
    )
    assert figures(rows) == {
        "n_customers": 9.0,
        "n_cohort": None,
        "segments.high_value.n": 4.0,
        "segments.rest.n": 5.0,
        "alerts.red.n": 7.0,
        "segments.high_value.churn_probability": 0.25,
        "cohort_profile.cohort.monetary_score": None,
    }


def test_only_the_overall_difference_from_peers_is_followed() -> None:
    names = ("section", "stratum", "measure", "group_b", "difference")
    comparisons = [
        ("tier_ltv", "overall", "estimated_customer_ltv", "peers", 12.5),
        ("tier_ltv", "overall", "estimated_customer_ltv", "tier_baseline", 9.0),
        ("tier_ltv", "Gold", "estimated_customer_ltv", "peers", 3.0),
        ("cohort_profile", "all", "monetary_score", "peers", 1.0),
    ]
    found_figures = figures(published_rows(comparisons=[dict(zip(names, row, strict=True)) for row in comparisons]))
    assert {name: value for name, value in found_figures.items() if value is not None} == {LTV: 12.5}


def test_a_cohort_that_could_not_be_computed_has_no_size() -> None:
    rows = published_rows(
        attrition=[{"step": 0, "n_remaining": 9}, {"step": 1, "n_remaining": 0}],
        obstacles=[{"effect": "analysis_not_computed"}],
    )
    assert figures(rows)["n_cohort"] is None


def test_a_figure_of_one_side_has_no_difference_and_one_of_neither_has_no_row() -> None:
    rows = change_rows(
        "before", "customers", {"a": 1.0, "b": None, "c": 2.0}, {"b": None, "c": 5.0, "d": 4.0}, {"e": 3.0}
    )
    assert [(row["figure"], row["previous"], row["current"], row["difference"]) for row in rows] == [
        ("a", 1.0, None, None),
        ("c", 2.0, 5.0, 3.0),
        ("d", None, 4.0, None),
        ("e", None, 3.0, None),
    ]
