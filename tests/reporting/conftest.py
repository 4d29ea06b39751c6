"""Rows of the shipped analyses, taken from runs over generated lakes, and their definitions."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from jobs.conf_files import conf_folder
from jobs.definition import Definition
from jobs.reporting.markdown import render
from jobs.reporting.report import build_report
from jobs.reporting.rows import Rows
from jobs.reporting.words import words_for

FIXTURE = Path(__file__).parent / "fixture"
ANALYSES = ("high_value_cohort", "conversion_behaviour", "special_conversion")
SEGMENT_ANALYSES = ("limited_data_value", "low_consistency_high_value")
Results = dict[str, list[dict[str, Any]]]

_LOADED: dict[str, Results] = {}


def load_results(analysis: str) -> Results:
    if analysis not in _LOADED:
        _LOADED[analysis] = json.loads((FIXTURE / f"{analysis}.json").read_text("utf-8"))
    return copy.deepcopy(_LOADED[analysis])


def load_parsed(analysis: str) -> dict[str, Any]:
    return yaml.safe_load((conf_folder() / "analyses" / f"{analysis}.yml").read_text("utf-8"))


def load_definition(analysis: str) -> dict[str, Any]:
    """Return the definition as a run hands it to the report: defaults filled in."""
    return Definition.model_validate(load_parsed(analysis)).model_dump(mode="json", exclude_none=True)


def chapter_of(results: Results, analysis: str, section: str, language: str = "en") -> str:
    """Return the Markdown of one chapter of a report."""
    words = words_for(language, load_parsed(analysis))
    text = render(build_report(Rows(results), load_parsed(analysis), language), words)
    return text.split(f"## {words.text(f'titles.{section}')}\n", 1)[1].split("\n## ", 1)[0]


@pytest.fixture(params=ANALYSES)
def analysis(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["en", "zh"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def results(analysis: str) -> Results:
    return load_results(analysis)


@pytest.fixture
def definition(analysis: str) -> dict[str, Any]:
    return load_parsed(analysis)
