"""The page that lists the latest report of every analysis, written after a run from the reports' manifests."""

from __future__ import annotations

from collections.abc import Iterable

from jobs.publications.pointer import Publication
from jobs.report import read_manifest
from jobs.reporting.page import index_page
from jobs.reporting.page.html import LANGUAGE_TAGS
from jobs.reporting.page.index import Edition, Entry
from jobs.sinks import Sink

INDEX = "index.html"


def write_report_index(sink: Sink, publications: Iterable[Publication], reports: str) -> str | None:
    """Write `index.html` into a folder of reports; return where it is, None where no report lies there.

    Publications whose report lies elsewhere, or is gone, are left out.
    """
    entries = [entry for publication in publications if (entry := _entry(sink, publication, reports)) is not None]
    if not entries:
        return None
    uri = f"{reports}/{INDEX}"
    sink.put(index_page(entries).encode(), uri)
    return uri


def _entry(sink: Sink, publication: Publication, reports: str) -> Entry | None:
    folder = publication.report_uri
    if not folder.startswith(f"{reports}/"):
        return None
    manifest = read_manifest(sink, folder)
    if not manifest:
        return None
    return Entry(
        analysis=publication.analysis,
        run_id=publication.run_id,
        published_at=f"{publication.published_at:%Y-%m-%d %H:%M}",
        editions=tuple(
            Edition(
                tag=LANGUAGE_TAGS.get(language, language),
                href=f"{folder.removeprefix(f'{reports}/')}/report.{language}.html",
                **texts,
            )
            for language, texts in sorted(manifest.get("editions", {}).items())
        ),
    )
