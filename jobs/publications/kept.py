"""The kept publications of a results folder, and finding one of them by what a user types."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.errors import InputError, UsageError, nearest
from jobs.publications.pointer import Publication
from jobs.results import ResultStore

# The beginning of an id has at least so many characters.
_SHORTEST = 4


def kept_of(store: ResultStore, analysis: str) -> list[Publication]:
    """Return the kept publications of an analysis, newest first.

    Raises:
        InputError: Nothing is published for it.
    """
    everything = store.publications()
    found = next((one for one in everything if one.analysis == analysis), None)
    if found is None:
        names = [one.analysis for one in everything]
        raise InputError(
            f"nothing is published for analysis '{analysis}' in {store.lake.base}{nearest(analysis, names)}",
            advice=f"run it first: customer360 run {analysis} --lake LAKE --results {store.lake.base}",
        )
    return found.kept()


def chosen(among: Sequence[Publication], wanted: str) -> Publication:
    """Return the publication whose run id, attempt id or generation a user typed.

    The first four characters of an id will do, what is shorter is a generation. Of several publications of one run
    the newest is meant.

    Raises:
        UsageError: None or several different runs match.
    """
    if len(wanted) < _SHORTEST:
        found = [one for one in among if str(one.generation) == wanted]
    else:
        found = [one for one in among if one.run_id.startswith(wanted) or one.attempt_id.startswith(wanted)]
    known = ", ".join(f"{one.run_id} (generation {one.generation})" for one in among)
    if not found:
        raise UsageError(f"no kept publication '{wanted}'; kept are {known}", advice="see customer360 history ANALYSIS")
    if len({one.run_id for one in found}) > 1:
        raise UsageError(f"'{wanted}' fits several publications; kept are {known}", advice="give more of the id")
    return found[0]
