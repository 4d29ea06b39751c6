"""Since the last run: what changed in the figures, by customers and by definition."""

from __future__ import annotations

from jobs.reporting.context import NOTHING, WITHHELD, Context
from jobs.reporting.disclosure import is_small
from jobs.reporting.model import Block, Bullet, Bullets, Paragraph, Section, Source
from jobs.reporting.quality_notes import notes_for
from jobs.reporting.sections import change_rows

_NAME = "changes"
_SOURCES = (Source("changes"),)


def build(context: Context) -> Section | None:
    """Return the chapter on what changed; None where the analysis was not published before."""
    if is_first(context):
        return None
    words = context.words
    causes = change_rows.causes(context)
    previous_run = (context.rows.one("changes") or {}).get("previous_run_id")
    blocks: list[Block] = [
        Paragraph(words.text("changes.intro", run=str(previous_run or NOTHING)), _SOURCES),
        Paragraph(words.text(f"changes.split.{'_'.join(causes)}")),
    ]
    members = _members(context)
    if members:
        blocks.append(Bullets(tuple(Bullet("", text, _SOURCES) for text in members)))
    blocks.extend(_table(context, causes))
    blocks.extend(notes_for(context, _NAME))
    return Section(_NAME, words.text("titles.changes"), tuple(blocks))


def _table(context: Context, causes: tuple[str, ...]) -> list[Block]:
    """Return the figures, or the sentence that none of them moved."""
    words = context.words
    lines = [line for figure in _in_order(context) if (line := _line(context, figure))]
    rows = [row for row in context.rows.all("changes") if row["figure"] not in change_rows.MEMBERS]
    blocks: list[Block] = []
    if all(row.get("difference") is not None and round(row["difference"], 9) == 0 for row in rows):
        blocks.append(Paragraph(words.text("changes.nothing"), _SOURCES))
    else:
        columns = ("figure", "previous", *(f"change_{cause}" for cause in causes), "current")
        blocks.append(context.table(columns, lines, sources=_SOURCES))
        blocks.append(Paragraph(words.text("changes.no_test")))
    if any(WITHHELD in line for line in lines) or any(change_rows.hidden_members(context, name) for name in causes):
        blocks.append(context.hidden_note())
    return blocks


def is_first(context: Context) -> bool:
    """Tell whether nothing was published for the analysis before this run."""
    return not context.rows.all("changes")


def _members(context: Context) -> list[str]:
    """Return who entered and left the cohort, a sentence per cause; none where there is no cohort."""
    words = context.words
    rows = change_rows.by_figure(context)
    texts = []
    for cause in change_rows.causes(context):
        found = [rows.get(name, {}).get(cause) for name in change_rows.MEMBERS]
        counts = [row.get("current") for row in found if row is not None]
        if len(counts) < len(found):
            continue
        if None in counts:
            texts.append(words.text("changes.members.unknown"))
            continue
        if counts == [0, 0]:
            texts.append(words.text(f"changes.members.none_by_{cause}"))
            continue
        marks = change_rows.hidden_members(context, cause)
        shown = {
            name: words.text("labels.customers", n=marks[name]) if name in marks else words.customers(int(count or 0))
            for name, count in zip(change_rows.MEMBERS, counts, strict=True)
        }
        texts.append(
            words.text(f"changes.members.{cause}", entered=shown[change_rows.ENTERED], left=shown[change_rows.LEFT])
        )
    return list(dict.fromkeys(texts))


def _in_order(context: Context) -> list[str]:
    """Return the figures but entered and left: sizes, value, profile, alerts, segments; measures as defined."""
    listed = [
        str(item["column"])
        for section in ("cohort_profile", "segments")
        for item in context.options(section).get("measures") or ()
    ]
    heads = ("n_customers", "n_cohort", "tier_ltv", "cohort_profile", "alerts", "segments")
    segments = context.definition.get("segments") or {}
    groups = [str(rule["name"]) for rule in segments.get("rules") or ()]

    def rank(figure: str) -> tuple[int, int, str, int, str]:
        head, _, rest = figure.partition(".")
        group, _, measure = rest.rpartition(".")
        return (
            heads.index(head) if head in heads else len(heads),
            groups.index(group) if group in groups else len(groups),
            group,
            -1 if measure == "n" else listed.index(measure) if measure in listed else len(listed),
            measure,
        )

    return sorted((name for name in change_rows.by_figure(context) if name not in change_rows.MEMBERS), key=rank)


def _line(context: Context, figure: str) -> tuple[str, ...] | None:
    """Return the line of a figure; None where it has no value before or now."""
    values = change_rows.states(context, figure)
    if values[0] is None and values[-1] is None:
        return None
    rows = change_rows.by_figure(context)[figure]
    causes = change_rows.causes(context)
    name, kind = _name(context, figure), change_rows.kind(figure)
    if kind != "count" and change_rows.shows_small_group(context, figure):
        return (name, *[WITHHELD] * (len(causes) + 2))
    hidden = change_rows.hidden_states(context).get(figure)
    if hidden:
        ends = [_hidden_end(context, values[i]) if hidden[i] else _value(context, figure, values[i]) for i in (0, -1)]
        return (name, ends[0], *[WITHHELD] * len(causes), ends[1])
    changes = [_change(context, figure, rows.get(cause, {}).get("difference")) for cause in causes]
    return (name, _value(context, figure, values[0]), *changes, _value(context, figure, values[-1]))


def _hidden_end(context: Context, value: float | None) -> str:
    if value is None:
        return NOTHING
    return context.n(int(value), hidden=not is_small(int(value), context.minimum))


def _name(context: Context, figure: str) -> str:
    words = context.words
    if words.has(f"changes.figures.{figure}"):
        return words.text(f"changes.figures.{figure}")
    head, _, rest = figure.partition(".")
    group, _, measure = rest.rpartition(".")
    if head == "segments":
        key = "segment_n" if measure == "n" else "segment_mean"
        return words.text(f"changes.{key}", segment=words.segment(group), measure=words.measure(measure))
    if head == "cohort_profile" and words.has(f"flags.{measure}.1"):  # a share needs no 'mean'
        return words.text("changes.cohort_share", measure=words.measure(measure))
    if head in ("cohort_profile", "tier_ltv"):
        return words.text(f"changes.{head}", measure=words.measure(measure))
    return figure


def _value(context: Context, figure: str, value: float | None) -> str:
    if value is None:
        return NOTHING
    kind, measure = change_rows.kind(figure), figure.rpartition(".")[2]
    if kind == "count":
        return context.words.numbers.count(int(value))
    return context.change(measure, value) if kind == "difference" else context.figure(measure, value)


def _change(context: Context, figure: str, value: float | None) -> str:
    if value is None:
        return NOTHING
    if change_rows.kind(figure) == "count":
        sign = "+" if value > 0 else "−" if value < 0 else ""
        return sign + context.words.numbers.count(abs(int(value)))
    return context.change(figure.rpartition(".")[2], value)
