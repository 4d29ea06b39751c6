"""One attempt at publishing analyses: compute, stage, audit, render, publish, each step told to `runs`."""

from __future__ import annotations

import contextlib
import datetime as dt
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jobs import log_lines, pause, progress
from jobs.analyses import compute_all
from jobs.analysis import Computed
from jobs.audit import audit
from jobs.changes import Previous, add_changes, read_previous, to_recompute
from jobs.contracts.gate import Gate
from jobs.contracts.model import Contracts
from jobs.definition import Definition
from jobs.engines.base import Engine
from jobs.engines.failures import as_ours, kinds
from jobs.inputs import PinnedInputs
from jobs.lake import Lake
from jobs.publications.pointer import KEPT, Publication
from jobs.report import render
from jobs.republication import refuse_other_content
from jobs.results import ResultStore
from jobs.run_identity import code_version
from jobs.secret_key import SecretKey, secret_key
from jobs.sinks import Sink, report_place
from transforms import result_tables


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What a run is told; without contracts, the shipped ones count."""

    lake: str
    results: str
    reports: str
    languages: tuple[str, ...] = ()
    force: bool = False
    keep: int = KEPT
    as_of: dt.datetime | None = None
    contracts: Contracts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What happened to one analysis."""

    definition: Definition
    run_id: str
    report_uri: str
    published_now: bool
    rows: Mapping[str, Sequence[Mapping[str, Any]]] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Staged:
    """What the result tables hold of the attempt, read back: rows and number of members by analysis."""

    rows: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]]
    members: Mapping[str, int]


class Attempt:
    """One attempt of this process; its id tags every row it stages."""

    def __init__(
        self,
        engine: Engine,
        store: ResultStore,
        inputs: PinnedInputs,
        lake: Lake,
        sink: Sink,
        options: RunOptions,
        ids: Mapping[str, str],
        current: Mapping[str, Publication | None],
        done: Callable[[Outcome], None],
    ) -> None:
        self._engine = engine
        self._store = store
        self._inputs = inputs
        self._sink = sink
        self._lake = lake
        self._options = options
        self._ids = ids
        self._current = current
        self._done = done
        self._key: SecretKey = secret_key(lake)
        self.attempt_id = uuid.uuid4().hex
        self._started = time.monotonic()

    def publish_all(self, definitions: Sequence[Definition]) -> list[Outcome]:
        """Compute all, then publish one by one.

        Raises:
            As `run`; what was published before the failure stays published.
        """
        with log_lines.of_runs([self._ids[one.analysis] for one in definitions], self.attempt_id):
            return self._publish_all(definitions)

    def _publish_all(self, definitions: Sequence[Definition]) -> list[Outcome]:
        self._store.append("runs", [self._event(d, "started") for d in definitions])
        pause.reached("started")
        outcomes: list[Outcome] = []
        done: list[dict[str, Any]] = []
        try:
            computed = self._compute_with_changes(definitions)
            pause.reached("computed")
            progress.expect(2 + 2 * len(definitions))
            progress.step("staging the result rows")
            self._stage(computed)
            pause.reached("staged")
            progress.step("reading the result rows back")
            names = [definition.analysis for definition in definitions]
            staged = _Staged(
                rows=self._store.staged_by_analysis(names, self.attempt_id),
                members=self._store.count_members(self.attempt_id),
            )
            for definition in definitions:
                with log_lines.of_runs([self._ids[definition.analysis]]):
                    outcomes.append(self._publish(definition, computed[definition.analysis], staged))
                self._done(outcomes[-1])
                done.append(self._event(definition, "succeeded", computed=computed[definition.analysis]))
        except BaseException as error:
            known = as_ours(error)
            text = known.line() if known else kinds(error)
            # what was published before the failure stays published
            failed = [self._event(d, "failed", error=text) for d in definitions[len(outcomes) :]]
            # the disk that is full may be the one that the event goes to
            with contextlib.suppress(Exception):
                self._store.append("runs", done + failed)
            if known is None or known is error:
                raise
            raise known from error
        finally:
            self._engine.release()
        self._store.append("runs", done)
        pause.reached("ended")
        return outcomes

    def _compute_with_changes(self, definitions: Sequence[Definition]) -> dict[str, Computed]:
        """Compute every definition and, where another one was published last, that one on the same views."""
        previous: dict[str, Previous] = {}
        old: dict[str, Definition] = {}
        for definition in definitions:
            publication = self._current[definition.analysis]
            if publication is None:
                continue
            previous[definition.analysis] = read_previous(self._store, publication)
            again = to_recompute(definition, previous[definition.analysis])
            if again is not None:
                old[definition.analysis] = again
        counted = {analysis: before.table_rows for analysis, before in previous.items()}
        gate = Gate(engine=self._engine, lake=self._lake, as_of=self._options.as_of, before=counted)
        found = compute_all(self._engine, self._inputs, [*definitions, *old.values()], self._key, gate)
        recomputed = {analysis: found[again.analysis] for analysis, again in old.items()}
        computed = {definition.analysis: found[definition.analysis] for definition in definitions}
        for definition in definitions:
            analysis = definition.analysis
            if analysis in previous:
                before, today = previous[analysis], recomputed.get(analysis)
                add_changes(definition, computed[analysis], before, today, self._key.key_id)
        return computed

    def _stage(self, computed: Mapping[str, Computed]) -> None:
        """Append once per table, whatever the number of analyses."""
        tables: dict[str, list[dict[str, Any]]] = {
            table: [
                {**self._identity(analysis), **row} for analysis, found in computed.items() for row in found.rows[table]
            ]
            for table in result_tables.STAGED
            if table != "cohort_members"
        }
        self._store.append_all(tables)
        pause.reached("staging")
        members = [(a, found.members) for a, found in computed.items() if found.members is not None]
        self._store.append_members([(self._identity(analysis), frame) for analysis, frame in members])

    def _publish(self, definition: Definition, computed: Computed, staged: _Staged) -> Outcome:
        analysis = definition.analysis
        rows = staged.rows[analysis]
        audit(computed, rows, staged.members.get(analysis, 0))
        pause.reached("audited")
        before = self._current[analysis]
        same = [one for one in (before.kept() if before else ()) if one.run_id == self._ids[analysis]]
        if same:
            refuse_other_content(self._store, same[0], self.attempt_id, rows)
        languages = self._options.languages or tuple(definition.languages)
        report_uri = f"{report_place(self._options.reports)}/{analysis}/{self._ids[analysis]}-{self.attempt_id[:8]}"
        progress.step(f"writing the report of {analysis}")
        render(self._sink, rows, definition, languages, report_uri)
        progress.step(f"publishing {analysis}")
        pause.reached("report_moved")
        wanted = Publication(
            analysis=analysis,
            run_id=self._ids[analysis],
            attempt_id=self.attempt_id,
            generation=1,
            published_at=_now(),
            report_uri=report_uri,
        ).after(before, self._options.keep)
        self._store.publish(wanted, expected_generation=before.generation if before else 0)
        pause.reached("published")
        return Outcome(
            definition=definition,
            run_id=self._ids[analysis],
            report_uri=report_uri,
            published_now=True,
            rows=rows,
        )

    def _identity(self, analysis: str) -> dict[str, str]:
        return {"run_id": self._ids[analysis], "attempt_id": self.attempt_id, "analysis": analysis}

    def _event(
        self, definition: Definition, event: str, *, computed: Computed | None = None, error: str | None = None
    ) -> dict[str, Any]:
        return {
            **self._identity(definition.analysis),
            "event": event,
            "at": _now(),
            "definition": definition.canonical(),
            "definition_digest": definition.digest(),
            "code_version": code_version(),
            "engine": self._engine.name,
            "source_ids": self._inputs.of(definition).source_ids(),
            "source_versions": self._inputs.of(definition).source_versions(),
            "n_customers": computed.n_customers if computed else None,
            "n_cohort": computed.n_cohort if computed else None,
            "seconds": None if event == "started" else time.monotonic() - self._started,
            "error": error,
        }


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
