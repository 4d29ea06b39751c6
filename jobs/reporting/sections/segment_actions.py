"""What follows from the comparison of segments, by the verdict of each measure."""

from __future__ import annotations

from collections.abc import Iterator

from jobs.reporting.context import Context
from jobs.reporting.sections import segment_rows as rows_of
from jobs.reporting.verdicts import Verdict, of_correlation

_NAME = rows_of.SECTION
_MEASURES = {rows_of.CHURN: "churn", rows_of.AGE: "age"}
_SPOKEN = (Verdict.DIFFERENCE, Verdict.NOT_AFTER_CORRECTION, Verdict.NONE)


def actions(context: Context) -> Iterator[str]:
    """Yield one action per measure that tells the leading pair apart, or does not."""
    leading = rows_of.leading_pair(context)
    if leading is None:
        return
    words = context.words
    for measure, key in _MEASURES.items():
        row = rows_of.comparison(context, _NAME, leading, measure)
        if row is None:
            continue
        verdict = rows_of.verdict(context, _NAME, row)
        if verdict not in _SPOKEN:
            continue
        side = "none"
        if verdict is Verdict.DIFFERENCE:
            side = "higher" if row["difference"] > 0 else "lower"
        related = _related(context, leading[0]) if (key, side) == ("age", "none") else {}
        yield words.text(
            f"actions.segments.{key}.{'related' if related else side}",
            **related,
            a=words.segment(leading[0]),
            b=words.segment(leading[1]),
            difference=context.change(measure, row.get("difference"), signed=False),
        )


def _related(context: Context, segment: str) -> dict[str, str]:
    """Return how account age and lifetime value go together within a segment; nothing where no correlation stands."""
    row = context.rows.one("correlations", section=_NAME, group_name=segment, x=rows_of.AGE, y=rows_of.LTV)
    if row is None or of_correlation(row, context.minimum) is not Verdict.DIFFERENCE:
        return {}
    return {"r": context.words.numbers.number(row["pearson_r"], 3), "n": context.n(row["n"])}
