"""From result rows to a report folder: the one entry of this package."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jobs.reporting.charts.drawing import write_chart
from jobs.reporting.context import Context
from jobs.reporting.fonts import chinese_font
from jobs.reporting.manifest import write_manifest
from jobs.reporting.markdown import render
from jobs.reporting.model import Note, Report, Section
from jobs.reporting.rows import Row, Rows
from jobs.reporting.sections import (
    closing,
    cohort,
    geography,
    methods,
    mixes,
    platforms,
    profile,
    recommendations,
    risk_velocity,
    summary,
    tier_ltv,
    value_risk,
)
from jobs.reporting.words import Words, words_for

_ON_REQUEST: dict[str, Callable[[Context], Section]] = {
    "cohort_profile": profile.build,
    "tier_ltv": tier_ltv.build,
    "channels": mixes.build,
    "geography": geography.build,
    "platforms": platforms.build,
    "risk_velocity": risk_velocity.build,
    "value_risk": value_risk.build,
}
_ALWAYS = (
    recommendations.build,
    methods.build,
    closing.obstacles,
    closing.quality,
    closing.limits,
    closing.provenance,
)


def write_report(
    results: Mapping[str, Sequence[Row]],
    definition: Mapping[str, Any],
    languages: Sequence[str],
    folder: pathlib.Path,
) -> list[pathlib.Path]:
    """Write the report of one publication in every language asked for.

    Args:
        results: result table to its rows, of one publication; `runs` holds the run's started event.
        definition: the analysis as parsed from its file.
        languages: languages of the catalogue, such as `en` and `zh`.
        folder: where to write; made if absent. `manifest.json` is written last.

    Returns:
        Every file written, the manifest last.

    Raises:
        UsageError: there are no texts for a language.
    """
    rows = Rows(results)
    reports = [(words_for(language, definition), build_report(rows, definition, language)) for language in languages]
    folder.mkdir(parents=True, exist_ok=True)
    files: list[pathlib.Path] = []
    for words, report in reports:
        for figure in report.figures():
            path = folder / "charts" / f"{figure.name}.{report.language}.png"
            write_chart(figure.chart, report.language, path)
            files.append(path)
        path = folder / f"report.{report.language}.md"
        path.write_text(render(report, words), encoding="utf-8")
        files.append(path)
    analysis = str(definition.get("analysis"))
    return [*files, write_manifest(rows, analysis, languages, folder, files)]


def build_report(rows: Rows, definition: Mapping[str, Any], language: str) -> Report:
    """Return the report of one language, before it is drawn and written."""
    words = words_for(language, definition)
    context = Context(
        rows=rows,
        definition=definition,
        words=words,
        chart_words=_chart_words(words, definition),
        minimum=int(definition.get("minimum_group") or 5),
    )
    sections = [summary.build(context), cohort.build(context)]
    sections += [build(context) for name, build in _ON_REQUEST.items() if context.wants(name)]
    sections += [build(context) for build in _ALWAYS]
    if context.chart_words is not words:
        note = Note(words.text("labels.caution"), words.text("labels.no_chinese_font"))
        sections[0] = Section(sections[0].name, sections[0].title, (*sections[0].blocks, note))
    return Report(
        language=language,
        title=words.defined(definition.get("title"), str(definition.get("analysis"))),
        question=words.defined(definition.get("question"), ""),
        sections=tuple(sections),
    )


def _chart_words(words: Words, definition: Mapping[str, Any]) -> Words:
    """Return the words of the charts: English where no font holds the Chinese ones."""
    if words.language == "zh" and chinese_font() is None:
        return words_for("en", definition)
    return words
