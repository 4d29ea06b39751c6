"""The segments beside each other: value, health, scores, churn, age; which differences stand."""

from __future__ import annotations

from jobs.reporting.context import Context
from jobs.reporting.disclosure import is_small
from jobs.reporting.model import Block, Bullet, Bullets, Figure, Heading, Paragraph, Section, Source
from jobs.reporting.quality_notes import notes_for
from jobs.reporting.sections import segment_actions, segment_charts, segment_grids, segment_measures, segment_mixes
from jobs.reporting.sections import segment_rows as rows_of
from jobs.reporting.sections.health_scale import health_scale
from jobs.reporting.sections.origins import origins

_NAME = rows_of.SECTION
_MEASURES = (Source("measures", _NAME),)
_BOTH = (*_MEASURES, Source("comparisons", _NAME))
_SPREAD = (rows_of.LTV, rows_of.HEALTH, rows_of.CHURN, rows_of.AGE)


def build(context: Context) -> Section:
    """Return the chapter on the comparison of segments."""
    words = context.words
    title = words.text("titles.segments")
    measures = rows_of.measures(context, _NAME)
    if not measures:
        return Section(_NAME, title, (Paragraph(words.text("sections.no_rows")),))
    blocks: list[Block] = [Paragraph(intro(context)), *health_scale(context, _NAME), *left_out(context)]
    for_charts = context.for_charts
    if (chart := segment_charts.ltv_and_health(for_charts)) is not None:
        alt = words.text("segments.ltv_health.alt", title=chart.title)
        blocks.append(Figure("ltv_health_comparison", alt, chart, _BOTH))
    blocks.extend(segment_measures.means_tables(context, _NAME))
    blocks.extend(segment_measures.comparisons(context, _NAME))
    if told := origins(context, _NAME, rows_of.POPULATION, measures):
        blocks.append(Paragraph(told))
    if (dots := segment_charts.scores(for_charts)) is not None:
        blocks.append(Heading(words.text("segments.scores.heading")))
        if weights := weights_sentence(context):
            blocks.append(Paragraph(weights))
        alt = words.text("segments.scores.alt", title=dots.title)
        blocks.append(Figure("rfm_comparison", alt, dots, _MEASURES))
    spread = [measure for measure in _SPREAD if measure in measures]
    if spread:
        blocks.append(Heading(words.text("segments.boxes.heading")))
        blocks.append(Paragraph(words.text("segments.boxes.intro")))
        if (boxes := segment_charts.boxes(for_charts)) is not None:
            alt = words.text("segments.boxes.alt", title=boxes.title)
            blocks.append(Figure("segment_comparison", alt, boxes, _BOTH))
        blocks.append(segment_measures.spread_table(context, _NAME, spread))
    blocks.extend(_relations(context))
    for pair in segment_grids.grids(context):
        blocks.extend(segment_grids.grid(context, pair))
    for dimension in segment_mixes.dimensions(context, _NAME):
        blocks.append(Heading(words.dimension(dimension)))
        blocks.extend(segment_mixes.mix(context, _NAME, dimension))
    blocks.extend(notes_for(context, _NAME, measures=measures))
    blocks.extend(context.action(text) for text in segment_actions.actions(context))
    return Section(_NAME, title, tuple(blocks))


def intro(context: Context) -> str:
    """Return what the figures of the chapter are."""
    return context.words.text("segments.intro")


def weights_sentence(context: Context) -> str | None:
    """Return the one set of weights of the weighted score; None where there is no such score."""
    weights = context.options(_NAME).get("rfm_weights")
    if not weights or rows_of.WEIGHTED not in rows_of.measures(context, _NAME):
        return None
    number = context.words.numbers.number
    parts = {name: number(float(value), 2) for name, value in weights.items()}
    return context.words.text("segments.weights", **parts)


def left_out(context: Context) -> list[Block]:
    """Return which measures and mixes the definition wants and the data lack."""
    names = lacking(context)
    if not names:
        return []
    listed = context.words.listing([context.words.measure(name) for name in names])
    text = context.words.text("segments.left_out", measures=listed)
    return [Paragraph(text, (Source("obstacles", _NAME),))]


def lacking(context: Context) -> list[str]:
    """Return the measures and dimensions that the definition wants and the data lack."""
    options = context.options(_NAME)
    wanted = [str(item["column"]) for item in options.get("measures") or ()]
    wanted += [str(name) for name in options.get("dimensions") or ()]
    present = {*rows_of.measures(context, _NAME), *segment_mixes.dimensions(context, _NAME)}
    is_known = bool(context.rows.all("obstacles", section=_NAME))
    return [name for name in wanted if name not in present] if is_known else []


def _relations(context: Context) -> list[Block]:
    """Return, per pair of numbers, what may be said of their correlation: all customers, then each segment."""
    rows = context.rows.all("correlations", section=_NAME)
    blocks: list[Block] = []
    for x, y in dict.fromkeys(sorted((str(row["x"]), str(row["y"])) for row in rows)):
        heading = context.words.text("segments.relation", x=context.words.title(x), y=context.words.measure(y))
        blocks.append(Heading(heading))
        blocks.append(Bullets(tuple(relation_bullets(context, _NAME, x, y))))
    return blocks


def relation_bullets(context: Context, section: str, x: str, y: str) -> list[Bullet]:
    """Return the sentences on one pair of numbers, group by group."""
    source = (Source("correlations", section),)
    bullets = []
    for group in (rows_of.POPULATION, *rows_of.filled(context)):
        row = context.rows.one("correlations", section=section, x=x, y=y, group_name=group)
        if row is None:
            continue
        name = rows_of.in_group(context, group)
        hidden = rows_of.hidden_for(context, section, x) | rows_of.hidden_for(context, section, y)
        if group not in hidden:
            text = context.correlation(row, group=name)
        elif is_small(row.get("n"), context.minimum):
            text = context.correlation(row | {"n": 0}, group=name)
        else:
            parts = {"x": context.words.title(x), "y": context.words.measure(y), "group": name}
            text = context.words.text("segments.withheld", **parts)
        bullets.append(Bullet("", text, source))
    return bullets
