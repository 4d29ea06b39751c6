from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from jobs.definition import strict_yaml
from jobs.definition import Definition, load_definition, shipped_names
from jobs.errors import UsageError
from transforms.input_tables import TABLES
from transforms.rules import Condition, Rule

MINIMAL = """\
analysis: small
title: {en: Small, zh: 小}
question: {en: Which ones, zh: 哪些}
languages: [en]
base: activity
cohort:
  - {column: marketing_to_sales_days, operator: between, value: [10, 20]}
sections:
  cohort_profile:
    measures: [{column: recency_score, unit: score_1_5}]
"""
GRID = {
    "value_levels": [{"name": "high", "otherwise": True}],
    "risk_levels": [{"name": "low", "otherwise": True}],
    "risk_levels_as_written": [],
    "cells": [{"value": "high", "risk": "low", "strategy": "call"}],
}
CALL = {
    "title": {"en": "Call"},
    "first_step": {"en": "Call."},
    "owner": "sales",
    "due_days": 7,
    "kpi": {"measure": "churn_probability", "target_ratio": 1, "alarm_ratio": 1.5},
}


def _write(folder: Path, text: str) -> str:
    path = folder / "mine.yml"
    path.write_text(text, "utf-8")
    return str(path)


def _load(folder: Path, change: Callable[[dict[str, Any]], object] | None = None) -> Definition:
    raw = yaml.safe_load(MINIMAL)
    if change:
        change(raw)
    return load_definition(_write(folder, yaml.safe_dump(raw, allow_unicode=True)))


def _message(folder: Path, text: str) -> str:
    with pytest.raises(UsageError) as caught:
        load_definition(_write(folder, text))
    assert caught.value.exit_code == 2
    line = caught.value.line()
    assert "\n" not in line
    return line


# --- shipped definitions


def test_the_shipped_analyses_are_those_of_the_three_seeds() -> None:
    assert shipped_names() == ["conversion_behaviour", "high_value_cohort", "special_conversion"]


@pytest.mark.parametrize("name", shipped_names())
def test_each_shipped_file_parses_and_is_named_as_its_analysis(name: str) -> None:
    definition = load_definition(name)
    assert definition.analysis == name
    assert [predicate.text() for predicate in definition.predicates()] == [
        "marketing_to_sales_days between 10 and 20",
        "sales_to_support_days > 30",
        "composite_engagement_score > mean",
    ]
    assert definition.minimum_group == 5
    assert set(definition.title) == set(definition.question) == {"en", "zh"}


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
    definition = _load(tmp_path)
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

    framework = _load(tmp_path, change).sections.risk_velocity
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

    assert _load(tmp_path, change).used_columns() == {
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

    assert _load(tmp_path, change).by_definition() == {
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

    plain = _load(tmp_path)
    assert _load(tmp_path, reverse).digest() == plain.digest()
    assert load_definition(_write(tmp_path, "# why\n" + MINIMAL)).digest() == plain.digest()
    assert _load(tmp_path, lambda raw: raw.update(minimum_group=5)).digest() == plain.digest()
    assert _load(tmp_path, lambda raw: raw.update(minimum_group=6)).digest() != plain.digest()
    assert json.loads(plain.canonical())["title"]["zh"] == "小"
    assert len(plain.digest()) == 64


# --- broken definitions


def _cohort(**condition: Any) -> Callable[[dict[str, Any]], object]:
    return lambda raw: raw.update(cohort=[condition])


def _sections(**sections: Any) -> Callable[[dict[str, Any]], object]:
    return lambda raw: raw["sections"].update(sections)


def _framework(**rule: Any) -> Callable[[dict[str, Any]], object]:
    return _sections(risk_velocity={"framework": [{"name": "a", **rule}]})


def _with_grid(**changes: Any) -> Callable[[dict[str, Any]], object]:
    def change(raw: dict[str, Any]) -> None:
        raw["strategies"] = {"call": CALL}
        raw["sections"]["value_risk"] = {**copy.deepcopy(GRID), **changes}

    return change


def _strategy(**changes: Any) -> Callable[[dict[str, Any]], object]:
    return lambda raw: raw.update(strategies={"call": {**CALL, **changes}})


DAYS, RISK, LTV = "sales_to_support_days", "activity_risk_level", "estimated_customer_ltv"
IS_LOW = {"column": RISK, "operator": "=", "value": "Low"}
BROKEN: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "unknown key": (lambda raw: raw.update(cohorts=[]), "cohorts: Extra inputs are not permitted"),
    "no cohort": (lambda raw: raw.pop("cohort"), "give a cohort, segments, or both"),
    "empty cohort": (lambda raw: raw.update(cohort=[]), "cohort: List should have at least 1 item"),
    "no profile": (lambda raw: raw.update(sections={}), "a cohort needs section cohort_profile"),
    "unknown section": (_sections(geografy={}), "sections.geografy: Extra inputs"),
    "name with capitals": (lambda raw: raw.update(analysis="Small"), "analysis: String should match"),
    "name as a path": (lambda raw: raw.update(analysis="../small"), "analysis: String should match"),
    "unknown language": (lambda raw: raw.update(languages=["fr"]), "languages.0: Input should be 'en' or 'zh'"),
    "title in another language": (lambda raw: raw.update(title={"fr": "x"}), "title.fr"),
    "base without snapshots": (lambda raw: raw.update(base="address"), "base: Input should be"),
    "group of nobody": (lambda raw: raw.update(minimum_group=0), "minimum_group: Input should be greater"),
    "number as text": (lambda raw: raw.update(minimum_group="5"), "minimum_group: Input should be a valid int"),
    "number as truth value": (lambda raw: raw.update(minimum_group=True), "minimum_group: Input should be"),
    "rate above one": (_sections(geography={"minimum_match_rate": 1.5}), "minimum_match_rate: Input should be less"),
    "rate as text": (_sections(geography={"minimum_match_rate": "0.5"}), "minimum_match_rate: Input should be"),
    "rate not a number": (_sections(geography={"minimum_match_rate": float("nan")}), "minimum_match_rate"),
    "option of a section without options": (_sections(tier_ltv={"by": "x"}), "sections.tier_ltv.by"),
    "misspelled column": (
        _cohort(column="sales_to_suport_days", operator=">", value=1),
        "unknown column 'sales_to_suport_days'; nearest: 'sales_to_support_days'",
    ),
    "misspelled measure": (
        _sections(cohort_profile={"measures": [{"column": "recency", "unit": "points"}]}),
        "unknown column 'recency'; nearest:",
    ),
    "misspelled category of a statistic": (
        _cohort(column=LTV, operator=">", statistic="mean", within="customer_teir"),
        "unknown column 'customer_teir'; nearest: 'customer_tier'",
    ),
    "column of the address table": (_cohort(column="city", operator="=", value="x"), "unknown column 'city'"),
    "unknown operator": (_cohort(column=DAYS, operator="=>", value=1), "cohort.0.operator: Input should be"),
    "value and statistic": (
        _cohort(column=DAYS, operator=">", value=1, statistic="mean"),
        "give either value or statistic",
    ),
    "neither value nor statistic": (_cohort(column=DAYS, operator=">"), "give either value or statistic"),
    "unknown statistic": (
        _cohort(column=DAYS, operator=">", statistic="average"),
        "statistic 'average'; expected mean, median, pNN or top_NN",
    ),
    "statistic in a list": (
        _cohort(column=DAYS, operator="in", statistic="mean"),
        "operator 'in' cannot take a statistic",
    ),
    "statistic of text": (
        _cohort(column=RISK, operator=">", statistic="mean"),
        "column 'activity_risk_level' is text and has no mean",
    ),
    "within without statistic": (
        _cohort(column=DAYS, operator=">", value=1, within="customer_tier"),
        "within needs a statistic",
    ),
    "between one value": (_cohort(column=DAYS, operator="between", value=[1]), "between takes two values"),
    "between three values": (
        _cohort(column=DAYS, operator="between", value=[1, 2, 3]),
        "between takes two values",
    ),
    "between a single value": (_cohort(column=DAYS, operator="between", value=1), "do not fit"),
    "between upside down": (
        _cohort(column=DAYS, operator="between", value=[20, 10]),
        "between takes the lower value first",
    ),
    "list for a single value": (_cohort(column=DAYS, operator=">", value=[1, 2]), "do not fit"),
    "empty list": (_cohort(column=RISK, operator="in", value=[]), "operator 'in' needs at least one value"),
    "list of text and numbers": (
        _cohort(column=RISK, operator="in", value=["Low", 1]),
        "a list of values is all text or all numbers",
    ),
    "number against text": (
        _cohort(column=RISK, operator="=", value=1),
        "column 'activity_risk_level' is compared with text, not with '1'",
    ),
    "text against number": (
        _cohort(column=DAYS, operator=">", value="010"),
        "column 'sales_to_support_days' is compared with numbers, not with '010'",
    ),
    "truth value": (_cohort(column="zendesk_active", operator="=", value=True), "cohort.0.value"),
    "not a number": (_cohort(column=DAYS, operator=">", value=float("nan")), "cohort.0.value"),
    "infinity": (_cohort(column=DAYS, operator="<", value=float("inf")), "cohort.0.value"),
    "a rule without conditions": (_framework(all=[]), "framework.0.all: List should have at least 1 item"),
    "a rule of two kinds": (
        _framework(all=[IS_LOW], any=[IS_LOW]),
        "give exactly one of all, any, otherwise",
    ),
    "a rule of no kind": (_framework(), "give exactly one of all, any, otherwise"),
    "otherwise false": (_framework(otherwise=False), "framework.0.otherwise: Input should be True"),
    "a rule with an unknown column": (
        _framework(all=[{"column": "risk", "operator": "=", "value": "Low"}]),
        "unknown column 'risk'",
    ),
    "an alternative with an unknown column": (
        _framework(any=[{"column": "risk", "operator": "=", "value": "Low"}]),
        "unknown column 'risk'",
    ),
    "unknown strategy of a segment": (
        _framework(all=[IS_LOW], strategy="cal"),
        "unknown strategy 'cal'",
    ),
    "unknown strategy of a cell": (
        _with_grid(cells=[{"value": "high", "risk": "low", "strategy": "calls"}]),
        "unknown strategy 'calls'; nearest: 'call'",
    ),
    "unknown value level of a cell": (
        _with_grid(cells=[{"value": "hihg", "risk": "low", "strategy": "call"}]),
        "cell names the unknown level 'hihg'; nearest: 'high'",
    ),
    "unknown risk level of a cell": (
        _with_grid(cells=[{"value": "high", "risk": "high", "strategy": "call"}]),
        "cell names the unknown level 'high'",
    ),
    "recommending segments without a framework": (
        lambda raw: raw.update(recommend="framework_segment"),
        "recommend 'framework_segment' needs section risk_velocity with a framework",
    ),
    "recommending cells without a grid": (
        lambda raw: raw.update(recommend="value_risk"),
        "recommend 'value_risk' needs section value_risk",
    ),
    "unknown recommendation": (lambda raw: raw.update(recommend="all"), "recommend: Input should be"),
    "due at once": (_strategy(due_days=0), "strategies.call.due_days: Input should be greater than 0"),
    "due as text": (_strategy(due_days="7"), "strategies.call.due_days: Input should be a valid integer"),
    "unknown kpi": (
        _strategy(kpi={"measure": "churn", "target_ratio": 1, "alarm_ratio": 1}),
        "unknown column 'churn'",
    ),
    "derived from a word": (lambda raw: raw.update(derived_from={"a": "b"}), "derived_from.a: Input should be"),
    "column from an unknown table": (lambda raw: raw.update(columns={"a": "mapping"}), "columns.a: Input should"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_definition_is_refused_in_one_line_that_says_where(tmp_path: Path, name: str) -> None:
    change, part = BROKEN[name]
    raw = yaml.safe_load(MINIMAL)
    change(raw)
    line = _message(
        tmp_path, yaml.safe_dump(raw, allow_unicode=True).replace(".nan", "1.0e+999").replace(".inf", "1.0e+999")
    )
    assert line.startswith("C360-USAGE exit=2: mine.yml: ")
    assert part in line


def test_all_problems_are_named_at_once(tmp_path: Path) -> None:
    line = _message(tmp_path, MINIMAL.replace("base: activity", "base: x\nextra: 1"))
    assert "base: " in line
    assert "extra: " in line


def test_the_minimal_definition_with_a_grid_is_not_broken(tmp_path: Path) -> None:
    assert _load(tmp_path, _with_grid()).sections.value_risk is not None
    recommending = _with_grid()

    def change(raw: dict[str, Any]) -> None:
        recommending(raw)
        raw["recommend"] = "value_risk"

    assert _load(tmp_path, change).recommend == "value_risk"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "mine.yml: definition: Input should be a valid dictionary"),
        ("- a\n- b\n", "mine.yml: definition: Input should be a valid dictionary"),
        ("a: [1, 2", "mine.yml:1: "),
        ("a: 1\n\tb: 2\n", "mine.yml:2: "),
        ("a: 1\nb: 2\na: 3\n", "mine.yml:3: duplicate key 'a'"),
        ("a:\n  x: 1\n  x: 2\n", "mine.yml:3: duplicate key 'x'"),
        ("a: !!python/object:os.system x\n", "mine.yml:1: could not determine a constructor"),
        ("? [a, b]\n: 1\n", "mine.yml:1: a key must be text"),
        ("a: 1\n---\nb: 2\n", "mine.yml"),
        ("a: \x07\n", "mine.yml: not valid YAML"),
    ],
)
def test_what_is_not_one_yaml_mapping_is_refused_with_its_line(tmp_path: Path, text: str, part: str) -> None:
    assert part in _message(tmp_path, text)


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.yml"
    path.write_bytes("title: 转化".encode("gb18030"))
    with pytest.raises(UsageError, match=r"mine\.yml cannot be read as UTF-8"):
        load_definition(str(path))


def test_names_and_paths_that_do_not_exist(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"unknown analysis 'high_value'.*nearest: 'high_value_cohort'"):
        load_definition("high_value")
    with pytest.raises(UsageError, match=r"definition file .*none\.yml does not exist"):
        load_definition(str(tmp_path / "none.yml"))
    with pytest.raises(UsageError, match="does not exist"):
        load_definition(str(tmp_path))


# --- YAML traps


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),
        ("no", "no"),
        ("off", "off"),
        ("Yes", "Yes"),
        ("y", "y"),
        ("True", "True"),
        ("true", True),
        ("false", False),
        ("010", "010"),
        ("0x1F", "0x1F"),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("1_000.5", "1_000.5"),
        ("12:30", "12:30"),
        ("12:30:45.5", "12:30:45.5"),
        ("2024-01-31", "2024-01-31"),
        ("2024-01-31T10:00:00Z", "2024-01-31T10:00:00Z"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("0", 0),
        ("-7", -7),
        ("+7", 7),
        ("30", 30),
        ("0.5", 0.5),
        ("-1.50", -1.5),
        ("1e3", 1000.0),
        ("1.5e-3", 0.0015),
        ("null", None),
        ("~", None),
        ("'30'", "30"),
        (">", None),
    ],
)
def test_only_plain_numbers_and_true_and_false_are_more_than_text(text: str, value: object) -> None:
    if text == ">":
        assert strict_yaml.load('a: ">"') == {"a": ">"}
        return
    found = strict_yaml.load(f"a: {text}")["a"]
    assert found == value
    assert type(found) is type(value)


def test_a_category_called_no_stays_text_in_a_definition(tmp_path: Path) -> None:
    text = MINIMAL.replace(
        "{column: marketing_to_sales_days, operator: between, value: [10, 20]}",
        "{column: activity_risk_level, operator: in, value: [NO, off, 12:30, 010]}",
    )
    predicate = load_definition(_write(tmp_path, text)).predicates()[0]
    assert predicate.value == ("NO", "off", "12:30", "010")


@pytest.mark.parametrize("days", ["010", "12:30", "NO", "1_0", "0x10"])
def test_a_number_in_a_trap_spelling_is_refused_not_guessed(tmp_path: Path, days: str) -> None:
    text = MINIMAL.replace("[10, 20]", f"[{days}, {days}]")
    assert "is compared with numbers" in _message(tmp_path, text)


def test_aliases_share_a_value_and_merge_keys_are_refused(tmp_path: Path) -> None:
    assert strict_yaml.load("a: &x [1]\nb: *x\n") == {"a": [1], "b": [1]}
    assert "mine.yml:" in _message(tmp_path, "a: &x {k: 1}\nb:\n  <<: *x\n")
