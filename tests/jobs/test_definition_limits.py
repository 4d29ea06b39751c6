"""Definitions without end, and names that are no names."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from jobs.definition import Definition, load_definition
from jobs.definition.checks import MOST_CHARACTERS, MOST_ENTRIES, check
from jobs.definition.problems import DefinitionError
from jobs.errors import UsageError
from tests.jobs.small_lake import definition_of

PROFILE = {"cohort_profile": {"measures": [{"column": "customer_health_score", "unit": "points"}]}}


def definition_with(**parts: Any) -> Definition:
    cohort = [{"column": "recency_score", "operator": ">=", "value": 3}]
    return definition_of(**{"cohort": cohort, "sections": PROFILE, **parts})


def refused(path: Path) -> str:
    started = time.monotonic()
    with pytest.raises(UsageError) as raised:
        load_definition(str(path))
    assert time.monotonic() - started < 2
    assert raised.value.exit_code == 2
    return raised.value.line()


def test_a_huge_file_is_refused_unparsed(tmp_path: Path) -> None:
    path = tmp_path / "huge.yml"
    path.write_text("a: [" + "x, " * 200_000 + "x]", "utf-8")
    assert "huge.yml has more than 250,000 bytes" in refused(path)


def test_aliases_of_aliases_are_refused_before_they_are_written_out(tmp_path: Path) -> None:
    path = tmp_path / "bomb.yml"
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    path.write_text("\n".join(lines), "utf-8")
    assert "bomb.yml: its aliases stand for too many values" in refused(path)


def test_lists_and_texts_have_limits() -> None:
    def problems(**parts: Any) -> list[str]:
        return [message for _, message in check(definition_with(**parts))]

    values = [float(n) for n in range(MOST_ENTRIES + 1)]
    for count, said in ((MOST_ENTRIES, []), (MOST_ENTRIES + 1, ["501 entries; expected at most 500"])):
        assert problems(cohort=[{"column": "recency_score", "operator": "in", "value": values[:count]}]) == said
    for count, said in ((MOST_CHARACTERS, []), (5_001, ["a text of 5,001 characters; expected at most 5,000"])):
        assert problems(question={"en": "x" * count}) == said


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(name=st.one_of(st.text(max_size=90), st.from_regex(r"[a-z0-9_./\\-]{1,90}")))
def test_only_plain_names_become_folders(name: str) -> None:
    try:
        found = definition_with(analysis=name).analysis
    except ValidationError:
        return
    assert 0 < len(found) <= 80
    assert set(found) <= set("abcdefghijklmnopqrstuvwxyz0123456789_")
    assert found[0].isalpha()


@pytest.mark.parametrize(
    "name", ["../x", "/etc/x", "a/../..", "a\0", "a" * 81, "CON", "a\u202e", "a.b", "a b", "", "a\n"]
)
def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        definition_with(analysis=name)


def test_a_name_that_is_too_long_is_told_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "long.yml"
    path.write_text(f"analysis: {'a' * 81}\n", "utf-8")
    with pytest.raises(DefinitionError, match=r"long\.yml:1: analysis: .*expected at most 80 characters"):
        load_definition(str(path))
