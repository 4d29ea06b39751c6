"""Runs, crashes, rollbacks and cleaning in any order: readers always see what the last of them should have left."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from jobs import pause
from jobs.definition import Definition, load_definition
from jobs.engines import Engine
from jobs.pause import Point
from jobs.publications.clean import clean
from jobs.publications.pointer import KEPT
from jobs.publications.rollback import rollback
from jobs.run import RunOptions, run
from tests.faults.conftest import add_customers, value_rows
from tests.faults.readers import seen
from tests.faults.runs import DEFINITION
from tests.jobs.small_lake import write

_AFTER = ("published", "ended")


class _CrashError(BaseException):
    """The process ends here, as far as the run can tell."""


class Publications(RuleBasedStateMachine):
    """The model: customers in the lake, and of each publication that readers could go back to."""

    engine: Engine
    definition: Definition

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="customer360-machine-"))
        self.lake, self.results = self.folder / "lake", self.folder / "results"
        write(self.lake, "value", value_rows(20))
        self.customers = 20
        self.generation = 0
        # customers of the publications that are kept, the one that readers see first
        self.kept: list[int] = []
        self.added = 0

    def teardown(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self) -> None:
        options = RunOptions(lake=str(self.lake), results=str(self.results), reports=str(self.folder / "reports"))
        run(self.engine, [self.definition], options)

    def _published(self) -> None:
        if not self.kept or self.kept[0] != self.customers:
            self.generation += 1
            self.kept = [self.customers, *self.kept][:KEPT]

    @rule()
    def the_lake_grows(self) -> None:
        self.added += 1
        add_customers(self.lake, self.added)
        self.customers += self.added

    @rule()
    def a_run_ends(self) -> None:
        self._run()
        self._published()

    @rule(point=st.sampled_from(get_args(Point)))
    def a_run_crashes(self, point: str) -> None:
        def reached(here: str) -> None:
            if here == point:
                raise _CrashError

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pause, "reached", reached)
            try:
                self._run()
            except _CrashError:
                if point in _AFTER:
                    self._published()
            else:
                # nothing was new, so nothing was computed
                assert self.kept[0] == self.customers

    @precondition(lambda self: len(self.kept) > 1)
    @rule()
    def somebody_rolls_back(self) -> None:
        rollback(self.engine, str(self.results), "faulty", None)
        self.generation += 1
        self.kept = [self.kept[1], self.kept[0], *self.kept[2:]]

    @precondition(lambda self: bool(self.kept))
    @rule()
    def somebody_cleans(self) -> None:
        clean(self.engine, str(self.results), older_than_hours=0, vacuum_hours=0)

    @invariant()
    def readers_see_one_whole_publication(self) -> None:
        found = seen(self.results)
        if not self.kept:
            assert found is None
            return
        assert found is not None
        assert (found.generation, found.customers) == (self.generation, self.kept[0])


def test_in_any_order_of_runs_crashes_rollbacks_and_cleaning_readers_see_one_whole_publication(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTOMER360_HMAC_KEY", "a-key-for-the-tests-only")
    path = tmp_path / "faulty.yml"
    path.write_text(DEFINITION, "utf-8")
    machine: Any = type("Machine", (Publications,), {"engine": engine, "definition": load_definition(str(path))})
    checked = settings(
        max_examples=6,
        stateful_step_count=10,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    run_state_machine_as_test(machine, settings=checked)
