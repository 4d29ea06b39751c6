"""`clean`: remove what no kept publication needs and what crashed runs left behind."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pyspark.sql import functions as F

from jobs.bounded import collect_rows
from jobs.engines.base import Engine
from jobs.engines.scratch import abandoned, abandoned_below
from jobs.lake import Lake
from jobs.publications.pointer import Publication, utc
from jobs.results import ResultStore
from transforms.result_tables import STAGED

OLDER_THAN_HOURS = 24
VACUUM_HOURS = 168
"""Delta's own default: readers of an older version of a table get a week."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """How much was removed."""

    attempts: int
    reports: int
    scratch: int
    tables: int

    def line(self) -> str:
        """Return it as one line."""
        return (
            f"removed the rows of {self.attempts} attempts that no kept publication needs, {self.reports} report "
            f"folders and {self.scratch} scratch folders or tables; vacuumed {self.tables} tables"
        )


def clean(
    engine: Engine, results: str, *, older_than_hours: float = OLDER_THAN_HOURS, vacuum_hours: float = VACUUM_HOURS
) -> Cleaned:
    """Delete the staged rows of attempts that are neither kept nor may still run, their reports, and scratch.

    An attempt may still run while its last event is younger than `older_than_hours`. The event log `runs` and the
    pointers stay. A table is vacuumed of files that no version of the last `vacuum_hours` needs.
    """
    store = ResultStore(engine, Lake.at(results))
    kept = [one for current in store.publications() for one in current.kept()]
    dead = _dead_attempts(store, {one.attempt_id for one in kept}, older_than_hours)
    tables = [name for name in STAGED if store.exists(name)]
    for table in tables:
        if dead:
            store.delete_attempts(table, sorted(dead))
    for table in [name for name in (*tables, "runs", "publications") if store.exists(name)]:
        engine.vacuum(store.lake.target(table), vacuum_hours)
    reports = list(_report_folders(kept, dead))
    scratch = [*abandoned(older_than_hours), *abandoned_below(store.lake.base, older_than_hours)]
    for folder in (*reports, *scratch):
        _remove(folder)
    dropped = engine.drop_abandoned(store.lake.base, older_than_hours) if store.lake.is_catalog else 0
    return Cleaned(attempts=len(dead), reports=len(reports), scratch=len(scratch) + dropped, tables=len(tables))


def _dead_attempts(store: ResultStore, kept: set[str], older_than_hours: float) -> dict[str, set[str]]:
    """Return the runs of each attempt to delete, by name: one that starts meanwhile must not be among them."""
    if not store.exists("runs"):
        return {}
    per_run = store.lake.read(store.spark, "runs").groupBy("attempt_id", "run_id").agg(F.max("at").alias("at"))
    dead: dict[str, set[str]] = {}
    young = set(kept)
    before = dt.datetime.now(dt.UTC) - dt.timedelta(hours=older_than_hours)
    for row in collect_rows(per_run, "runs"):
        dead.setdefault(row["attempt_id"], set()).add(row["run_id"])
        if utc(row["at"]) >= before:
            young.add(row["attempt_id"])
    return {attempt: runs for attempt, runs in dead.items() if attempt not in young}


def _report_folders(kept: Iterable[Publication], dead: Mapping[str, Iterable[str]]) -> Iterator[Path]:
    """Yield the report folders of dead attempts, whole or half written, beside those of kept ones.

    Only folders named by a dead attempt: other result tables may have their reports in the same place. Local and
    mounted places only.
    """
    named = {f"{run}-{attempt[:8]}" for attempt, runs in dead.items() for run in runs}
    for parent in sorted({Path(one.report_uri).parent for one in kept if "://" not in one.report_uri}):
        for folder in sorted(parent.iterdir()) if parent.is_dir() else ():
            # a half written one is called .NAME.NUMBER
            if folder.is_dir() and folder.name.removeprefix(".").partition(".")[0] in named:
                yield folder


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
