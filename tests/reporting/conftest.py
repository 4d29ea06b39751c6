"""Rows of the three shipped analyses, taken from a run over a generated lake, and their definitions."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from jobs.conf_files import conf_folder

FIXTURE = Path(__file__).parent / "fixture"
ANALYSES = ("high_value_cohort", "conversion_behaviour", "special_conversion")
Results = dict[str, list[dict[str, Any]]]

_LOADED: dict[str, Results] = {}


def load_results(analysis: str) -> Results:
    if analysis not in _LOADED:
        _LOADED[analysis] = json.loads((FIXTURE / f"{analysis}.json").read_text("utf-8"))
    return copy.deepcopy(_LOADED[analysis])


def load_parsed(analysis: str) -> dict[str, Any]:
    return yaml.safe_load((conf_folder() / "analyses" / f"{analysis}.yml").read_text("utf-8"))


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
