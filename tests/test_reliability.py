"""The table of faults is complete, and every test it names exists."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from jobs import errors

ROOT = Path(__file__).parents[1]
GROUPS = {"A": 22, "B": 13, "C": 12, "D": 14, "E": 8, "F": 12, "G": 14, "H": 16}
IDS = [f"{group}{number:02}" for group, count in GROUPS.items() for number in range(1, count + 1)]
_ROW = re.compile(r"^\| ([A-H]\d\d) \| (.+) \|$")
_TEST = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
_REASON = re.compile(r"(?:does not apply|open): \S+ \S+")


def rows() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (ROOT / "docs" / "reliability.md").read_text("utf-8").splitlines():
        row = _ROW.match(line)
        if row:
            assert row[1] not in found, f"{row[1]} comes twice"
            found[row[1]] = [cell.strip() for cell in row[2].split(" | ")]
    return found


@cache
def functions_of(path: str) -> frozenset[str]:
    if not (ROOT / "tests" / path).is_file():
        return frozenset()
    tree = ast.parse((ROOT / "tests" / path).read_text("utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_there_are_111_faults_and_each_has_one_row() -> None:
    assert len(IDS) == 111
    assert list(rows()) == IDS


@pytest.mark.parametrize("fault", IDS)
def test_a_row_names_tests_that_exist_or_says_why_there_is_none(fault: str) -> None:
    text = " | ".join(rows()[fault])
    named = _TEST.findall(text)
    assert named or _REASON.search(text), f"{fault} has neither a test nor a reason"
    missing = [f"{path}::{name}" for path, name in named if name not in functions_of(path)]
    assert missing == []


def test_every_exit_code_says_whether_to_try_again() -> None:
    lines = (ROOT / "docs" / "runbook.md").read_text("utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    told = {row[0]: row for row in rows if len(row) == 5}
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and hasattr(kind, "exit_code")]
    assert {kind.exit_code for kind in kinds} == set(range(1, 9))
    for kind in kinds:
        row = told[str(kind.exit_code)]
        assert row[1] == f"`{kind.error_id}`"
        assert row[4]
