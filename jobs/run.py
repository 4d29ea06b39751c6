"""The main job: read pinned tables, compute analyses, stage, audit, render, publish."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from jobs import log_lines, progress
from jobs.attempt import Attempt, Outcome, RunOptions
from jobs.availability import check_required
from jobs.contracts.loading import load_contracts
from jobs.definition import Definition
from jobs.engines.base import Engine
from jobs.inputs import PinnedInputs
from jobs.lake import Lake, Moment
from jobs.publications.pointer import Publication
from jobs.reader_views import create_views
from jobs.report import existing_languages, render
from jobs.report_index import write_report_index
from jobs.result_place import (
    check_schema_exists,
    check_schemas,
    check_writable,
    refuse_inputs_as_outputs,
    warn_of_lost_commits,
)
from jobs.results import ResultStore
from jobs.run_identity import run_id
from jobs.sinks import report_place, sink_for
from transforms.input_tables import TABLES

__all__ = ["Outcome", "RunOptions", "run"]

logger = logging.getLogger(__name__)


def run(
    engine: Engine,
    definitions: Sequence[Definition],
    options: RunOptions,
    done: Callable[[Outcome], None] = lambda _: None,
) -> list[Outcome]:
    """Compute and publish every definition on one set of pinned inputs; `done` is told of each when it is.

    Raises:
        InputError: No usable input. QualityError: A table breaks a rule of its contract.
        AuditError: Staged rows differ from what was computed.
        ConflictError: Another run published first, or the same run gave other rows before.
        UsageError: Results or reports among the inputs. InfrastructureError: Storage, engine or disk failed.
    """
    reports = report_place(options.reports)
    # a place nobody can write to is told before anything is computed
    sink = sink_for(engine.spark, reports)
    progress.expect(1)
    progress.step("looking at the tables")
    lake = Lake.at(options.lake)
    results = Lake.at(options.results)
    refuse_inputs_as_outputs(lake, _input_tables(definitions), results, reports)
    check_writable(results)
    warn_of_lost_commits(engine, results)
    store = ResultStore(engine, results)
    check_schema_exists(engine, results)
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
            with log_lines.of_runs([publication.run_id]):
                logger.info("analysis=%s is already published", definition.analysis)
            outcomes[definition.analysis] = _rerender(engine, store, definition, publication, options)
            done(outcomes[definition.analysis])
        else:
            wanted.append(definition)
    if wanted:
        check_schemas(store)
        attempt = Attempt(engine, store, inputs, lake, sink, options, ids, current, done)
        outcomes.update({o.definition.analysis: o for o in attempt.publish_all(wanted)})
        create_views(store)
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
    sink = sink_for(engine.spark, publication.report_uri)
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
