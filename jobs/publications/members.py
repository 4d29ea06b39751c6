"""`members`: the customers of a published cohort with their ids in the source systems."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.bounded import collect_rows
from jobs.definition import Definition
from jobs.engines.base import Engine
from jobs.errors import InfrastructureError, InputError, UsageError
from jobs.inputs import Inputs, read_inputs
from jobs.lake import Lake, Moment
from jobs.publications.pointer import Publication
from jobs.results import ResultStore, published_or_error
from jobs.secret_key import SecretKey, secret_key
from jobs.stored_inputs import SOURCE_IDS, secret_pads
from transforms import columns as c
from transforms.input_tables import TABLES
from transforms.member_ids import PLAIN_KEY, most_valuable_first, with_source_ids, without_formulas

# What a member row says beside its ids; null columns of an analysis without indices or alerts stay.
_IDENTITY = ("run_id", "attempt_id", "analysis", "key_id")


def export_members(
    engine: Engine, analysis: str, *, lake: str, results: str, out: str, alert: str | None, with_email: bool
) -> int:
    """Write the members of the current publication to a CSV file only its owner can read; return how many.

    The base table is read at the version of the run. The most valuable members stand first.

    Raises:
        UsageError: `out` exists, or the members are hidden under another key. InputError: Nothing is published, or
            the base table was replaced or lost that version. InfrastructureError: The file cannot be written.
    """
    path = Path(out).expanduser()
    if path.exists():
        raise UsageError(f"{out} exists", advice="choose another file, or remove it")
    store = ResultStore(engine, Lake.at(results))
    publication = published_or_error(store, analysis)
    event = _started(store, publication)
    definition = Definition.model_validate_json(event["definition"])
    place = Lake.at(lake)
    key = secret_key(place)
    members = store.staged("cohort_members", analysis, publication.attempt_id)
    _check_key(members, key, analysis)
    if alert is not None:
        members = members.filter(F.col(c.ALERT) == alert)
    inputs = read_inputs(engine, place, definition.inputs, moment=Moment(versions=_versions(event)))
    _check_same_table(inputs, definition, event)
    base = definition.base
    found = with_source_ids(
        members.drop(*_IDENTITY),
        inputs.rows[base],
        timestamp=str(TABLES[base].snapshot_column),
        ids=SOURCE_IDS,
        pads=secret_pads(engine, key),
    )
    _write(found if with_email else found.drop(PLAIN_KEY), path)
    return members.count()


def _started(store: ResultStore, publication: Publication) -> dict[str, Any]:
    events = collect_rows(store.staged("runs", publication.analysis, publication.attempt_id), "runs")
    return next(event for event in events if event["event"] == "started")


def _versions(event: dict[str, Any]) -> dict[str, int]:
    return {str(name): int(version) for name, version in dict(event["source_versions"]).items()}


def _check_key(members: DataFrame, key: SecretKey, analysis: str) -> None:
    found = collect_rows(members.select("key_id").distinct(), "cohort_members")
    if any(row["key_id"] != key.key_id for row in found):
        raise UsageError(
            f"the members of '{analysis}' are hidden under another key than this one ({key.key_id})",
            advice="set CUSTOMER360_HMAC_KEY to the key of the run, or run again",
        )


def _check_same_table(inputs: Inputs, definition: Definition, event: dict[str, Any]) -> None:
    name = inputs.table_name(definition.base)
    if inputs.source_ids().get(name) != dict(event["source_ids"]).get(name):
        raise InputError(
            f"{name} is not the table that the run read: it was replaced by another of the same name",
            advice="run again, then export the members of that run",
        )


def _write(rows: DataFrame, path: Path) -> None:
    """Write one CSV file by the engine, in a folder that nobody else may look into, and move it to its place."""
    private: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        private = tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent)
        parts = Path(private) / "parts"
        # the engine numbers its files in the order of the rows
        most_valuable_first(without_formulas(rows)).write.option("header", "true").csv(str(parts))
        whole = Path(private) / path.name
        with whole.open("wb") as file:
            file.write(f"{','.join(rows.columns)}\n".encode())
            for part in sorted(parts.glob("*.csv")):
                with part.open("rb") as lines:
                    lines.readline()
                    shutil.copyfileobj(lines, file)
        whole.chmod(0o600)
        whole.rename(path)
    except OSError as error:
        raise InfrastructureError(f"{path} cannot be written ({error.strerror})", advice="check the folder") from error
    finally:
        if private is not None:
            shutil.rmtree(private, ignore_errors=True)
