"""Risk level by engagement velocity: the grid, the named segments, whom they leave out."""

from __future__ import annotations

from typing import Any

from jobs.reporting import predicates
from jobs.reporting.cells import Pair
from jobs.reporting.charts.specifications import HeatCell, HeatChart
from jobs.reporting.context import NOTHING, WITHHELD, Context
from jobs.reporting.disclosure import is_small
from jobs.reporting.model import Block, Bullet, Bullets, Figure, Heading, Paragraph, Section, Source
from jobs.reporting.quality_notes import notes_for
from jobs.reporting.sections import risk_grid, risk_levels
from jobs.reporting.verdicts import Verdict
from jobs.reporting.words import in_order

_NAME, RISK, VELOCITY, UNCOVERED = risk_grid.SECTION, risk_grid.RISK, risk_grid.VELOCITY, risk_grid.UNCOVERED
_HEALTH, _LTV = "customer_health_score", "estimated_customer_ltv"
_CELLS = (Source("crosstabs", _NAME),)
_TESTS = (Source("associations", _NAME),)
_SEGMENTS = (Source("distributions", _NAME),)


def build(context: Context) -> Section:
    """Return the chapter on risk and velocity."""
    words = context.words
    title = words.text("titles.risk_velocity")
    if not context.has_cohort():
        return Section(_NAME, title, (Paragraph(context.no_cohort()),))
    cells = risk_grid.cells_of(context, "cohort")
    if not cells:
        return Section(_NAME, title, (Paragraph(words.text("sections.no_rows")),))
    blocks: list[Block] = [
        Bullets(tuple(
            Bullet("", test_sentence(context, group, dimension), _TESTS)
            for dimension in (RISK, VELOCITY) for group in ("cohort", "population")
        ))
    ]  # fmt: skip
    blocks.append(Paragraph(words.text("risk_velocity.tested")))
    for dimension in risk_levels.listed(context):
        blocks.extend(risk_levels.build(context, dimension))
    blocks.extend(_extremes(context))
    framework = risk_grid.has_framework(context)
    name = "risk_velocity_framework" if framework else "risk_velocity_heatmap"
    blocks.append(
        Figure(
            name,
            words.text(f"risk_velocity.alt.{'framework' if framework else 'plain'}", title=_chart_title(context)),
            _chart(context.for_charts),
            _CELLS,
        )
    )
    if framework:
        blocks.extend(_segments(context))
    blocks.append(Heading(words.text("risk_velocity.cells")))
    blocks.append(_table(context, framework))
    if any(int(row.get("n_health") or 0) < int(row["n"]) for row in cells.values()):
        blocks.append(Paragraph(words.text("labels.n_counts_all")))
    if any(risk_grid.hidden_grid(context, group).cells for group in ("cohort", "population")):
        blocks.append(context.hidden_note())
    blocks.extend(notes_for(context, _NAME))
    text = action(context)
    if text:
        blocks.append(context.action(text))
    return Section(_NAME, title, tuple(blocks))


def test_sentence(context: Context, group: str, dimension: str) -> str:
    """Return the sentence on health over a dimension."""
    verdict, row = risk_grid.test_of(context, group, dimension)
    return context.words.text(
        f"risk_velocity.test.{verdict}",
        dimension=context.words.measure(dimension),
        group=context.words.text(f"labels.in_{group}"),
        p=context.p(row.get("p_adjusted")),
        raw_p=context.p(row.get("p_value")),
        n=context.n(row.get("n")),
    )


def action(context: Context) -> str | None:
    """Return what follows from risk and velocity."""
    if not context.has_cohort() or not risk_grid.cells_of(context, "cohort"):
        return None
    verdicts = {dimension: risk_grid.test_of(context, "cohort", dimension)[0] for dimension in (RISK, VELOCITY)}
    telling = [context.words.measure(name) for name, v in verdicts.items() if v is Verdict.DIFFERENCE]
    if not telling:
        return context.words.text("actions.risk_velocity.none")
    return context.words.text("actions.risk_velocity.difference", dimensions=context.words.listing(telling))


def _cell_name(context: Context, cell: Pair) -> str:
    words = context.words
    return words.text("risk_velocity.cell", risk=words.value(RISK, cell[0]), velocity=words.value(VELOCITY, cell[1]))


def extremes_sentence(context: Context) -> str | None:
    """Return highest and lowest mean health of the cohort's cells, with intervals; None below two cells."""
    rows = _shown(context)
    healthy = [c for c, r in rows.items() if (r.get("n_health") or 0) >= context.least_in_headlines()]
    if len(healthy) < 2:
        return None
    parts = {}
    for name, cell in (
        ("high", max(healthy, key=lambda c: (rows[c]["mean_health"], c))),
        ("low", min(healthy, key=lambda c: (rows[c]["mean_health"], c))),
    ):
        row = rows[cell]
        parts[name] = _cell_name(context, cell)
        parts[f"{name}_mean"] = context.figure(_HEALTH, row["mean_health"])
        parts[f"{name}_interval"] = context.interval(_HEALTH, row["health_ci_low"], row["health_ci_high"])
        parts[f"{name}_n"] = context.n(row["n_health"])
    return context.words.text("risk_velocity.extremes", **parts)


def _shown(context: Context) -> dict[Pair, dict[str, Any]]:
    hidden = risk_grid.hidden_grid(context, "cohort").cells
    return {c: r for c, r in risk_grid.cells_of(context, "cohort").items() if c not in hidden}


def _extremes(context: Context) -> list[Block]:
    words = context.words
    rows = _shown(context)
    if not rows:
        return []
    most = max(int(row["n"]) for row in rows.values())
    risks = in_order(RISK, sorted({cell[0] for cell in rows}))
    velocities = in_order(VELOCITY, sorted({cell[1] for cell in rows}))
    grid = [(risk, velocity) for risk in risks for velocity in velocities if (risk, velocity) in rows]
    largest = [_cell_name(context, cell) for cell in grid if int(rows[cell]["n"]) == most]
    name = "risk_velocity.largest" if len(largest) == 1 else "risk_velocity.largest_tied"
    cells = largest if len(largest) == 1 else [words.text("labels.quoted", text=cell) for cell in largest]
    texts = [words.text(name, cell=words.listing(cells), n=words.customers(most))]
    ends = extremes_sentence(context)
    if ends:
        texts.append(ends)
    return [Paragraph(words.text("labels.sentence_space").join(texts), _CELLS)]


def _segments(context: Context) -> list[Block]:
    words = context.words
    blocks: list[Block] = [Heading(words.text("risk_velocity.segments"))]
    uncovered = risk_grid.segment_row(context, UNCOVERED)
    if uncovered is not None and UNCOVERED not in risk_grid.hidden_segments(context):
        population = risk_grid.segment_row(context, UNCOVERED, "population")
        show = population is not None and UNCOVERED not in risk_grid.hidden_segments(context, "population")
        blocks.append(
            Paragraph(
                words.text(
                    "risk_velocity.uncovered",
                    n=context.n(uncovered["n"]),
                    share=words.numbers.percent(uncovered["share"]),
                    population_share=words.numbers.percent((population or {})["share"]) if show else NOTHING,
                ),
                _SEGMENTS,
            )
        )
    table = []
    for segment in [*context.options(_NAME)["framework"], {"name": UNCOVERED}]:
        table.append(_segment_line(context, segment))
    blocks.append(
        context.table(
            ("segment", "rule", "cohort_n", "cohort_share", "interval_95", "population_share", "index"),
            table,
            texts=2,
            sources=_SEGMENTS,
        )
    )
    return blocks


def _segment_line(context: Context, segment: dict[str, Any]) -> tuple[str, ...]:
    words = context.words
    name = str(segment["name"])
    rule = words.text("risk_velocity.no_rule") if name == UNCOVERED else predicates.all_in_words(context, segment)
    row = risk_grid.segment_row(context, name) or {}
    hide = name in risk_grid.hidden_segments(context) or is_small(row.get("n"), context.minimum)
    n = context.n(row.get("n"), hidden=hide)
    if hide or row.get("share") is None:
        return (words.segment(name), rule, n, *[NOTHING] * 4)
    hide_population = name in risk_grid.hidden_segments(context, "population")
    index = row.get("index")
    return (
        words.segment(name),
        rule,
        n,
        words.numbers.percent(row["share"]),
        context.share_interval(row.get("share_low"), row.get("share_high")),
        NOTHING if hide_population else words.numbers.percent(row.get("population_share") or 0.0),
        NOTHING if hide_population or index is None else words.numbers.number(index, 0),
    )


def _table(context: Context, framework: bool) -> Block:
    cohort, population = risk_grid.cells_of(context, "cohort"), risk_grid.cells_of(context, "population")
    hidden = {group: risk_grid.hidden_grid(context, group).cells for group in ("cohort", "population")}
    lines = []
    tiny = 0
    for risk in in_order(RISK, sorted({c[0] for c in population | cohort})):
        for velocity in in_order(VELOCITY, sorted({c[1] for c in population | cohort})):
            cell = (risk, velocity)
            if cell not in cohort and cell not in population:
                continue
            if _is_tiny(context, cohort.get(cell), population.get(cell)):
                tiny += 1
                continue
            lines.append(_line(context, cell, cohort.get(cell), population.get(cell), hidden, framework))
    columns: tuple[str, ...] = (
        "risk",
        "velocity",
        "cohort_n",
        "cohort_health",
        "interval_95",
        "cohort_ltv",
        "cohort_ltv_sum",
        "population_n",
        "population_health",
    )
    texts = 2
    if framework:
        columns, texts = ("segment", *columns), 3
    if tiny:
        name = context.words.text("labels.further_cells", n=context.words.numbers.count(tiny))
        small = f"<{context.minimum}"
        lines.append((name, *[NOTHING] * (texts - 1), small, *[NOTHING] * 4, small, NOTHING))
    return context.table(columns, lines, texts=texts, sources=_CELLS)


def _is_tiny(context: Context, row: dict[str, Any] | None, population: dict[str, Any] | None) -> bool:
    """Tell whether nobody, or a small group, is in a cell in the cohort and in the population."""
    return all(cell is None or int(cell["n"]) < context.minimum for cell in (row, population))


def _line(
    context: Context,
    cell: Pair,
    row: dict[str, Any] | None,
    population: dict[str, Any] | None,
    hidden: dict[str, frozenset[Pair]],
    framework: bool,
) -> tuple[str, ...]:
    words = context.words
    names = [words.value(RISK, cell[0]), words.value(VELOCITY, cell[1])]
    if framework:
        label = str((row or population or {}).get("label") or UNCOVERED)
        names.insert(0, words.segment(label))
    hide = cell in hidden["cohort"]
    figures = [context.n(0 if row is None else row["n"], hidden=hide), *[NOTHING] * 4]
    if row is not None and not hide and not is_small(row.get("n_health"), context.minimum):
        figures[1] = context.figure(_HEALTH, row.get("mean_health"))
        figures[2] = context.interval(_HEALTH, row.get("health_ci_low"), row.get("health_ci_high"))
    if row is not None and not hide and not is_small(row.get("n_ltv"), context.minimum):
        figures[3] = context.figure(_LTV, row.get("mean_ltv"))
        figures[4] = context.figure(_LTV, row.get("sum_ltv"))
    hide = cell in hidden["population"]
    figures.append(context.n(0 if population is None else population["n"], hidden=hide))
    shown = population is not None and not hide and not is_small(population.get("n_health"), context.minimum)
    figures.append(context.figure(_HEALTH, (population or {}).get("mean_health")) if shown else NOTHING)
    return (*names, *figures)


def _chart_title(context: Context) -> str:
    words = context.words
    if not risk_grid.has_framework(context):
        verdict, _ = risk_grid.test_of(context, "cohort", RISK)
        if verdict is not Verdict.DIFFERENCE:
            return words.text("risk_velocity.title.none")
        if (ends := risk_levels.ends(context, RISK)) is None:
            return words.text("risk_velocity.title.difference")
        (high, top), (low, bottom) = ends
        return words.text(
            "risk_velocity.title.levels",
            high=words.value(RISK, high),
            high_mean=context.figure(_HEALTH, top["mean_health"]),
            low=words.value(RISK, low),
            low_mean=context.figure(_HEALTH, bottom["mean_health"]),
        )
    row = risk_grid.segment_row(context, UNCOVERED)
    if row is None or row.get("share") is None or UNCOVERED in risk_grid.hidden_segments(context):
        return words.text("risk_velocity.title.framework_plain")
    return words.text("risk_velocity.title.framework", share=words.numbers.percent(row["share"]))


def _chart(context: Context) -> HeatChart:
    words = context.words
    cells = risk_grid.cells_of(context, "cohort")
    hidden = risk_grid.hidden_grid(context, "cohort").cells
    framework = risk_grid.has_framework(context)
    # Levels of stray spellings fill a grid with cells of a handful each: the table has them.
    sizes = {cell: _behind_colour(row, framework) for cell, row in cells.items()}
    least = next((n for n in (context.least_in_headlines(), context.minimum) if max(sizes.values()) >= n), 0)
    drawn = [cell for cell, n in sizes.items() if n >= least]
    risks = in_order(RISK, sorted({cell[0] for cell in drawn}))
    velocities = in_order(VELOCITY, sorted({cell[1] for cell in drawn}))
    note = words.text(f"risk_velocity.note.{'framework' if framework else 'plain'}")
    if len({cell[0] for cell in cells}) > len(risks) or len({cell[1] for cell in cells}) > len(velocities):
        note += words.text("labels.sentence_space") + words.text(
            "risk_velocity.note.not_drawn", minimum=str(context.minimum)
        )
        if framework:
            note += words.text("labels.sentence_space") + words.text("risk_velocity.note.uncovered")
    counts = [_behind_colour(cells[r, v], framework) for r in risks for v in velocities if (r, v) in cells]
    if any(0 < n < context.least_in_headlines() for n in counts):
        note += words.text("labels.sentence_space") + words.text("risk_velocity.note.not_coloured")
    grid = tuple(
        tuple(_heat_cell(context, cells.get((r, v)), (r, v) in hidden, framework) for v in velocities) for r in risks
    )
    return HeatChart(
        title=_chart_title(context),
        row_axis=words.title(RISK),
        column_axis=words.title(VELOCITY),
        rows=tuple(words.value(RISK, risk) for risk in risks),
        columns=tuple(words.value(VELOCITY, velocity) for velocity in velocities),
        cells=grid,
        scale=words.text("charts.customers_axis" if framework else "platforms.axis"),
        ticks=lambda value: words.numbers.number(value, 0 if float(value).is_integer() else 1),
        note=note,
    )


def _behind_colour(row: dict[str, Any], framework: bool) -> int:
    """Return how many customers stand behind the figure that colours a cell: its number, or its mean health."""
    return int(row["n" if framework else "n_health"] or 0)


def _heat_cell(context: Context, row: dict[str, Any] | None, hide: bool, framework: bool) -> HeatCell:
    words = context.words
    if row is None:
        return HeatCell(None, (words.text("charts.nobody"),))
    lines = [context.n_text(row["n"], hidden=hide)]
    shown = not hide and not is_small(row.get("n_health"), context.minimum) and row.get("mean_health") is not None
    if shown:
        lines.append(words.text("charts.health", value=context.figure(_HEALTH, row["mean_health"])))
        interval = context.interval(_HEALTH, row.get("health_ci_low"), row.get("health_ci_high"))
        if interval != NOTHING:
            lines.append(words.text("charts.in_brackets", text=interval).strip())
    label = str(row.get("label") or UNCOVERED)
    if framework:
        lines.insert(0, words.segment(label))
    # A handful of customers would stretch the scale by chance, and leave one shade to all others.
    coloured = (shown or (framework and not hide)) and _behind_colour(row, framework) >= context.least_in_headlines()
    value = float(row["n" if framework else "mean_health"]) if coloured else None
    return HeatCell(value, tuple(lines), is_marked=framework and label == UNCOVERED and WITHHELD not in lines)
