"""`diff`: what changed between two kept publications of an analysis."""

from __future__ import annotations

from jobs.changes import changes_between
from jobs.definition import Definition
from jobs.engines.base import Engine
from jobs.errors import UsageError
from jobs.lake import Lake
from jobs.publications.kept import chosen
from jobs.reporting.report import changes_text
from jobs.results import ResultStore


def diff(engine: Engine, results: str, first: str, second: str, language: str = "en") -> str:
    """Return the chapter on what changed from one publication to another, as Markdown, in the words of a report.

    Small groups are hidden as in a report. The causes cannot be told apart: nothing is computed again.

    Raises:
        UsageError: A publication is not kept, or the two are of different analyses.
    """
    store = ResultStore(engine, Lake.at(results))
    kept = [one for current in store.publications() for one in current.kept()]
    before, after = chosen(kept, first), chosen(kept, second)
    if before.analysis != after.analysis:
        raise UsageError(
            f"{before.run_id} is a publication of {before.analysis}, {after.run_id} one of {after.analysis}",
            advice="compare two publications of one analysis: customer360 history ANALYSIS lists them",
        )
    rows = store.staged_rows(after.analysis, after.attempt_id)
    rows["changes"] = changes_between(store, before, after)
    definition = Definition.model_validate_json(rows["runs"][0]["definition"])
    return changes_text(rows, definition.model_dump(mode="json", exclude_none=True), language)
