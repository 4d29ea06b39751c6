"""The page that lists the latest report of every analysis, written after a run from the reports' manifests."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from jobs.publications.pointer import Publication
from jobs.reporting.manifest import FILE_NAME
from jobs.reporting.page import write_index
from jobs.reporting.page.html import LANGUAGE_TAGS
from jobs.reporting.page.index import Edition, Entry

INDEX = "index.html"


def write_report_index(publications: Iterable[Publication], reports: str) -> Path | None:
    """Write `index.html` into a local folder of reports; return its path, None where nothing lies there.

    Publications whose report lies elsewhere, or is gone, are left out.
    """
    base = Path(reports)
    entries = [entry for publication in publications if (entry := _entry(publication, base)) is not None]
    if not entries:
        return None
    path = base / INDEX
    write_index(entries, path)
    return path


def _entry(publication: Publication, base: Path) -> Entry | None:
    folder = Path(publication.report_uri)
    manifest = folder / FILE_NAME
    if base not in folder.parents or not manifest.is_file():
        return None
    editions = json.loads(manifest.read_text("utf-8")).get("editions", {})
    return Entry(
        analysis=publication.analysis,
        run_id=publication.run_id,
        published_at=f"{publication.published_at:%Y-%m-%d %H:%M}",
        editions=tuple(
            Edition(
                tag=LANGUAGE_TAGS.get(language, language),
                href=Path(os.path.relpath(folder / f"report.{language}.html", base)).as_posix(),
                **texts,
            )
            for language, texts in sorted(editions.items())
        ),
    )
