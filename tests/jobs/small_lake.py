"""Lakes of a few literal rows, and what one analysis computes over them: no publication, no report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import write_deltalake

from jobs.analysis import Computed, compute
from jobs.definition import Definition
from jobs.engines import Engine
from jobs.inputs import Inputs, read_inputs
from jobs.lake import Lake
from jobs.secret_key import SecretKey
from jobs.shared_work import SharedWork
from jobs.stored_inputs import store_inputs
from jobs.view import build_view, column_sources
from transforms.input_tables import TABLES

_ARROW = {
    "string": pa.string(),
    "bigint": pa.int64(),
    "int": pa.int32(),
    "double": pa.float64(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}

Row = Mapping[str, Any]

KEY = SecretKey(b"a-key-for-the-tests-only")


def write(lake: Path, role: str, rows: Sequence[Row], *, without: Sequence[str] = (), mode: str = "error") -> None:
    """Write the table of a role with its full schema, less the columns `without`."""
    columns = {name: kind for name, kind in TABLES[role].columns.items() if name not in without}
    schema = pa.schema([(name, _ARROW[kind]) for name, kind in columns.items()])
    write_deltalake(
        lake / TABLES[role].name, pa.Table.from_pylist([dict(row) for row in rows], schema=schema), mode=mode
    )


def customers(*rows: Row) -> list[dict[str, Any]]:
    """Return the rows with an e-mail each, in order."""
    return [{"primary_email": f"c{number}@x.org", **row} for number, row in enumerate(rows)]


def stored(engine: Engine, lake: Path, *definitions: Definition) -> Inputs:
    """Read, store and count the inputs as a run of the definitions does."""
    inputs = read_inputs(engine, Lake.at(str(lake)))
    store_inputs(engine, inputs, definitions, KEY)
    return inputs


def computed(engine: Engine, lake: Path, definition: Definition) -> Computed:
    """Compute one definition as a run does."""
    inputs = stored(engine, lake, definition)
    sources = column_sources(inputs, definition.used_columns(), definition.columns)
    view = build_view(engine, inputs, base=definition.base, sources=sources)
    return compute(engine, definition, inputs, view, KEY, SharedWork(engine))


def definition_of(**parts: Any) -> Definition:
    """Return a definition from the parts of a file, the wording filled in."""
    texts = {"title": {"en": "Title"}, "question": {"en": "Question?"}, "languages": ["en"]}
    return Definition.model_validate({"analysis": "small", "base": "value", **texts, **parts})
