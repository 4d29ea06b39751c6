"""How far to trust it: obstacles, data quality, limits, provenance."""

from __future__ import annotations

import datetime as dt
from typing import Any

from jobs.reporting import gaps
from jobs.reporting.context import NOTHING, Context
from jobs.reporting.model import Block, Bullet, Bullets, Paragraph, Section, Source
from jobs.reporting.quality_notes import failed, message
from jobs.reporting.sections import changes

_LIMITS = ("causes", "tests", "intervals", "by_definition", "risk", "observational", "estimates", "small_groups")
_OF_COUNTS = ("estimates", "small_groups")


def obstacles(context: Context) -> Section:
    """Return the chapter on tables and columns that were wanted and not had."""
    words = context.words
    title = words.text("titles.obstacles")
    source = (Source("obstacles"),)
    rows = gaps.in_order(context)
    if not rows:
        return Section("obstacles", title, (Paragraph(words.text("obstacles.none"), source),))
    table = [
        (
            _section_title(context, str(row.get("section") or "")),
            str(row.get("table_name") or NOTHING),
            str(row.get("column_name") or NOTHING),
            gaps.coded(context, "reason", row),
            gaps.effect(context, row),
            gaps.coded(context, "replaced_by", row),
            gaps.coded(context, "remedy", row),
        )
        for row in rows
    ]
    columns = ("section", "table", "column", "reason", "effect", "replaced_by", "remedy")
    return Section(
        "obstacles",
        title,
        (
            Paragraph(words.text("obstacles.intro")),
            context.table(columns, table, texts=len(columns), sources=source),
        ),
    )


def quality(context: Context) -> Section:
    """Return the chapter on what the checks of the data found."""
    words = context.words
    title = words.text("titles.quality")
    source = (Source("quality"),)
    every = context.rows.all("quality")
    if not every:
        return Section("quality", title, (Paragraph(words.text("quality.none")),))
    blocks: list[Block] = [Paragraph(words.text("quality.key"), source)]
    table = [
        (
            str(row.get("table_name") or NOTHING),
            words.value("severity", str(row.get("severity") or "")),
            message(context, row),
        )
        for row in failed(context)
    ]
    if table:
        columns = ("table", "severity", "finding")
        blocks.append(context.table(columns, table, texts=len(columns), sources=source))
    else:
        blocks.append(Paragraph(words.text("quality.all_passed"), source))
    rates = [row for row in context.rows.all("match_rates") if row["left_table"] != "cohort"]
    for row in sorted(rates, key=lambda row: str(row["right_table"])):
        if row.get("match_rate") is None:
            continue
        missing = int(row["left_rows"]) - int(row["matched_rows"])
        if 0 < missing < context.minimum or 0 < int(row["matched_rows"]) < context.minimum:
            continue
        text = words.text(
            "quality.match",
            table=words.value("table", str(row["right_table"])),
            n=words.numbers.count(row["matched_rows"]),
            whole=words.numbers.count(row["left_rows"]),
            rate=words.numbers.percent(row["match_rate"]),
        )
        blocks.append(Paragraph(text, (Source("match_rates"),)))
    return Section("quality", title, tuple(blocks))


def limits(context: Context) -> Section:
    """Return the chapter on what the figures cannot say."""
    words = context.words
    items = tuple(
        Bullet(
            words.text(f"limits.{name}.lead"),
            _limit(context, name),
        )
        for name in _LIMITS
        if name in _OF_COUNTS or _has_statistics(context)
    )
    return Section("limits", words.text("titles.limits"), (Bullets(items),))


def _limit(context: Context, name: str) -> str:
    words = context.words
    text = words.text(f"limits.{name}.text", minimum=words.numbers.count(context.minimum))
    if name == "tests" and context.wants("tier_ltv"):
        return f"{text}{words.text('labels.sentence_space')}{words.text('limits.tests.over_tiers')}"
    return text


def _has_statistics(context: Context) -> bool:
    """Tell whether anything is described or compared; else only counts of the input tables are printed."""
    return context.is_cohort_known or context.wants("segments") or context.wants("consistency")


def provenance(context: Context) -> Section:
    """Return the chapter on where the figures come from."""
    words = context.words
    source = (Source("runs"),)
    row = context.rows.one("runs", event="started") or context.rows.one("runs")
    title = words.text("titles.provenance")
    if row is None:
        return Section("provenance", title, (Paragraph(words.text("sections.no_rows")),))

    def count(n: int) -> str:
        # nobody was counted where nothing could be: that is not a zero
        return words.text("methods.not_computed") if gaps.not_computed(context) else context.n(n)

    lines = [
        ("run", str(row.get("run_id") or NOTHING)),
        ("analysis", str(row.get("analysis") or context.definition.get("analysis") or NOTHING)),
        ("started", moment(context, row.get("at"))),
        ("definition_digest", str(row.get("definition_digest") or NOTHING)),
        ("code_version", str(row.get("code_version") or NOTHING)),
        ("engine", str(row.get("engine") or NOTHING)),
        ("customers", count(context.rows.population_size())),
        ("cohort", count(context.rows.cohort_size()) if context.is_about_cohort else NOTHING),
    ]
    table = [(words.text(f"provenance.{name}"), value) for name, value in lines if value != NOTHING]
    versions = sorted(dict(row.get("source_versions") or {}).items())
    return Section(
        "provenance",
        title,
        (
            Paragraph(words.text("provenance.intro")),
            *([Paragraph(words.text("changes.first_run"))] if changes.is_first(context) else []),
            context.table(("item", "content"), table, texts=2, sources=source),
            context.table(("table", "version"), [(name, str(version)) for name, version in versions], sources=source),
        ),
    )


def moment(context: Context, value: Any) -> str:
    """Return a moment of the run in UTC, in the language's form."""
    if isinstance(value, str):
        try:
            value = dt.datetime.fromisoformat(value)
        except ValueError:
            return str(value)
    if not isinstance(value, dt.datetime):
        return NOTHING
    if value.tzinfo is not None:
        value = value.astimezone(dt.UTC)
    return context.words.text("provenance.moment", moment=context.words.numbers.moment(value))


def _section_title(context: Context, section: str) -> str:
    key = f"titles.{section}"
    return context.words.text(key) if context.words.has(key) else section
