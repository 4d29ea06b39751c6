"""The main job: read pinned tables, compute analyses, stage, audit, render, publish."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import pause, progress
from jobs.analysis import Computed, compute
from jobs.audit import audit
from jobs.availability import check_required
from jobs.changes import Previous, add_changes, read_previous, to_recompute
from jobs.contracts.findings import Finding
from jobs.contracts.gate import Gate, enforce
from jobs.contracts.loading import load_contracts
from jobs.contracts.model import Contracts
from jobs.definition import Definition
from jobs.definition.inputs import mapping_key
from jobs.engines.base import Engine
from jobs.engines.failures import as_ours
from jobs.inputs import PinnedInputs
from jobs.lake import Lake, Moment
from jobs.local_frames import local_frame
from jobs.publications.pointer import KEPT, Publication
from jobs.report import existing_languages, render
from jobs.report_index import write_report_index
from jobs.republication import refuse_other_content
from jobs.result_place import check_schemas, check_writable, refuse_inputs_as_outputs
from jobs.results import ResultStore
from jobs.run_identity import code_version, run_id
from jobs.secret_key import SecretKey, secret_key
from jobs.shared_work import SharedWork
from jobs.sinks import Sink, report_place, sink_for
from jobs.stored_inputs import store_inputs
from jobs.view import build_view, column_sources
from transforms import result_tables
from transforms.input_tables import TABLES

logger = logging.getLogger(__name__)


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


def run(engine: Engine, definitions: Sequence[Definition], options: RunOptions) -> list[Outcome]:
    """Compute and publish every definition on one set of pinned inputs.

    Raises:
        InputError: No usable input. QualityError: A table breaks a rule of its contract.
        AuditError: Staged rows differ from what was computed.
        ConflictError: Another run published first, or the same run gave other rows before.
        UsageError: Results or reports among the inputs. InfrastructureError: Storage, engine or disk failed.
    """
    reports = report_place(options.reports)
    # a place nobody can write to is told before anything is computed
    sink = sink_for(engine, reports)
    progress.expect(1)
    progress.step("looking at the tables")
    lake = Lake.at(options.lake)
    results = Lake.at(options.results)
    refuse_inputs_as_outputs(lake, _input_tables(definitions), results, reports)
    check_writable(results)
    store = ResultStore(engine, results)
    if not results.is_catalog:
        engine.keep_scratch_at(results.base)
    contracts = load_contracts() if options.contracts is None else options.contracts
    inputs = PinnedInputs(engine, lake, Moment(as_of=options.as_of), contracts)
    for definition in definitions:
        check_required(inputs.of(definition), definition)
    ids = {d.analysis: run_id(d, inputs.of(d), options.as_of) for d in definitions}
    current = {d.analysis: store.publication(d.analysis) for d in definitions}
    outcomes: dict[str, Outcome] = {}
    wanted = []
    for definition in definitions:
        publication = current[definition.analysis]
        if publication and publication.run_id == ids[definition.analysis] and not options.force:
            logger.info("analysis=%s run=%s is already published", definition.analysis, publication.run_id)
            outcomes[definition.analysis] = _rerender(engine, store, definition, publication, options)
        else:
            wanted.append(definition)
    if wanted:
        check_schemas(store)
        attempt = _Attempt(engine, store, inputs, lake, sink, options, ids, current)
        outcomes.update({o.definition.analysis: o for o in attempt.publish_all(wanted)})
    write_report_index(sink, store.publications(), reports)
    return [outcomes[d.analysis] for d in definitions]


def _input_tables(definitions: Sequence[Definition]) -> set[str]:
    mapped = {source.table for definition in definitions for source in definition.inputs.values() if source.table}
    return {table.name for table in TABLES.values()} | mapped


def _rerender(
    engine: Engine, store: ResultStore, definition: Definition, publication: Publication, options: RunOptions
) -> Outcome:
    """Render languages or files that are missing, from the published rows."""
    rows = store.staged_rows(definition.analysis, publication.attempt_id)
    languages = options.languages or tuple(definition.languages)
    # the report lies where it was published, which need not be where this run would put it
    sink = sink_for(engine, publication.report_uri)
    present = existing_languages(sink, publication.report_uri)
    if not set(languages) <= set(present):
        render(sink, rows, definition, sorted({*present, *languages}), publication.report_uri)
    return Outcome(
        definition=definition,
        run_id=publication.run_id,
        report_uri=publication.report_uri,
        published_now=False,
        rows=rows,
    )


def compute_all(
    engine: Engine,
    inputs_by_mapping: PinnedInputs,
    definitions: Sequence[Definition],
    key: SecretKey,
    gate: Gate | None = None,
) -> dict[str, Computed]:
    """Compute every definition; each source is read once, and who reads the same columns of it shares one view.

    Raises:
        QualityError: The gate is closed: a table breaks a rule of its contract.
    """
    computed: dict[str, Computed] = {}
    by_mapping: dict[str, list[Definition]] = {}
    for definition in definitions:
        by_mapping.setdefault(mapping_key(definition.inputs), []).append(definition)
    groups: dict[tuple[str, str, tuple[tuple[str, str], ...]], list[Definition]] = {}
    for definition in definitions:
        reads = (mapping_key(definition.inputs), definition.base, tuple(sorted(definition.columns.items())))
        groups.setdefault(reads, []).append(definition)
    progress.expect(len(by_mapping) + len(groups) + len(definitions))
    for number, alike in enumerate(by_mapping.values()):
        progress.step("reading the tables")
        store_inputs(engine, inputs_by_mapping.of(alike[0]), alike, key, f"inputs_{number}")
    pause.reached("read")
    checked = _passed_gate(gate, inputs_by_mapping, definitions)
    for number, ((_, base, chosen), alike) in enumerate(groups.items()):
        inputs = inputs_by_mapping.of(alike[0])
        used = {name for definition in alike for name in definition.used_columns()}
        sources = column_sources(inputs, used, dict(chosen))
        progress.step(f"reducing the tables to customers, base {base}")
        view = build_view(engine, inputs, base=base, sources=sources, name=f"view_{number}")
        logger.info("base=%s customers=%d", base, view.n_customers)
        shared = SharedWork(engine, f"group_{number}")
        for definition in alike:
            progress.step(f"computing {definition.analysis}")
            found = compute(engine, definition, inputs, view, key, shared)
            logger.info("analysis=%s cohort=%s", definition.analysis, found.n_cohort)
            found.rows["quality"] += [finding.row() for finding in checked.get(definition.analysis, ())]
            computed[definition.analysis] = found
    return computed


def _passed_gate(
    gate: Gate | None, inputs: PinnedInputs, definitions: Sequence[Definition]
) -> dict[str, list[Finding]]:
    """Return what became of the contracts' rules, by analysis."""
    if gate is None:
        return {}
    found = {definition.analysis: gate.findings(inputs.of(definition), definition) for definition in definitions}
    enforce([finding for findings in found.values() for finding in findings])
    return found


class _Attempt:
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
    ) -> None:
        self._engine = engine
        self._store = store
        self._inputs = inputs
        self._sink = sink
        self._lake = lake
        self._options = options
        self._ids = ids
        self._current = current
        self._key: SecretKey = secret_key(lake)
        self.attempt_id = uuid.uuid4().hex
        self._started = time.monotonic()

    def publish_all(self, definitions: Sequence[Definition]) -> list[Outcome]:
        self._store.append("runs", [self._event(d, "started") for d in definitions])
        pause.reached("started")
        outcomes: list[Outcome] = []
        done: list[dict[str, Any]] = []
        try:
            computed = self._compute_with_changes(definitions)
            pause.reached("computed")
            progress.expect(1 + len(definitions))
            progress.step("staging the result rows")
            self._stage(computed)
            pause.reached("staged")
            for definition in definitions:
                progress.step(f"writing and publishing the report of {definition.analysis}")
                outcomes.append(self._publish(definition, computed[definition.analysis]))
                done.append(self._event(definition, "succeeded", computed=computed[definition.analysis]))
        except BaseException as error:
            known = as_ours(error)
            text = known.line() if known else type(error).__name__
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
        members: DataFrame | None = None
        for analysis, found in computed.items():
            if found.members is not None:
                part = self._member_rows(analysis, found.members)
                members = part if members is None else members.unionByName(part)
        if members is None:
            # readers find the table, empty, where no analysis has a cohort
            self._store.append("cohort_members", [])
        else:
            self._store.append_frame("cohort_members", members)

    def _member_rows(self, analysis: str, members: DataFrame) -> DataFrame:
        identity = self._identity(analysis)
        known = {name: F.col(name) for name in members.columns}
        known |= {name: F.lit(value) for name, value in identity.items()}
        empty = local_frame(self._engine.spark, [], result_tables.ddl("cohort_members"))
        # by name: a type object goes to a Spark Connect server with its collation, which few readers of Delta know
        types = {field.name: field.dataType.simpleString() for field in empty.schema.fields}
        return members.select(
            *(
                known.get(name, F.lit(None)).cast(types[name]).alias(name)
                for name in result_tables.columns("cohort_members")
            )
        )

    def _publish(self, definition: Definition, computed: Computed) -> Outcome:
        analysis = definition.analysis
        rows = self._store.staged_rows(analysis, self.attempt_id)
        audit(computed, rows, self._store.count_staged("cohort_members", analysis, self.attempt_id))
        pause.reached("audited")
        before = self._current[analysis]
        same = [one for one in (before.kept() if before else ()) if one.run_id == self._ids[analysis]]
        if same:
            refuse_other_content(self._store, same[0], self.attempt_id, rows)
        languages = self._options.languages or tuple(definition.languages)
        report_uri = f"{report_place(self._options.reports)}/{analysis}/{self._ids[analysis]}-{self.attempt_id[:8]}"
        render(self._sink, rows, definition, languages, report_uri)
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
