"""What a finding of the summary must hold besides its sentence: an interval, a number of customers, its sources."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.reporting.report import build_report
from jobs.reporting.rows import Rows
from jobs.reporting.words import words_for
from tests.reporting.conftest import Results, load_parsed, load_results

_INTERVAL = {"en": "95% interval", "zh": "95% 区间"}


def _bullets(results: Results, definition: dict[str, Any], language: str) -> list[Any]:
    report = build_report(Rows(results), definition, language)
    summary = next(section for section in report.sections if section.name == "summary")
    return [bullet for block in summary.blocks for bullet in getattr(block, "items", ())]


def _only(section: str, name: str) -> Results:
    """Rows in which nothing but the test of this chapter differs, so that its finding is among the five."""
    results = load_results(name)
    for table in ("comparisons", "associations", "correlations"):
        for row in results[table]:
            telling = table == "associations" and row["section"] == section
            row["p_value"] = row["p_adjusted"] = 1e-6 if telling else 0.9
    return results


@pytest.mark.parametrize("section", ["risk_velocity", "platforms"])
def test_a_finding_about_health_ends_with_the_extremes_and_their_intervals(section: str, language: str) -> None:
    definition = load_parsed("conversion_behaviour")
    bullets = _bullets(_only(section, "conversion_behaviour"), definition, language)
    lead = words_for(language, definition).text(f"summary.lead.{section}")
    (found,) = [bullet for bullet in bullets if bullet.lead == lead]
    assert found.text.count(_INTERVAL[language]) >= 1
    assert {source.table for source in found.sources} == {"associations", "crosstabs"}
