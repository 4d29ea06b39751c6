from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from jobs.definition import Definition, load_definition, shipped_names, strict_yaml
from jobs.definition.problems import DefinitionError
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


Change = Callable[[dict[str, Any]], object]


def _top(**changes: Any) -> Change:
    return lambda raw: raw.update(changes)


def _cohort(**condition: Any) -> Change:
    return lambda raw: raw.update(cohort=[condition])


def _sections(**sections: Any) -> Change:
    return lambda raw: raw["sections"].update(sections)


def _measures(*measures: dict[str, Any]) -> Change:
    return _sections(cohort_profile={"measures": list(measures)})


def _framework(**rule: Any) -> Change:
    return _sections(risk_velocity={"framework": [{"name": "a", **rule}]})


def _frameworks(*rules: dict[str, Any]) -> Change:
    return _sections(risk_velocity={"framework": list(rules)})


def _with_grid(**changes: Any) -> Change:
    def change(raw: dict[str, Any]) -> None:
        raw["strategies"] = {"call": CALL}
        raw["sections"]["value_risk"] = {**copy.deepcopy(GRID), **changes}

    return change


def _strategy(**changes: Any) -> Change:
    return lambda raw: raw.update(strategies={"call": {**CALL, **changes}})


def _segments(*rules: dict[str, Any], remainder: str = "rest", **options: Any) -> Change:
    """Segments instead of a cohort."""

    def change(raw: dict[str, Any]) -> None:
        raw.pop("cohort")
        raw["segments"] = {"rules": list(rules), "remainder": {"name": remainder}}
        raw["sections"] = {
            "segments": {
                "measures": [{"column": "estimated_customer_ltv", "unit": "currency"}],
                "compare": [],
                **options,
            }
        }

    return change


def _indices(*parts: dict[str, Any], **options: Any) -> Change:
    plain = [{"column": LTV, "weight": 1, "scale": "min_max"}]
    return _sections(indices={"value": {"parts": list(parts)}, "risk": {"parts": plain}, **options})


def _alerts(*rules: dict[str, Any]) -> Change:
    return _sections(alerts={"rules": list(rules)})


def _alert(**changes: Any) -> dict[str, Any]:
    return {"name": "a", "level": "red", "all": [IS_LOW], **changes}


def _inputs(**roles: Any) -> Change:
    return lambda raw: raw.update(inputs=roles)


def _columns(**columns: Any) -> Change:
    return _inputs(value={"columns": columns})


DAYS, RISK, LTV = "sales_to_support_days", "activity_risk_level", "estimated_customer_ltv"
IS_LOW = {"column": RISK, "operator": "=", "value": "Low"}
IS_SLOW = {"column": DAYS, "operator": ">", "value": 30}
GOLD = {"name": "gold", "all": [{"column": "customer_tier", "operator": "=", "value": "Gold"}]}
BASIC = {"name": "basic", "all": [{"column": "customer_tier", "operator": "=", "value": "Basic"}]}
FRAMEWORK = "sections.risk_velocity.framework"
# what is changed, the key that is named, what is said
BROKEN: dict[str, tuple[Change, str, str]] = {
    # keys
    "unknown key": (_top(cohorts=[]), "cohorts", "unknown key 'cohorts'; nearest: 'cohort'"),
    "key without a like": (_top(xyz=1), "xyz", "unknown key 'xyz'; expected one of analysis, title,"),
    "no title": (lambda raw: raw.pop("title"), "definition", "key 'title' is missing"),
    "condition without column": (_cohort(operator=">", value=1), "cohort.0", "key 'column' is missing"),
    "unknown section": (_sections(geografy={}), "sections.geografy", "unknown key 'geografy'; nearest: 'geography'"),
    "option of a section without options": (
        _sections(tier_ltv={"by": "x"}),
        "sections.tier_ltv.by",
        "unknown key 'by'; nothing stands below this key",
    ),
    "section without its value": (_sections(geography=7), "sections.geography", "found 7; expected a mapping"),
    # values
    "name with capitals": (_top(analysis="Small"), "analysis", "found the text 'Small'; expected lower-case letters"),
    "name as a path": (_top(analysis="../small"), "analysis", "expected lower-case letters, digits and _"),
    "unknown language": (_top(languages=["fr"]), "languages.0", "'fr' is not allowed; expected one of 'en', 'zh'"),
    "language twice": (_top(languages=["en", "en"]), "languages.1", "the language 'en' comes twice"),
    "no language": (_top(languages=[]), "languages", "an empty list; expected 'en', 'zh' or both"),
    "title in another language": (_top(title={"fr": "x"}), "title.fr", "unknown key 'fr'; expected one of en, zh"),
    "title without a language": (_top(title="x"), "title", "found the text 'x'; expected a text per language (en, zh)"),
    "base without snapshots": (
        _top(base="address"),
        "base",
        "the text 'address' is not allowed; expected one of 'activity', 'value'",
    ),
    "misspelled base": (_top(base="activty"), "base", "nearest: 'activity'"),
    "group of nobody": (_top(minimum_group=0), "minimum_group", "found 0; expected at least 1"),
    "number as text": (
        _top(minimum_group="5"),
        "minimum_group",
        "found the text '5'; expected a whole number (a number has no quotes)",
    ),
    "number with a leading zero": (
        _top(minimum_group="010"),
        "minimum_group",
        "expected a whole number (a number has no leading zero)",
    ),
    "number as truth value": (_top(minimum_group=True), "minimum_group", "found true; expected a whole number"),
    "currency in words": (_top(currency="Dollar"), "currency", "expected an ISO 4217 code such as USD"),
    "no currency": (_top(currency="USB"), "currency", "'USB' is no ISO 4217 code; nearest: 'USD'"),
    "rate above one": (
        _sections(geography={"minimum_match_rate": 1.5}),
        "sections.geography.minimum_match_rate",
        "found 1.5; expected at most 1",
    ),
    "rate as text": (
        _sections(geography={"minimum_match_rate": "0.5"}),
        "sections.geography.minimum_match_rate",
        "found the text '0.5'; expected a number",
    ),
    "rate not a number": (
        _sections(geography={"minimum_match_rate": float("nan")}),
        "sections.geography.minimum_match_rate",
        "neither infinite nor NaN",
    ),
    # columns
    "misspelled column": (
        _cohort(column="sales_to_suport_days", operator=">", value=1),
        "cohort.0.column",
        "unknown column 'sales_to_suport_days'; nearest: 'sales_to_support_days'",
    ),
    "short column": (
        _strategy(kpi={"measure": "churn", "target_ratio": 1, "alarm_ratio": 1}),
        "strategies.call.kpi.measure",
        "unknown column 'churn'; nearest: 'churn_probability'",
    ),
    "misspelled measure": (
        _measures({"column": "recency", "unit": "points"}),
        "sections.cohort_profile.measures.0.column",
        "unknown column 'recency'; nearest: 'recency_score'",
    ),
    "misspelled category of a statistic": (
        _cohort(column=LTV, operator=">", statistic="mean", within="customer_teir"),
        "cohort.0.within",
        "unknown column 'customer_teir'; nearest: 'customer_tier'",
    ),
    "column of the address table": (
        _cohort(column="city", operator="=", value="x"),
        "cohort.0.column",
        "unknown column 'city'",
    ),
    "measure of text": (
        _measures({"column": RISK, "unit": "points"}),
        "sections.cohort_profile.measures.0.column",
        f"column '{RISK}' is text; a measure takes numbers",
    ),
    "measure twice": (
        _measures({"column": LTV, "unit": "currency"}, {"column": LTV, "unit": "points"}),
        "sections.cohort_profile.measures.1.column",
        f"the column '{LTV}' comes twice",
    ),
    "unknown unit": (
        _measures({"column": DAYS, "unit": "day"}),
        "sections.cohort_profile.measures.0.unit",
        "unknown unit 'day'; expected one of score_1_5, points, days, share, count, currency; nearest: 'days'",
    ),
    "kpi of text": (
        _strategy(kpi={"measure": RISK, "target_ratio": 1, "alarm_ratio": 1}),
        "strategies.call.kpi.measure",
        f"column '{RISK}' is text",
    ),
    "dimension twice": (
        _sections(channels={"dimensions": ["lifecycle_stage", "lifecycle_stage"]}),
        "sections.channels.dimensions.1",
        "the column 'lifecycle_stage' comes twice",
    ),
    "derived from a word": (
        _top(derived_from={LTV: "b"}),
        f"derived_from.{LTV}",
        "found the text 'b'; expected a list",
    ),
    "derived from an unknown column": (
        _top(derived_from={LTV: ["customer_teir"]}),
        f"derived_from.{LTV}.0",
        "unknown column 'customer_teir'; nearest: 'customer_tier'",
    ),
    "column from an unknown table": (
        _top(columns={LTV: "mapping"}),
        f"columns.{LTV}",
        "'mapping' is not allowed; expected one of 'activity', 'funnel', 'value'",
    ),
    "column from a table without it": (
        _top(columns={LTV: "activity"}),
        f"columns.{LTV}",
        f"customer360__customer_activity_metrics has no column '{LTV}'",
    ),
    "unknown required table": (
        _top(required=["funel"]),
        "required.0",
        "no table or column 'funel'; nearest: 'funnel'",
    ),
    "scale upside down": (_top(scales={LTV: [1, 0]}), f"scales.{LTV}", "takes the lower value first"),
    "scale of one value": (_top(scales={LTV: [1]}), f"scales.{LTV}", "expected a list of at least 2"),
    "scale of text": (_top(scales={LTV: [0, "1"]}), f"scales.{LTV}.1", "found the text '1'; expected a number"),
    "scale of an unknown column": (
        _top(scales={"churn_probabilty": [0, 1]}),
        "scales.churn_probabilty",
        "unknown column 'churn_probabilty'; nearest: 'churn_probability'",
    ),
    # conditions
    "no cohort": (lambda raw: raw.pop("cohort"), "definition", "give a cohort, segments, or both"),
    "empty cohort": (_top(cohort=[]), "cohort", "found an empty list; expected a list of at least 1"),
    "cohort as a mapping": (_top(cohort=IS_LOW), "cohort", "found a mapping; expected a list"),
    "the same condition twice": (_top(cohort=[IS_LOW, IS_SLOW, IS_LOW]), "cohort.2", "repeats condition 0 of cohort"),
    "no profile": (_top(sections={}), "cohort", "a cohort needs section cohort_profile"),
    "unknown operator": (
        _cohort(column=DAYS, operator="=>", value=1),
        "cohort.0.operator",
        "the text '=>' is not allowed; expected one of '=', '!=', '>', '>=', '<', '<=', 'between', 'in', 'not in'; "
        "nearest: '>='",
    ),
    "value and statistic": (
        _cohort(column=DAYS, operator=">", value=1, statistic="mean"),
        "cohort.0.value",
        "give either value or statistic",
    ),
    "neither value nor statistic": (
        _cohort(column=DAYS, operator=">"),
        "cohort.0",
        "give either value or statistic",
    ),
    "unknown statistic": (
        _cohort(column=DAYS, operator=">", statistic="average"),
        "cohort.0.statistic",
        "statistic 'average'; expected mean, median, pNN or top_NN",
    ),
    "statistic in a list": (
        _cohort(column=DAYS, operator="in", statistic="mean"),
        "cohort.0.operator",
        "operator 'in' cannot take a statistic",
    ),
    "statistic of text": (
        _cohort(column=RISK, operator=">", statistic="mean"),
        "cohort.0.column",
        f"column '{RISK}' is text and has no mean",
    ),
    "within without statistic": (
        _cohort(column=DAYS, operator=">", value=1, within="customer_tier"),
        "cohort.0.within",
        "within needs a statistic",
    ),
    "between one value": (
        _cohort(column=DAYS, operator="between", value=[1]),
        "cohort.0",
        "between takes two values",
    ),
    "between three values": (
        _cohort(column=DAYS, operator="between", value=[1, 2, 3]),
        "cohort.0",
        "between takes two values",
    ),
    "between a single value": (
        _cohort(column=DAYS, operator="between", value=1),
        "cohort.0.operator",
        "operator 'between' and a single value do not fit",
    ),
    "between upside down": (
        _cohort(column=DAYS, operator="between", value=[20, 10]),
        "cohort.0.value",
        "between takes the lower value first",
    ),
    "list for a single value": (_cohort(column=DAYS, operator=">", value=[1, 2]), "cohort.0.operator", "do not fit"),
    "empty list": (_cohort(column=RISK, operator="in", value=[]), "cohort.0.operator", "needs at least one value"),
    "list of text and numbers": (
        _cohort(column=RISK, operator="in", value=["Low", 1]),
        "cohort.0",
        "a list of values is all text or all numbers",
    ),
    "null in a list": (
        _cohort(column=RISK, operator="in", value=["Low", None]),
        "cohort.0.value.1",
        "found nothing; expected text or a number",
    ),
    "number against text": (
        _cohort(column=RISK, operator="=", value=1),
        "cohort.0.column",
        f"column '{RISK}' is compared with text, not with '1'",
    ),
    "text against number": (
        _cohort(column=DAYS, operator=">", value="010"),
        "cohort.0.column",
        f"column '{DAYS}' is compared with numbers, not with '010'",
    ),
    "truth value": (
        _cohort(column="zendesk_active", operator="=", value=True),
        "cohort.0.value",
        "found true; expected text or a number or a list",
    ),
    "truth value in a list": (
        _cohort(column="zendesk_active", operator="in", value=[1, True]),
        "cohort.0.value.1",
        "found true; expected text or a number",
    ),
    "not a number": (_cohort(column=DAYS, operator=">", value=float("nan")), "cohort.0.value", "infinite"),
    "infinity": (_cohort(column=DAYS, operator="<", value=float("inf")), "cohort.0.value", "infinite"),
    # rules
    "a rule without conditions": (_framework(all=[]), f"{FRAMEWORK}.0.all", "expected a list of at least 1"),
    "a rule of two kinds": (
        _framework(all=[IS_LOW], any=[IS_LOW]),
        f"{FRAMEWORK}.0.all",
        "give exactly one of all, any, otherwise",
    ),
    "a rule of no kind": (_framework(), f"{FRAMEWORK}.0", "give exactly one of all, any, otherwise"),
    "otherwise false": (_framework(otherwise=False), f"{FRAMEWORK}.0.otherwise", "false is not allowed; expected true"),
    "otherwise first": (
        _frameworks({"name": "a", "otherwise": True}, {"name": "b", "all": [IS_LOW]}),
        f"{FRAMEWORK}.0.otherwise",
        "'a' takes everybody; expected as the last rule",
    ),
    "a rule's name twice": (
        _frameworks({"name": "a", "all": [IS_LOW]}, {"name": "a", "all": [IS_SLOW]}),
        f"{FRAMEWORK}.1.name",
        "the rule 'a' comes twice; it is number 0 of the list already",
    ),
    "a rule twice": (
        _frameworks({"name": "a", "all": [IS_LOW, IS_SLOW]}, {"name": "b", "all": [IS_SLOW, IS_LOW]}),
        f"{FRAMEWORK}.1",
        "rule 'b' has the conditions of rule 'a', which comes first; it never matches",
    ),
    "a rule twice in two spellings": (
        _frameworks({"name": "a", "all": [IS_LOW]}, {"name": "b", "any": [IS_LOW]}),
        f"{FRAMEWORK}.1",
        "rule 'b' has the conditions of rule 'a'",
    ),
    "a condition of a rule twice": (
        _framework(any=[IS_LOW, IS_LOW]),
        f"{FRAMEWORK}.0.any.1",
        "repeats condition 0 of",
    ),
    "a rule with an unknown column": (
        _framework(all=[{"column": "risk", "operator": "=", "value": "Low"}]),
        f"{FRAMEWORK}.0.all.0.column",
        "unknown column 'risk'",
    ),
    "an alternative with an unknown column": (
        _framework(any=[{"column": "risk", "operator": "=", "value": "Low"}]),
        f"{FRAMEWORK}.0.any.0.column",
        "unknown column 'risk'",
    ),
    # strategies, grids, recommendations
    "unknown strategy of a segment": (
        _framework(all=[IS_LOW], strategy="cal"),
        f"{FRAMEWORK}.0.strategy",
        "unknown strategy 'cal'",
    ),
    "unknown strategy of a cell": (
        _with_grid(cells=[{"value": "high", "risk": "low", "strategy": "calls"}]),
        "sections.value_risk.cells.0.strategy",
        "unknown strategy 'calls'; nearest: 'call'",
    ),
    "unknown value level of a cell": (
        _with_grid(cells=[{"value": "hihg", "risk": "low", "strategy": "call"}]),
        "sections.value_risk.cells.0.value",
        "cell names the unknown value level 'hihg'; expected one of high; nearest: 'high'",
    ),
    "unknown risk level of a cell": (
        _with_grid(cells=[{"value": "high", "risk": "high", "strategy": "call"}]),
        "sections.value_risk.cells.0.risk",
        "cell names the unknown risk level 'high'; expected one of low",
    ),
    "a cell twice": (
        _with_grid(cells=[{"value": "high", "risk": "low", "strategy": "call"}] * 2),
        "sections.value_risk.cells.1",
        "the cell comes twice",
    ),
    "recommending segments without a framework": (
        _top(recommend="framework_segment"),
        "recommend",
        "recommend 'framework_segment' needs section risk_velocity with a framework",
    ),
    "recommending cells without a grid": (
        _top(recommend="value_risk"),
        "recommend",
        "recommend 'value_risk' needs section value_risk",
    ),
    "unknown recommendation": (_top(recommend="alert"), "recommend", "is not allowed; expected one of"),
    "due at once": (_strategy(due_days=0), "strategies.call.due_days", "found 0; expected more than 0"),
    "due as text": (_strategy(due_days="7"), "strategies.call.due_days", "expected a whole number"),
    # segments
    "a segment named as a group": (
        _segments({**GOLD, "name": "population"}),
        "segments.rules.0.name",
        "'population' cannot name a segment",
    ),
    "a remainder named as a group": (
        _segments(GOLD, remainder="others"),
        "segments.remainder.name",
        "'others' cannot name a segment",
    ),
    "a segment named as what is outside another": (
        _segments(GOLD, BASIC, remainder="not_gold"),
        "segments.remainder.name",
        "'not_gold' is what the customers outside 'gold' are called",
    ),
    "two segments of one name": (
        _segments(GOLD, {**BASIC, "name": "gold"}),
        "segments.rules.0.name",
        "two segments are named 'gold'",
    ),
    "two segments of one rule": (
        _segments(GOLD, {**GOLD, "name": "golden"}),
        "segments.rules.1",
        "rule 'golden' has the conditions of rule 'gold'",
    ),
    "a segment of everybody": (
        _segments({"name": "all", "otherwise": True}),
        "segments.rules.0.otherwise",
        "a segment with otherwise leaves no remainder",
    ),
    "comparing an unknown segment": (
        _segments(GOLD, compare=[{"a": "glod", "b": "others"}]),
        "sections.segments.compare.0.a",
        "compare names the unknown segment 'glod'; nearest: 'gold'",
    ),
    "comparing a segment with itself": (
        _segments(GOLD, compare=[{"a": "gold", "b": "gold"}]),
        "sections.segments.compare.0.a",
        "compare takes two different segments, not 'gold' twice",
    ),
    "comparing twice": (
        _segments(GOLD, BASIC, compare=[{"a": "gold", "b": "basic"}, {"a": "basic", "b": "gold"}]),
        "sections.segments.compare.1",
        "the pair comes twice",
    ),
    "weights of the scores that do not sum to 1": (
        _segments(GOLD, rfm_weights={"recency": 0.5, "frequency": 0.5, "monetary": 0.5}),
        "sections.segments.rfm_weights",
        "weights sum to 1.5; expected 1",
    ),
    "age bands in disorder": (
        _segments(GOLD, age_bands=[365, 180]),
        "sections.segments.age_bands",
        "age_bands are upper bounds in days, ascending",
    ),
    "correlation of text": (
        _segments(GOLD, correlations=[{"x": "customer_tier", "y": LTV}]),
        "sections.segments.correlations.0.x",
        "column 'customer_tier' is text",
    ),
    "correlation with itself": (
        _segments(GOLD, correlations=[{"x": LTV, "y": LTV}]),
        "sections.segments.correlations.0",
        f"'{LTV}' is correlated with itself",
    ),
    "section of segments without segments": (
        _sections(consistency={}),
        "sections.consistency",
        "section consistency needs segments",
    ),
    "section of a cohort without a cohort": (
        lambda raw: (_segments(GOLD)(raw), raw["sections"].update(tier_ltv={})),
        "sections.tier_ltv",
        "section tier_ltv needs cohort",
    ),
    "health index that does not sum to 1": (
        lambda raw: (
            _segments(GOLD)(raw),
            raw["sections"].update(consistency={"health_index": {"health": 1, "retention": 1, "ltv": 1}}),
        ),
        "sections.consistency.health_index",
        "weights sum to 3; expected 1",
    ),
    # indices
    "weights of an index that do not sum to 1": (
        _indices(
            {"column": LTV, "weight": 0.5, "scale": "min_max"},
            {"column": "monetary_score", "weight": 0.4, "scale": "min_max"},
        ),
        "sections.indices.value",
        "weights sum to 0.9; expected 1",
    ),
    "ordinal part without levels": (
        _indices({"column": RISK, "weight": 1, "scale": "ordinal"}),
        "sections.indices.value.parts.0.scale",
        "scale 'ordinal' needs levels, and only it takes them",
    ),
    "unknown scale of a part": (
        _indices({"column": LTV, "weight": 1, "scale": "minmax"}),
        "sections.indices.value.parts.0.scale",
        "nearest: 'min_max'",
    ),
    "level above 1": (
        _indices({"column": RISK, "weight": 1, "scale": "ordinal", "levels": {"Low": 2}}),
        "sections.indices.value.parts.0.levels.Low",
        "found 2; expected at most 1",
    ),
    "normalised text": (
        _indices({"column": RISK, "weight": 1, "scale": "min_max"}),
        "sections.indices.value.parts.0.column",
        f"column '{RISK}' is text; scale 'min_max' takes numbers",
    ),
    "levels of numbers": (
        _indices({"column": LTV, "weight": 1, "scale": "ordinal", "levels": {"Low": 1}}),
        "sections.indices.value.parts.0.column",
        f"column '{LTV}' holds numbers; scale 'ordinal' takes a category",
    ),
    "level of an index that is none": (
        _indices(
            {"column": LTV, "weight": 1, "scale": "min_max"},
            cells=[{"value": "top", "risk": "low", "strategy": "call"}],
        ),
        "sections.indices.cells.0.value",
        "cell names the unknown value level 'top'; expected one of high, medium, low",
    ),
    # alerts
    "no alert": (_alerts(), "sections.alerts.rules", "found an empty list; expected a list of at least 1"),
    "alert without conditions": (_alerts({"name": "a", "level": "red"}), "sections.alerts.rules.0", "'all' is missing"),
    "unknown level of an alert": (
        _alerts(_alert(level="yellow")),
        "sections.alerts.rules.0.level",
        "the text 'yellow' is not allowed; expected one of 'red', 'amber'",
    ),
    "alert twice": (
        _alerts(_alert(), _alert(name="b", level="amber")),
        "sections.alerts.rules.1",
        "rule 'b' has the conditions of rule 'a'",
    ),
    "downgrade to where it is": (
        _alerts(_alert(level="amber", downgrade={"to": "amber", "all": [IS_SLOW]})),
        "sections.alerts.rules.0.downgrade.to",
        "'amber' is the level of the alert already",
    ),
    # the user's tables
    "table of no role": (_inputs(valeu={}), "inputs.valeu", "unknown key 'valeu'; nearest: 'value'"),
    "column that is none of ours": (
        _columns(primary_mail="EMAIL"),
        "inputs.value.columns.primary_mail",
        "unknown column 'primary_mail' of customer360__customer_value_analysis; nearest: 'primary_email'",
    ),
    "column without a name": (_columns(primary_email=""), "inputs.value.columns.primary_email", "expected a name"),
    "column as a number": (
        _columns(primary_email=7),
        "inputs.value.columns.primary_email",
        "found 7; expected text or a mapping",
    ),
    "misspelled key of a column": (
        _columns(primary_email={"column": "EMAIL", "cats": "string"}),
        "inputs.value.columns.primary_email.cats",
        "unknown key 'cats'; nearest: 'cast'",
    ),
    "cast to another type": (
        _columns(estimated_customer_ltv={"column": "LTV", "cast": "string"}),
        "inputs.value.columns.estimated_customer_ltv.cast",
        "'estimated_customer_ltv' is double, not 'string'; expected cast: double",
    ),
}


def _lines_of(raw: dict[str, Any]) -> str:
    text = yaml.safe_dump(raw, allow_unicode=True, sort_keys=False)
    return text.replace(".nan", "1.0e+999").replace(".inf", "1.0e+999")


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_definition_is_refused_in_one_line_that_says_where(tmp_path: Path, name: str) -> None:
    change, key, part = BROKEN[name]
    raw = yaml.safe_load(MINIMAL)
    change(raw)
    text = _lines_of(raw)
    line = _message(tmp_path, text)
    found = re.fullmatch(r"C360-USAGE exit=2: .*mine\.yml:(\d+): ([^:]+): (.*)", line)
    assert found, line
    assert found.group(2) == key
    assert part in found.group(3)
    written = text.splitlines()[int(found.group(1)) - 1].lstrip(" -")
    last = key.rpartition(".")[2]
    # an entry of a list has no key of its own: its first line is named
    assert last == "definition" or last.isdigit() or written.startswith(f"{last}:")


def test_there_are_more_than_forty_ways_to_break_a_definition() -> None:
    assert len(BROKEN) > 100


def test_an_entry_of_a_list_is_named_by_its_first_line(tmp_path: Path) -> None:
    text = MINIMAL.replace(
        "  - {column: marketing_to_sales_days, operator: between, value: [10, 20]}\n",
        "  - {column: marketing_to_sales_days, operator: between, value: [10, 20]}\n  - column: recency_score\n",
    )
    assert "mine.yml:8: cohort.1: key 'operator' is missing" in _message(tmp_path, text)


def test_all_problems_are_named_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    line = _message(tmp_path, MINIMAL.replace("base: activity", "base: x\nextra: 1").replace("analysis: small", "a: 1"))
    shown = [part.partition("mine.yml:")[2] for part in line.split(" | ")]
    assert [part.partition(": ")[0] for part in shown] == ["1", "1", "5", "6"]
    assert "key 'analysis' is missing" in line


def test_of_many_problems_the_first_are_named_and_the_rest_counted(tmp_path: Path) -> None:
    extra = "".join(f"extra_{number}: 1\n" for number in range(8))
    line = _message(tmp_path, MINIMAL + extra)
    assert line.count("unknown key") == 5
    assert line.endswith(" | and 3 more")


def test_a_definition_error_holds_every_problem(tmp_path: Path) -> None:
    extra = "".join(f"extra_{number}: 1\n" for number in range(8))
    with pytest.raises(DefinitionError) as caught:
        load_definition(_write(tmp_path, MINIMAL + extra))
    assert len(caught.value.lines()) == 8
    assert all(line.startswith("C360-USAGE exit=2: ") for line in caught.value.lines())


def test_the_minimal_definition_with_a_grid_is_not_broken(tmp_path: Path) -> None:
    assert _load(tmp_path, _with_grid()).sections.value_risk is not None
    recommending = _with_grid()

    def change(raw: dict[str, Any]) -> None:
        recommending(raw)
        raw["recommend"] = "value_risk"

    assert _load(tmp_path, change).recommend == "value_risk"


@pytest.mark.parametrize(
    "change",
    [
        _segments(GOLD, BASIC, compare=[{"a": "gold", "b": "basic"}, {"a": "gold", "b": "others"}]),
        _indices({"column": LTV, "weight": 1, "scale": "min_max"}),
        _alerts(_alert(downgrade={"to": "amber", "all": [IS_SLOW]}), _alert(name="b", all=[IS_LOW, IS_SLOW])),
        _inputs(value={"table": "crm", "columns": {"primary_email": "EMAIL", LTV: {"column": "L", "cast": "double"}}}),
        _columns(estimated_customer_ltv={"column": "L", "cast": "int"}),
    ],
    ids=["segments", "indices", "alerts", "inputs", "widening_cast"],
)
def test_what_the_broken_ones_are_made_of_is_not_broken(tmp_path: Path, change: Change) -> None:
    assert _load(tmp_path, change).analysis == "small"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "mine.yml:1: definition: found nothing; expected a mapping"),
        ("- a\n- b\n", "mine.yml:1: definition: found a list; expected a mapping"),
        ("small", "mine.yml:1: definition: found the text 'small'; expected a mapping"),
        ("a: [1, 2", "mine.yml:1: "),
        ("a: 1\n\tb: 2\n", "mine.yml:2: a tab stands where blanks are expected"),
        ("a: 1\nb: 2\na: 3\n", "mine.yml:3: duplicate key 'a'"),
        ("a:\n  x: 1\n  x: 2\n", "mine.yml:3: duplicate key 'x'"),
        ("a: !!python/object:os.system x\n", "mine.yml:1: could not determine a constructor"),
        ("? [a, b]\n: 1\n", "mine.yml:1: a key must be text"),
        ("a: 1\n---\nb: 2\n", "mine.yml:2: holds more than one document"),
        ("a: 1\nb: \x07\n", "mine.yml:2: not valid YAML: a control character"),
        ("a: &x [*x]\n", "mine.yml:1: found unconstructable recursive node"),
        ("a: " + "[" * 5000, "mine.yml: lists or mappings are nested too deeply"),
        ("a: " + "9" * 5000, "mine.yml: holds a number with too many digits"),
        ("1: 2\n", "mine.yml:1: "),
        ("null: 2\n", "mine.yml:1: "),
    ],
)
def test_what_is_not_one_yaml_mapping_is_refused_with_its_line(tmp_path: Path, text: str, part: str) -> None:
    assert part in _message(tmp_path, text)


def test_a_file_in_another_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.yml"
    path.write_bytes(b"analysis: small\n" + "title: 转化".encode("gb18030"))
    with pytest.raises(UsageError, match=r"mine\.yml:2: cannot be read as UTF-8") as caught:
        load_definition(str(path))
    assert "save the file as UTF-8" in caught.value.line()


def test_a_byte_order_mark_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "mine.yml"
    path.write_bytes(b"\xef\xbb\xbf" + MINIMAL.encode())
    assert load_definition(str(path)).analysis == "small"


def test_names_and_paths_that_do_not_exist(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"unknown analysis 'high_value'.*nearest: 'high_value_cohort'"):
        load_definition("high_value")
    _write(tmp_path, MINIMAL)
    with pytest.raises(UsageError, match=r"definition file .*mime\.yml does not exist; nearest: 'mine.yml'"):
        load_definition(str(tmp_path / "mime.yml"))
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
