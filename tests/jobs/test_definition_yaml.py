from __future__ import annotations

from pathlib import Path

import pytest

from jobs.definition import load_definition, strict_yaml
from jobs.errors import UsageError
from tests.jobs.definition_files import MINIMAL, refusal, write


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
    assert part in refusal(tmp_path, text)


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
    predicate = load_definition(write(tmp_path, text)).predicates()[0]
    assert predicate.value == ("NO", "off", "12:30", "010")


@pytest.mark.parametrize("days", ["010", "12:30", "NO", "1_0", "0x10"])
def test_a_number_in_a_trap_spelling_is_refused_not_guessed(tmp_path: Path, days: str) -> None:
    text = MINIMAL.replace("[10, 20]", f"[{days}, {days}]")
    assert "is compared with numbers" in refusal(tmp_path, text)


def test_aliases_share_a_value_and_merge_keys_are_refused(tmp_path: Path) -> None:
    assert strict_yaml.load("a: &x [1]\nb: *x\n") == {"a": [1], "b": [1]}
    assert "mine.yml:" in refusal(tmp_path, "a: &x {k: 1}\nb:\n  <<: *x\n")
