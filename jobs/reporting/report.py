"""From result rows to a report folder: the one entry of this package."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from jobs.reporting.charts.drawing import write_chart
from jobs.reporting.context import Context
from jobs.reporting.csv_tables import write_tables
from jobs.reporting.figures import write_figures
from jobs.reporting.fonts import chinese_font
from jobs.reporting.manifest import write_manifest
from jobs.reporting.markdown import render
from jobs.reporting.model import Note, Report, Section, Traced
from jobs.reporting.page import render_page
from jobs.reporting.rows import Row, Rows
from jobs.reporting.sections import (
    alerts,
    changes,
    closing,
    cohort,
    consistency,
    geography,
    indices,
    methods,
    mixes,
    platforms,
    profile,
    queries,
    recommendations,
    risk_velocity,
    segment_membership,
    segments,
    summary,
    tier_ltv,
    value_risk,
)
from jobs.reporting.trace import recording
from jobs.reporting.words import Words, words_for

_ON_REQUEST: dict[str, Callable[[Context], Section]] = {
    "cohort_profile": profile.build,
    "tier_ltv": tier_ltv.build,
    "channels": mixes.build,
    "geography": geography.build,
    "platforms": platforms.build,
    "risk_velocity": risk_velocity.build,
    "value_risk": value_risk.build,
    "indices": indices.build,
    "alerts": alerts.build,
    "segments": segments.build,
    "consistency": consistency.build,
}
_ALWAYS = (
    recommendations.build,
    methods.build,
    closing.obstacles,
    closing.quality,
    closing.limits,
    closing.provenance,
)
# Of these, the ones that data can be missing for.
_DROPPABLE = {"recommendations": recommendations.build, "method_sensitivity": methods.build}


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
            paths = [folder / "charts" / f"{figure.name}.{report.language}.{suffix}" for suffix in ("png", "svg")]
            write_chart(figure.chart, report.language, paths)
            files += paths
        pages = {
            "md": render(report, words),
            "html": render_page(report, words, folder / "charts"),
        }
        for suffix, text in pages.items():
            path = folder / f"report.{report.language}.{suffix}"
            path.write_text(text, encoding="utf-8")
            files.append(path)
        files += write_tables(report, folder)
    files.append(write_figures([report for _, report in reports], folder))
    analysis = str(definition.get("analysis"))
    return [*files, write_manifest(rows, analysis, [report for _, report in reports], folder, files)]


def build_report(rows: Rows, definition: Mapping[str, Any], language: str) -> Report:
    """Return the report of one language, before it is drawn and written."""
    context = _context(rows, definition, language)
    words = context.words
    builders: list[Callable[[Context], Section | None]] = [summary.build, changes.build]
    if context.is_about_cohort:
        builders.append(cohort.build)
    if definition.get("segments") and not context.is_dropped("segments"):
        builders.append(segment_membership.build)
    builders += [build for name, build in _ON_REQUEST.items() if context.wants(name)]
    dropped = {build for name, build in _DROPPABLE.items() if context.is_dropped(name)}
    builders += [build for build in _ALWAYS if build not in dropped]
    sections = [section for build in builders if (section := _built(build, context)) is not None]
    asked = queries.build(context, sections[0])
    if asked is not None:
        sections.insert(-1, asked)
    if context.chart_words is not words:
        note = Note(words.text("labels.caution"), words.text("labels.no_chinese_font"))
        sections[0] = replace(sections[0], blocks=(*sections[0].blocks, note))
    return Report(
        language=language,
        title=words.defined(definition.get("title"), str(definition.get("analysis"))),
        question=words.defined(definition.get("question"), ""),
        facts=_facts(context),
        sections=tuple(sections),
    )


def changes_text(results: Mapping[str, Sequence[Row]], definition: Mapping[str, Any], language: str) -> str:
    """Return the chapter on what changed as Markdown, without the rest of the report.

    Raises:
        UsageError: there are no texts for the language.
    """
    context = _context(Rows(results), definition, language)
    section = changes.build(context)
    title = context.words.defined(definition.get("title"), str(definition.get("analysis")))
    sections = () if section is None else (section,)
    return render(Report(language=language, title=title, question="", facts="", sections=sections), context.words)


def _context(rows: Rows, definition: Mapping[str, Any], language: str) -> Context:
    words = words_for(language, definition)
    return Context(
        rows=rows,
        definition=definition,
        words=words,
        chart_words=_chart_words(words, definition),
        minimum=int(definition.get("minimum_group") or 5),
    )


def _built(build: Callable[[Context], Section | None], context: Context) -> Section | None:
    """Return a chapter with the origin of every figure printed while it was made."""
    with recording() as found:
        section = build(context)
    return section and replace(section, traces=tuple(Traced(text, origin) for text, origin in found))


def _facts(context: Context) -> str:
    """Return the line under the title of a page: which run, from when."""
    run = context.rows.one("runs", event="started") or {}
    at = closing.moment(context, run.get("at"))
    return context.words.text("page.facts", run=str(run.get("run_id")), at=at) if run else ""


def _chart_words(words: Words, definition: Mapping[str, Any]) -> Words:
    """Return the words of the charts: English where no font holds the Chinese ones."""
    if words.language == "zh" and chinese_font() is None:
        return words_for("en", definition)
    return words
