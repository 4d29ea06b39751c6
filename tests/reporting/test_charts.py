"""Every text box of every chart is measured: inside the picture, over no other."""

import itertools
import warnings
from dataclasses import replace

import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from jobs.reporting.charts.drawing import draw
from jobs.reporting.charts.house_style import BLUE, GREY, SERIES_COLOURS, house_style, light_colours, mark, pale
from jobs.reporting.charts.specifications import (
    BarChart,
    Box,
    BoxChart,
    BoxPanel,
    DotChart,
    DotRow,
    HeatCell,
    HeatChart,
    PairChart,
    Point,
)
from jobs.reporting.fonts import drawable
from jobs.reporting.report import build_report
from jobs.reporting.rows import Rows

LONG = "A label of forty characters, not one less"
CHINESE = "这是一个由四十个汉字组成的分类标签用来检查图表中的文字是否会相互重叠或者被裁切到画面之外去了吧"
HOSTILE = "$x$ \\frac{a}{b} _c_ ^d"


def _drawn_texts(figure: Figure) -> list[Text]:
    found = [*figure.texts]
    for axes in _all_axes(figure):
        found += [*axes.texts, axes.title, axes.xaxis.label, axes.yaxis.label]
        for axis in (axes.xaxis, axes.yaxis):
            for tick in axis._update_ticks():
                found += [label for label in (tick.label1, tick.label2) if label.get_visible()]
        if axes.get_legend() is not None:
            found += axes.get_legend().get_texts()
    return [text for text in found if text.get_visible() and text.get_text().strip()]


def _all_axes(figure: Figure) -> list[Axes]:
    return [inner for axes in figure.axes for inner in (axes, *axes.child_axes)]


def _problems(figure: Figure) -> list[str]:
    figure.canvas.draw()
    boxes = [(text.get_text(), text.get_window_extent()) for text in _drawn_texts(figure)]
    width, height = figure.bbox.width, figure.bbox.height
    problems = [
        f"clipped: {text!r}"
        for text, box in boxes
        if box.x0 < -0.5 or box.y0 < -0.5 or box.x1 > width + 0.5 or box.y1 > height + 0.5
    ]
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 1:
            problems.append(f"overlap: {one!r} and {other!r}")
    return problems


def test_no_text_of_a_report_chart_is_clipped_or_overlaps(results, definition, language):
    with house_style(language), warnings.catch_warnings():
        warnings.simplefilter("error")  # a missing glyph is a warning
        for figure in build_report(Rows(results), definition, language).figures():
            assert _problems(draw(figure.chart)) == [], figure.name


def _dots(label: str, series: tuple[str, ...] = ("Cohort", "All customers")) -> DotChart:
    rows = tuple(
        DotRow(f"{label} {i}", tuple(Point(10.0 * i + s, 9.0 * i, 11.0 * i) for s in range(len(series))),
               "\n".join(f"{10 * i}.0%, n = 1,234" for _ in series))
        for i in range(1, 6)
    )  # fmt: skip
    return DotChart(f"{label}: {label}", label, rows, str, series, note=label)


def _pair(label: str) -> PairChart:
    return PairChart(label, _dots(label), _dots(label, ("",)), note=label)


def _bars(label: str) -> BarChart:
    return BarChart(label, label, tuple(f"{label} {i}" for i in range(6)), tuple(float(i) for i in range(6)),
                    tuple(f"$1,234,567, n = {i}" for i in range(6)), str, label)  # fmt: skip


def _boxes(label: str) -> BoxChart:
    boxes = tuple(Box(i, i + 1.0, i + 2.0, i + 3.0, i + 4.0, i + 2.2) for i in range(8))
    beside = tuple(f"mean {i}.25 ({i}.10 to {i}.40)\nmedian {i}.20, n = 1,234" for i in range(8))
    panel = BoxPanel(label, (*boxes, None), (*beside, "n < 5"), str)
    return BoxChart(label, tuple(f"{label} {i}" for i in range(9)), tuple(range(9)), (panel, panel), label)


def _grouped(label: str) -> DotChart:
    rows: list[DotRow] = []
    for measure in range(3):
        rows.append(DotRow(f"{label} {measure}", (), "", is_heading=True))
        rows += [
            DotRow(f"{label} {i}", (Point(3.0 + i / 9, 2.9, 4.0),), f"{i}.00 (2.90 to 4.00)\nn = 1,234", style=i)
            for i in range(9)
        ]
    return DotChart(label, label, tuple(rows), str, note=label, limits=(1.0, 5.0))


def _heat(label: str) -> HeatChart:
    cells = tuple(
        tuple(HeatCell(float(x + y), (label, "n = 1,234", "(12.34 to 56.78)"), is_marked=x == y) for x in range(5))
        for y in range(6)
    )
    names = tuple(f"{label} {i}" for i in range(6))
    return HeatChart(label, label, label, names, names[:5], cells, label, str, label)


@pytest.mark.parametrize("make", [_dots, _pair, _bars, _boxes, _grouped, _heat])
@pytest.mark.parametrize("label", [LONG, CHINESE, HOSTILE, "x"])
def test_long_chinese_and_hostile_labels_fit(make, label, language):
    with house_style(language):
        assert _problems(draw(make(label))) == []


def test_a_data_value_is_never_read_as_a_formula(language):
    with house_style(language):
        figure = draw(_bars("$x$"))
        figure.canvas.draw()
        assert any(text.get_text() == "$x$ 0" and not text.get_parse_math() for text in _drawn_texts(figure))


def test_a_character_without_a_glyph_becomes_a_question_mark():
    assert drawable("客户 A\U0001f600\U0010ffff") in ("客户 A??", "客户 A\U0001f600?")


def test_black_text_reads_on_every_colour_of_a_heat_chart():
    def luminance(colour):
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    levels = [luminance(light_colours()(i)) for i in range(256)]
    assert min((level + 0.05) / 0.05 for level in levels) >= 4.5
    assert levels == sorted(levels)


def test_a_suppressed_box_is_not_drawn_and_the_others_lie_where_their_figures_say():
    panel = BoxPanel("a", (Box(1.0, 2.0, 3.0, 4.0, 9.0, 3.5), None), ("shown", "n < 5"), str)
    with house_style("en"):
        figure = draw(BoxChart("t", ("shown", "hidden"), (0, 1), (panel,)))
    axes = figure.axes[0]
    (box,) = axes.patches
    assert (box.get_x(), box.get_x() + box.get_width()) == (2.0, 4.0)
    drawn = {tuple(line.get_xdata()) for line in axes.lines}
    assert drawn == {(1.0, 9.0), (1.0, 1.0), (9.0, 9.0), (3.0, 3.0), (3.5,)}


def test_black_lines_read_on_every_box_and_boxes_differ_in_grey():
    greys = [0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in map(pale, SERIES_COLOURS)]
    assert min(greys) > 0.4
    assert len({mark(index) for index in range(len(SERIES_COLOURS))}) == len(SERIES_COLOURS)
    assert min(abs(a - b) for a, b in itertools.combinations(greys[:3], 2)) > 0.05


def test_an_axis_shows_at_least_its_limits():
    chart = DotChart("t", "a", (DotRow("one", (Point(3.0),), "3"),), str, limits=(1.0, 5.0))
    with house_style("en"):
        low, high = draw(chart).axes[0].get_xlim()
    assert low < 1.0 < 5.0 < high


def test_a_suppressed_point_is_not_drawn():
    chart = DotChart(
        "t", "a", (DotRow("shown", (Point(1.0, 0.5, 1.5),), "1.0"), DotRow("hidden", (Point(None),), "<5")), str
    )
    with house_style("en"):
        figure = draw(chart)
    drawn = [line for line in figure.axes[0].lines if len(line.get_xdata())]
    assert {float(height) for line in drawn for height in line.get_ydata()} == {drawn[0].get_ydata()[0]}


@pytest.mark.parametrize("ends_with_rest", [True, False])
def test_a_bar_that_is_no_category_is_grey(ends_with_rest: bool) -> None:
    with house_style("en"):
        (axes,) = draw(replace(_bars("A"), ends_with_rest=ends_with_rest)).axes[:1]
        colours = [to_hex(bar.get_facecolor()).upper() for bar in axes.patches]
    assert colours == [BLUE] * 5 + [GREY if ends_with_rest else BLUE]


def test_an_interval_narrower_than_its_marker_is_seen_by_its_caps() -> None:
    chart = DotChart("t", "a", (DotRow("r", (Point(50.0, 49.99, 50.01),), ""),), str, limits=(0.0, 100.0))
    with house_style("en"):
        figure = draw(chart)
        (mark,) = [line for line in figure.axes[0].lines if list(line.get_xdata()) == [50.0]]
        caps = [line for line in figure.axes[0].lines if list(line.get_xdata()) in ([49.99], [50.01])]
    assert [cap.get_marker() for cap in caps] == ["|", "|"]
    assert all(cap.get_markersize() > mark.get_markersize() + mark.get_markeredgewidth() for cap in caps)
    assert all(cap.get_zorder() < mark.get_zorder() for cap in caps)


@pytest.mark.parametrize(("is_open", "face"), [(True, "white"), (False, BLUE)])
def test_a_difference_that_does_not_stand_is_an_open_mark(is_open: bool, face: str) -> None:
    chart = DotChart("t", "a", (DotRow("r", (Point(5.0, 4.0, 6.0, is_open=is_open),), ""),), str)
    with house_style("en"):
        (mark,) = [line for line in draw(chart).axes[0].lines if list(line.get_xdata()) == [5.0]]
    assert mark.get_markerfacecolor() == face


def test_each_text_at_the_right_stands_beside_its_mark() -> None:
    row = DotRow("r", (Point(1.0), Point(2.0)), "first\nsecond")
    with house_style("en"):
        axes = draw(DotChart("t", "a", (row,), str, ("A", "B"))).axes[0]
        heights = [float(line.get_ydata()[0]) for line in axes.lines if len(line.get_xdata()) == 1]
        (beside,) = axes.child_axes
    assert [label.get_text() for label in beside.get_yticklabels()] == ["first", "second"]
    assert list(beside.get_yticks()) == heights


def test_a_share_of_nothing_is_a_whole_marker() -> None:
    with house_style("en"):
        figure = draw(DotChart("A", "A", (DotRow("A", (Point(0.0, None, None),), "0%"),), str, from_zero=True))
        markers = [line for line in figure.axes[0].lines if line.get_xdata().tolist() == [0.0]]
    assert [marker.get_clip_on() for marker in markers] == [False]
