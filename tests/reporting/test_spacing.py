"""Seams between Chinese and Latin letters."""

from __future__ import annotations

import pytest

from jobs.reporting.spacing import filled


@pytest.mark.parametrize(
    ("template", "parts", "expected"),
    [
        ("渠道为{value}", {"value": "Email"}, "渠道为 Email"),
        ("{value}的客户", {"value": "Email"}, "Email 的客户"),
        ("渠道为{value}的客户", {"value": "邮件"}, "渠道为邮件的客户"),
        ("在 {low} 至 {high}{unit} 之间", {"low": "10", "high": "20", "unit": " 天"}, "在 10 至 20 天之间"),
        ("在 {low} 至 {high}{unit} 之间", {"low": "1", "high": "3", "unit": ""}, "在 1 至 3 之间"),
        ("指数为 {value}", {"value": "高"}, "指数为高"),
        ("{a} {b}", {"a": "低", "b": "高"}, "低 高"),
        ("（{value}）", {"value": "A"}, "（A）"),
        ("占{share}。", {"share": "5%"}, "占 5%。"),
        ("{{字面}}", {}, "{字面}"),
    ],
)
def test_chinese_and_latin_letters_stand_one_blank_apart(template: str, parts: dict[str, str], expected: str) -> None:
    assert filled(template, parts) == expected


def test_what_stands_inside_a_value_is_not_changed() -> None:
    assert filled("国家为{value}。", {"value": "北京A区 中心"}) == "国家为北京A区 中心。"
