from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from jobs.definition import load_definition, shipped_names
from tests.jobs.definition_changes import CALL, GRID
from tests.jobs.definition_files import MINIMAL, loaded, write
from transforms.input_tables import TABLES
from transforms.rules import Condition, Rule

# --- shipped definitions


def test_the_shipped_analyses_are_those_of_the_five_seeds_and_one_more() -> None:
    seeds = {
        "conversion_behaviour",
        "high_value_cohort",
        "limited_data_value",
        "low_consistency_high_value",
        "special_conversion",
    }
    # and the example of the guide, which no seed has
    assert set(shipped_names()) == seeds | {"win_back"}


@pytest.mark.parametrize("name", shipped_names())
def test_each_shipped_file_parses_and_is_named_as_its_analysis(name: str) -> None:
    definition = load_definition(name)
    assert definition.analysis == name
    assert definition.minimum_group == 5
    assert set(definition.title) == set(definition.question) == {"en", "zh"}


@pytest.mark.parametrize("name", ["conversion_behaviour", "high_value_cohort", "special_conversion"])
def test_the_cohort_seeds_share_their_predicates(name: str) -> None:
    assert [predicate.text() for predicate in load_definition(name).predicates()] == [
        "marketing_to_sales_days between 10 and 20",
        "sales_to_support_days > 30",
        "composite_engagement_score > mean",
    ]


@pytest.mark.parametrize("name", shipped_names())
def test_every_column_a_shipped_file_names_is_in_a_table_of_the_contract(name: str) -> None:
    known = {column for role in ("activity", "funnel", "value") for column in TABLES[role].columns}
    definition = load_definition(name)
    assert definition.used_columns() <= known
    assert set(definition.derived_from) <= known
    assert {parent for parents in definition.derived_from.values() for parent in parents} <= known


def test_a_strategy_is_given_to_each_of_the_nine_cells_and_each_segment() -> None:
    grid = load_definition("special_conversion").sections.value_risk
    assert grid is not None
    levels = ("high", "medium", "low")
    assert {(cell.value, cell.risk) for cell in grid.cells} == {(v, r) for v in levels for r in levels}
    framework = load_definition("high_value_cohort").sections.risk_velocity
    assert framework is not None
    assert all(rule.strategy for rule in framework.framework)


# --- what a definition gives


def test_defaults(tmp_path: Path) -> None:
    definition = loaded(tmp_path)
    assert (definition.minimum_group, definition.columns, definition.recommend) == (5, {}, None)
    assert definition.sections.geography is None


def test_conditions_and_rules_become_those_of_the_transforms(tmp_path: Path) -> None:
    low = {"column": "activity_risk_level", "operator": "in", "value": ["Low", "NO"]}
    rich = {
        "column": "estimated_customer_ltv",
        "operator": ">",
        "statistic": "mean",
        "within": "customer_tier",
    }

    def change(raw: dict[str, Any]) -> None:
        rules = [
            {"name": "a", "any": [low, rich]},
            {"name": "b", "all": [low]},
            {"name": "c", "otherwise": True},
        ]
        raw["sections"]["risk_velocity"] = {"framework": rules}

    framework = loaded(tmp_path, change).sections.risk_velocity
    assert framework is not None
    is_low = Condition(column="activity_risk_level", operator="in", value=("Low", "NO"))
    is_rich = Condition(column="estimated_customer_ltv", operator=">", statistic="mean", within="customer_tier")
    assert [rule.rule() for rule in framework.framework] == [
        Rule(name="a", conditions=(is_low, is_rich), match_any=True),
        Rule(name="b", conditions=(is_low,)),
        Rule(name="c"),
    ]


def test_used_columns_are_those_of_predicates_rules_measures_dimensions_and_kpis(tmp_path: Path) -> None:
    def change(raw: dict[str, Any]) -> None:
        raw["strategies"] = {"call": CALL}
        raw["sections"]["channels"] = {"dimensions": ["lifecycle_stage"]}
        grid = copy.deepcopy(GRID)
        rich = {"column": "adjusted_ltv", "operator": ">", "statistic": "p90", "within": "revenue_tier"}
        grid["value_levels"] = [{"name": "high", "all": [rich]}]
        raw["sections"]["value_risk"] = grid

    assert loaded(tmp_path, change).used_columns() == {
        "marketing_to_sales_days",
        "recency_score",
        "lifecycle_stage",
        "churn_probability",
        "adjusted_ltv",
        "revenue_tier",
    }


def test_measures_of_a_predicate_or_derived_from_one_are_by_definition(tmp_path: Path) -> None:
    def change(raw: dict[str, Any]) -> None:
        tiered = {
            "column": "adjusted_ltv",
            "operator": ">",
            "statistic": "mean",
            "within": "customer_tier",
        }
        raw["cohort"].append(tiered)
        raw["derived_from"] = {
            "journey_velocity": ["marketing_to_sales_days", "sales_to_support_days"],
            "rfm_score": ["recency_score"],
        }

    assert loaded(tmp_path, change).by_definition() == {
        "marketing_to_sales_days",
        "adjusted_ltv",
        "customer_tier",
        "journey_velocity",
    }


def test_the_digest_depends_on_the_content_and_not_on_the_spelling(tmp_path: Path) -> None:
    def reverse(raw: dict[str, Any]) -> None:
        items = list(raw.items())[::-1]
        raw.clear()
        raw.update(items)
        raw["title"] = dict(list(raw["title"].items())[::-1])

    plain = loaded(tmp_path)
    assert loaded(tmp_path, reverse).digest() == plain.digest()
    assert load_definition(write(tmp_path, "# why\n" + MINIMAL)).digest() == plain.digest()
    assert loaded(tmp_path, lambda raw: raw.update(minimum_group=5)).digest() == plain.digest()
    assert loaded(tmp_path, lambda raw: raw.update(minimum_group=6)).digest() != plain.digest()
    assert json.loads(plain.canonical())["title"]["zh"] == "小"
    assert len(plain.digest()) == 64
