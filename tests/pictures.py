"""Reports without pictures, for tests that look at rows and words: drawing is what costs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from jobs.reporting import report as reporting
from jobs.reporting.charts.specifications import Chart


def not_drawn(chart: Chart, language: str, paths: Sequence[Path]) -> None:
    """Stand for `write_chart`: make the files and leave them empty."""
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def only(names: Collection[str]) -> Callable[[Chart, str, Sequence[Path]], None]:
    """Return `write_chart` for the charts of these names, and empty files for the others."""
    write_chart = reporting.write_chart

    def drawn_if_named(chart: Chart, language: str, paths: Sequence[Path]) -> None:
        draw = write_chart if paths[0].name.partition(".")[0] in names else not_drawn
        draw(chart, language, paths)

    return drawn_if_named
