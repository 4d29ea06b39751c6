import re
import string
from pathlib import Path

import pytest

from jobs.errors import UsageError
from jobs.reporting.numbers_format import NumberFormat
from jobs.reporting.words import in_order, load_catalogue, words_for

PACKAGE = Path(__file__).parents[2] / "jobs" / "reporting"


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_catalogues_have_the_same_keys():
    assert set(load_catalogue("en")) == set(load_catalogue("zh"))


def test_both_catalogues_have_the_same_placeholders():
    english, chinese = load_catalogue("en"), load_catalogue("zh")
    assert [key for key in english if _placeholders(english[key]) != _placeholders(chinese[key])] == []


def test_every_key_that_the_code_names_literally_is_in_the_catalogue():
    named = set()
    for path in PACKAGE.rglob("*.py"):
        named |= set(re.findall(r'\.text\(\s*"([a-z0-9_.]+)"', path.read_text("utf-8")))
    assert sorted(named - set(load_catalogue("en"))) == []


def test_chinese_texts_are_chinese():
    same = {"values.number_of_platforms.0", "values.number_of_platforms.1", "values.number_of_platforms.2"}
    same |= {"values.number_of_platforms.3", "columns.hedges_g", "charts.nobody", "provenance.moment"}
    han = re.compile(r"[\u4e00-\u9fff]")
    chinese = load_catalogue("zh")
    bare = [k for k, text in chinese.items() if not han.search(_without_placeholders(text)) and _letters(text)]
    assert sorted(set(bare) - same) == []


def _without_placeholders(text: str) -> str:
    return re.sub(r"\{\w+\}", "", text)


def _letters(text: str) -> bool:
    return bool(re.search(r"[A-Za-z]{2}", _without_placeholders(text)))


def test_a_language_without_texts_is_a_usage_error_that_names_the_known_ones():
    with pytest.raises(UsageError, match="en, zh"):
        words_for("fr", {})


@pytest.mark.parametrize(
    ("dimension", "values", "expected"),
    [
        pytest.param(
            "activity_risk_level",
            ["(missing)", "critical ", "HIGH", "Critical", "low", "Acute", "High", "Low", "Medium"],
            ["Low", "Medium", "High", "Critical", "low", "HIGH", "critical ", "Acute", "(missing)"],
            id="risk_levels_by_risk_then_other_spellings_by_risk_then_unknown_ones_missing_last",
        ),
        pytest.param(
            "engagement_velocity",
            ["Stagnant", "Increasing", "Declining", "Volatile", "Stable", "Accelerating"],
            ["Accelerating", "Stable", "Volatile", "Declining", "Stagnant", "Increasing"],
            id="velocities_from_accelerating_to_stagnant",
        ),
        pytest.param(
            "customer_tier",
            ["Platinum", "Gold", "Basic", "bronze", "Silver", "Bronze"],
            ["Basic", "Bronze", "Silver", "Gold", "Platinum", "bronze"],
            id="tiers_by_value",
        ),
    ],
)
def test_categories_stand_in_the_order_of_their_scale(dimension, values, expected):
    assert in_order(dimension, values) == expected


@pytest.mark.parametrize(
    ("call", "english", "chinese"),
    [
        pytest.param(lambda f: f.count(336616), "336,616", "336,616", id="count"),
        pytest.param(lambda f: f.money(2690.4), "$2,690", "US$2,690", id="money_without_cents_from_ten"),
        pytest.param(lambda f: f.money(-8.304), "−$8.30", "−US$8.30", id="small_negative_money_with_cents"),
        pytest.param(lambda f: f.percent(0.26531), "26.5%", "26.5%", id="percent"),
        pytest.param(lambda f: f.number(-0.0004, 2), "0.00", "0.00", id="no_negative_zero"),
        pytest.param(lambda f: f.p_value(0.00099), "p < 0.001", "p < 0.001", id="tiny_p_value"),
        pytest.param(lambda f: f.p_value(0.001), "p = 0.001", "p = 0.001", id="p_value_at_the_edge"),
    ],
)
def test_numbers_by_language(call, english, chinese):
    assert call(NumberFormat(language="en")) == english
    assert call(NumberFormat(language="zh")) == chinese


def test_one_customer_is_not_customers():
    words = words_for("en", {})
    assert (words.customers(1), words.customers(2)) == ("1 customer", "2 customers")


def test_platform_combinations_are_named():
    assert words_for("en", {}).platforms("1-0-1") == "Marketo + Zendesk"
    assert words_for("zh", {}).platforms("0-0-0") == "未使用任何平台"
