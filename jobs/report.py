"""The driver step that writes a report from published rows; it never reads the lake."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from jobs import pause, progress
from jobs.definition import Definition
from jobs.engines.base import Engine
from jobs.lake import Lake
from jobs.reporting.manifest import FILE_NAME
from jobs.results import ResultStore, published_or_error
from jobs.sinks import Sink, report_place, sink_for


def report(
    engine: Engine,
    analysis: str,
    *,
    results: str,
    reports: str | None,
    languages: Sequence[str],
) -> str:
    """Render the published rows of an analysis again; return the folder.

    Raises:
        InputError: Nothing is published for the analysis.
    """
    store = ResultStore(engine, Lake.at(results))
    asked = None if reports is None else report_place(reports)
    # a place nobody can write to is told before anything is read
    sink = None if asked is None else sink_for(engine.spark, asked)
    publication = published_or_error(store, analysis)
    folder = publication.report_uri
    if asked is not None:
        folder = f"{asked}/{analysis}/{folder.rpartition('/')[2]}"
    sink = sink or sink_for(engine.spark, folder)
    progress.expect(2)
    progress.step("reading the published rows")
    rows = store.staged_rows(analysis, publication.attempt_id)
    # the definition that was run, not the file as it is now
    definition = Definition.model_validate_json(rows["runs"][0]["definition"])
    wanted = sorted({*existing_languages(sink, folder), *(languages or definition.languages)})
    progress.step(f"writing the report of {analysis}")
    render(sink, rows, definition, wanted, folder)
    return folder


def existing_languages(sink: Sink, folder: str) -> list[str]:
    """Return the languages whose files are all there, as the manifest lists them."""
    manifest = read_manifest(sink, folder)
    if not manifest:
        return []
    sizes = sink.sizes(folder)
    languages: list[str] = manifest["languages"]
    return sorted(
        language
        for language in languages
        if all(sizes.get(file["path"]) == file["bytes"] for file in manifest["files"] if _is_of(file, language))
    )


def read_manifest(sink: Sink, folder: str) -> dict[str, Any]:
    """Return the manifest of a report; empty where none is complete."""
    content = sink.read(f"{folder}/{FILE_NAME}")
    found: dict[str, Any] = json.loads(content) if content else {}
    return found


def _is_of(file: Mapping[str, Any], language: str) -> bool:
    """Tell whether a file is of a language, or of all: 'charts/ltv_difference.en.svg', 'figures.json'."""
    parts = str(file["path"]).rpartition("/")[2].split(".")
    return len(parts) == 2 or parts[1] == language


def render(
    sink: Sink,
    rows: Mapping[str, Sequence[Mapping[str, Any]]],
    definition: Definition,
    languages: Sequence[str],
    folder: str,
) -> None:
    """Write the report beside its place, then move it there, its manifest last.

    Raises:
        InfrastructureError: The folder cannot be written.
    """
    # what draws takes a quarter of a second to load: not before something is drawn
    from jobs.reporting.report import write_report

    with sink.staged(folder) as staged:
        write_report(rows, definition.model_dump(mode="json", exclude_none=True), list(languages), staged)
        pause.reached("report_written")
