"""Runs that make the tables at the same moment, and maintenance beside a run."""

from __future__ import annotations

import shutil

import pytest
from deltalake import DeltaTable

from jobs.engines import Engine
from jobs.publications.clean import clean
from tests.faults.readers import rows_of, seen
from tests.faults.runs import Place, ended, ended_all
from transforms.result_tables import STAGED


@pytest.mark.parametrize("point", ["computed", "report_moved"])
def test_of_two_first_runs_at_once_one_publishes_and_no_row_is_mixed(place: Place, point: str) -> None:
    for folder in ("results", "reports"):
        shutil.rmtree(place.folder / folder)
    processes = place.held(point, 2)
    place.release()
    done = ended_all(processes)
    assert sorted(one.code for one in done) == [0, 5], [one.err for one in done]
    found = seen(place.results)
    assert found is not None
    assert (found.generation, found.customers) == (1, 50)
    # the rows of the one that came second are there, whole, and nobody sees them
    attempts = {row["attempt_id"] for row in rows_of(place.results, "attrition")}
    assert len(attempts) == 2


@pytest.mark.parametrize("point", ["computed", "staging", "staged", "audited", "report_moved"])
def test_cleaning_beside_a_run_takes_nothing_of_it(place: Place, engine: Engine, point: str) -> None:
    (process,) = place.held(point)
    clean(engine, str(place.results), older_than_hours=24, vacuum_hours=168)
    for table in STAGED:
        DeltaTable(place.results / table).optimize.compact()
        DeltaTable(place.results / table).vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)
    place.release()
    done = ended(process)
    assert done.code == 0, done.err
    found = seen(place.results)
    assert found is not None
    assert (found.generation, found.customers) == (2, 50)
