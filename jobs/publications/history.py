"""`history`: which publications of an analysis are kept, and what each counted."""

from __future__ import annotations

from jobs.bounded import collect_rows
from jobs.engines.base import Engine
from jobs.lake import Lake
from jobs.publications.kept import kept_of
from jobs.results import ResultStore

_HEAD = ("generation", "run", "published (UTC)", "customers", "cohort", "report")


def history(engine: Engine, results: str, analysis: str) -> str:
    """Return a table of the kept publications, newest first; the first is the one readers see.

    Raises:
        InputError: Nothing is published for the analysis.
    """
    store = ResultStore(engine, Lake.at(results))
    lines = [_HEAD]
    for one in kept_of(store, analysis):
        events = collect_rows(store.staged("runs", analysis, one.attempt_id), "runs")
        done = next((event for event in events if event["event"] == "succeeded"), {})
        lines.append(
            (
                str(one.generation),
                one.run_id,
                f"{one.published_at:%Y-%m-%d %H:%M:%S}",
                _count(done.get("n_customers")),
                _count(done.get("n_cohort")),
                one.report_uri,
            )
        )
    widths = [max(len(line[i]) for line in lines) for i in range(len(_HEAD))]
    return "\n".join("  ".join(text.ljust(w) for text, w in zip(line, widths, strict=True)).rstrip() for line in lines)


def _count(n: int | None) -> str:
    return "-" if n is None else f"{n}"
