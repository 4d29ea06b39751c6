from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from jobs.definition import load_definition
from jobs.definition.problems import DefinitionError
from jobs.errors import UsageError
from tests.jobs.broken_definitions import BROKEN
from tests.jobs.definition_changes import (
    BASIC,
    GOLD,
    IS_LOW,
    IS_SLOW,
    LTV,
    alert,
    alerts,
    columns,
    indices,
    inputs,
    segments,
    with_grid,
)
from tests.jobs.definition_files import MINIMAL, Change, loaded, refusal, write


def lines_of(raw: dict[str, Any]) -> str:
    text = yaml.safe_dump(raw, allow_unicode=True, sort_keys=False)
    return text.replace(".nan", "1.0e+999").replace(".inf", "1.0e+999")


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_definition_is_refused_in_one_line_that_says_where(tmp_path: Path, name: str) -> None:
    change, key, part = BROKEN[name]
    raw = yaml.safe_load(MINIMAL)
    change(raw)
    text = lines_of(raw)
    line = refusal(tmp_path, text)
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
    assert "mine.yml:8: cohort.1: key 'operator' is missing" in refusal(tmp_path, text)


def test_all_problems_are_named_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    line = refusal(tmp_path, MINIMAL.replace("base: activity", "base: x\nextra: 1").replace("analysis: small", "a: 1"))
    shown = [part.partition("mine.yml:")[2] for part in line.split(" | ")]
    assert [part.partition(": ")[0] for part in shown] == ["1", "1", "5", "6"]
    assert "key 'analysis' is missing" in line


def test_of_many_problems_the_first_are_named_and_the_rest_counted(tmp_path: Path) -> None:
    extra = "".join(f"extra_{number}: 1\n" for number in range(8))
    line = refusal(tmp_path, MINIMAL + extra)
    assert line.count("unknown key") == 5
    assert line.endswith(" | and 3 more")


def test_a_definition_error_holds_every_problem(tmp_path: Path) -> None:
    extra = "".join(f"extra_{number}: 1\n" for number in range(8))
    with pytest.raises(DefinitionError) as caught:
        load_definition(write(tmp_path, MINIMAL + extra))
    assert len(caught.value.lines()) == 8
    assert all(line.startswith("C360-USAGE exit=2: ") for line in caught.value.lines())


def test_the_minimal_definition_with_a_grid_is_not_broken(tmp_path: Path) -> None:
    assert loaded(tmp_path, with_grid()).sections.value_risk is not None
    recommending = with_grid()

    def change(raw: dict[str, Any]) -> None:
        recommending(raw)
        raw["recommend"] = "value_risk"

    assert loaded(tmp_path, change).recommend == "value_risk"


@pytest.mark.parametrize(
    "change",
    [
        segments(GOLD, BASIC, compare=[{"a": "gold", "b": "basic"}, {"a": "gold", "b": "others"}]),
        indices({"column": LTV, "weight": 1, "scale": "min_max"}),
        alerts(alert(downgrade={"to": "amber", "all": [IS_SLOW]}), alert(name="b", all=[IS_LOW, IS_SLOW])),
        inputs(value={"table": "crm", "columns": {"primary_email": "EMAIL", LTV: {"column": "L", "cast": "double"}}}),
        columns(estimated_customer_ltv={"column": "L", "cast": "int"}),
    ],
    ids=["segments", "indices", "alerts", "inputs", "widening_cast"],
)
def test_what_the_broken_ones_are_made_of_is_not_broken(tmp_path: Path, change: Change) -> None:
    assert loaded(tmp_path, change).analysis == "small"


def test_names_and_paths_that_do_not_exist(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"unknown analysis 'high_value'.*nearest: 'high_value_cohort'"):
        load_definition("high_value")
    write(tmp_path, MINIMAL)
    with pytest.raises(UsageError, match=r"definition file .*mime\.yml does not exist; nearest: 'mine.yml'"):
        load_definition(str(tmp_path / "mime.yml"))
    with pytest.raises(UsageError, match="does not exist"):
        load_definition(str(tmp_path))
