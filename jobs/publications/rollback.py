"""`rollback`: show readers an earlier publication again, by moving the pointer."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from jobs.engines.base import Engine
from jobs.errors import UsageError
from jobs.lake import Lake
from jobs.publications.kept import chosen, kept_of
from jobs.publications.pointer import Publication
from jobs.results import ResultStore


def rollback(engine: Engine, results: str, analysis: str, to: str | None) -> Publication:
    """Make a kept publication (the one before, unless `to` names another) the current one; return it.

    What was current stays kept, so that a rollback can be rolled back.

    Raises:
        InputError: Nothing is published. UsageError: There is nothing to go back to. ConflictError: A run published.
    """
    store = ResultStore(engine, Lake.at(results))
    current, *earlier = kept_of(store, analysis)
    if to is None and not earlier:
        raise UsageError(
            f"analysis '{analysis}' has no publication before generation {current.generation}",
            advice="run --keep says how many are kept",
        )
    target = chosen(earlier, to) if to is not None else earlier[0]
    again = replace(target, published_at=dt.datetime.now(dt.UTC)).after(current, keep=len(earlier) + 1)
    store.publish(again, expected_generation=current.generation)
    return again
