"""A run is killed at every point of the protocol: readers see the whole of one run, and the next run succeeds."""

from __future__ import annotations

import signal
from typing import get_args

import pytest

from jobs.pause import Point
from tests.faults.conftest import add_customers
from tests.faults.readers import customers_in, rows_of, seen
from tests.faults.runs import Place, ended, ended_all

# From here on the new publication is the one that readers see.
_AFTER = ("published", "ended")


@pytest.mark.parametrize("point", get_args(Point))
def test_killed_at_any_point_readers_see_one_whole_run_and_the_next_run_succeeds(place: Place, point: str) -> None:
    before = seen(place.results)
    assert before is not None
    place.kill(point)
    found = seen(place.results)
    assert found is not None
    assert (found.generation, found.customers) == ((2, 50) if point in _AFTER else (1, 40))
    if point not in _AFTER:
        assert found == before
    again = place.run()
    assert again.code == 0, again.err
    after = seen(place.results)
    assert after is not None
    assert (after.generation, after.customers) == (2, 50) == (2, customers_in(place.lake))
    assert after.run_id != before.run_id


@pytest.mark.parametrize("point", ["staging", "report_written"])
def test_the_very_first_run_killed_leaves_nothing_to_read_and_the_next_run_publishes(place: Place, point: str) -> None:
    for folder in ("results", "reports"):
        (place.folder / folder).rename(place.folder / f"{folder}-of-before")
    place.kill(point)
    assert seen(place.results) is None
    assert place.run().code == 0
    found = seen(place.results)
    assert found is not None
    assert (found.generation, found.customers) == (1, 50)


def test_a_run_that_is_asked_to_stop_ends_with_its_exit_code_and_publishes_nothing(place: Place) -> None:
    before = seen(place.results)
    for sent, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        (process,) = place.held("staged")
        process.send_signal(sent)
        assert ended(process).code == code
        assert seen(place.results) == before
    assert [row["event"] for row in rows_of(place.results, "runs")].count("failed") == 2


@pytest.mark.parametrize("count", [2, 4])
def test_of_runs_at_once_one_publishes_and_the_others_say_so(place: Place, count: int) -> None:
    processes = place.held("report_moved", count)
    place.release()
    codes = sorted(one.code for one in ended_all(processes))
    assert codes == [0] + [5] * (count - 1)
    found = seen(place.results)
    assert found is not None
    assert (found.generation, found.customers) == (2, 50)


def test_rows_that_arrive_while_a_run_is_held_are_not_in_it(place: Place) -> None:
    (process,) = place.held("started")
    add_customers(place.lake, 3)
    place.release()
    done = ended(process)
    assert done.code == 0, done.err
    found = seen(place.results)
    assert found is not None
    assert found.customers == 50
    assert place.run().code == 0
    later = seen(place.results)
    assert later is not None
    assert (later.generation, later.customers) == (3, 53)
