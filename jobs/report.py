"""The driver step that writes a report from published rows; it never reads the lake."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jobs.definition import Definition
from jobs.engines.base import Engine
from jobs.errors import InfrastructureError
from jobs.lake import Lake
from jobs.reporting import write_report
from jobs.results import ResultStore, published_or_error


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
    publication = published_or_error(store, analysis)
    rows = store.staged_rows(analysis, publication.attempt_id)
    # the definition that was run, not the file as it is now
    definition = Definition.model_validate_json(rows["runs"][0]["definition"])
    folder = (
        f"{Lake.at(reports).base}/{analysis}/{Path(publication.report_uri).name}" if reports else publication.report_uri
    )
    wanted = sorted({*existing_languages(folder), *(languages or definition.languages)})
    render(rows, definition, wanted, folder)
    return folder


def existing_languages(folder: str) -> list[str]:
    """Return the languages a report folder already holds."""
    return sorted(path.name.split(".")[1] for path in Path(folder).glob("report.*.md"))


def render(
    rows: Mapping[str, Sequence[Mapping[str, Any]]],
    definition: Definition,
    languages: Sequence[str],
    folder: str,
) -> None:
    """Write the report beside its place, then move it there whole.

    Raises:
        InfrastructureError: The folder cannot be written.
    """
    place = Path(folder)
    staged = place.with_name(f".{place.name}.{uuid.uuid4().hex[:8]}")
    try:
        staged.mkdir(parents=True)
        write_report(rows, definition.model_dump(mode="json", exclude_none=True), list(languages), staged)
        old = place.with_name(f".{place.name}.old-{uuid.uuid4().hex[:8]}")
        if place.exists():
            place.rename(old)
        staged.rename(place)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise InfrastructureError(
            f"the report cannot be written to {folder} ({error.strerror})", advice="check --reports and free space"
        ) from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)
