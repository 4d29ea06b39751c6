"""A small definition, written to a file, and what loading it gives or says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from jobs.definition import Definition, load_definition
from jobs.errors import UsageError

Change = Callable[[dict[str, Any]], object]

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


def write(folder: Path, text: str) -> str:
    path = folder / "mine.yml"
    path.write_text(text, "utf-8")
    return str(path)


def loaded(folder: Path, change: Change | None = None) -> Definition:
    raw = yaml.safe_load(MINIMAL)
    if change:
        change(raw)
    return load_definition(write(folder, yaml.safe_dump(raw, allow_unicode=True)))


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(UsageError) as caught:
        load_definition(write(folder, text))
    assert caught.value.exit_code == 2
    line = caught.value.line()
    assert "\n" not in line
    return line
