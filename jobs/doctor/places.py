"""What an engine says of the places a run is given: tables of the lake, results, reports."""

from __future__ import annotations

from collections.abc import Iterator

from jobs.doctor.finding import Looked, fine, note, wrong
from jobs.engines.base import Engine
from jobs.errors import Customer360Error, InputError, UsageError
from jobs.inputs import OPTIONAL_ROLES
from jobs.lake import Lake
from jobs.local_frames import local_frame
from jobs.result_place import check_schema_exists, check_schemas, check_writable
from jobs.results import ResultStore
from jobs.secret_key import secret_key
from jobs.sinks import report_place, sink_for
from transforms.input_tables import TABLES


def engine_works(engine: Engine) -> Looked:
    """Let the engine compute and keep a frame."""
    try:
        frame = engine.materialise(local_frame(engine.spark, [{"n": 1}, {"n": 2}], "n int"), "doctor")
        counted = frame.count()
    except Exception as error:
        failed = UsageError(f"cannot store a frame of two rows ({type(error).__name__})", advice="see --verbose")
        return wrong(f"engine {engine.name}", failed)
    finally:
        engine.release()
    return fine(f"engine {engine.name}", f"Spark API {engine.spark.version}; stored and read {counted} rows")


def lake_tables(engine: Engine, place: str) -> Iterator[Looked]:
    """Look for every input table, and for the key that hides customers."""
    lake = Lake.at(place)
    found = 0
    for role, table in TABLES.items():
        try:
            engine.check_place(lake.base)
            version = engine.table_version(lake.target(table.name))
            if version is not None:
                columns = lake.read(engine.spark, table.name, version.version).columns
        except Customer360Error as error:
            yield wrong(table.name, error)
            continue
        except Exception as error:
            said = f"version {version.version if version else '?'} cannot be read ({type(error).__name__})"
            yield wrong(table.name, InputError(said, advice="check the table's files and your permissions"))
            continue
        if version is None:
            optional = role in OPTIONAL_ROLES
            yield note(table.name, "not there; " + ("optional" if optional else "what needs it is left out, and said"))
            continue
        found += 1
        absent = len(table.columns.keys() - set(columns))
        said = f"version {version.version}, {len(columns)} columns"
        yield fine(table.name, f"{said}, {absent} of ours not among them" if absent else said)
    if not found:
        yield wrong(
            "lake",
            InputError(
                f"{lake.base} holds none of the input tables",
                advice="customer360 init --lake proposes which of your tables are which; ingest brings files in",
            ),
        )
    try:
        yield fine("key", f"customer keys are hidden with the key {secret_key(lake).key_id}")
    except Customer360Error as error:
        yield wrong("key", error)


def results_place(engine: Engine, place: str) -> Looked:
    """Look whether results can be written, and whether those there are of this version."""
    results = Lake.at(place)
    try:
        engine.check_place(results.base)
        check_writable(results)
        store = ResultStore(engine, results)
        check_schema_exists(engine, results)
        check_schemas(store)
        names = ", ".join(one.analysis for one in store.publications())
    except Customer360Error as error:
        return wrong("results", error)
    return fine("results", f"{results.base}: published: {names or 'nothing yet'}")


def reports_place(engine: Engine, place: str) -> Looked:
    """Look who writes reports there."""
    target = report_place(place)
    try:
        sink = sink_for(engine.spark, target)
    except Customer360Error as error:
        return wrong("reports", error)
    return fine("reports", f"{target} ({type(sink).__name__})")
