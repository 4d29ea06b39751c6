"""What produced a report folder: run, sources, definition, code, and a digest of every file."""

from __future__ import annotations

import hashlib
import json
import pathlib
from collections.abc import Sequence

from jobs.reporting.model import Bullets, Paragraph, Report
from jobs.reporting.rows import Rows

FILE_NAME = "manifest.json"


def write_manifest(
    rows: Rows, analysis: str, reports: Sequence[Report], folder: pathlib.Path, files: Sequence[pathlib.Path]
) -> pathlib.Path:
    """Write the manifest; its presence says that the folder is complete."""
    run = rows.one("runs", event="started") or rows.one("runs") or {}
    content = {
        "analysis": analysis,
        "run_id": run.get("run_id"),
        "attempt_id": run.get("attempt_id"),
        "definition_digest": run.get("definition_digest"),
        "code_version": run.get("code_version"),
        "engine": run.get("engine"),
        "source_ids": dict(run.get("source_ids") or {}),
        "source_versions": dict(run.get("source_versions") or {}),
        "languages": [report.language for report in reports],
        "editions": {report.language: _edition(report) for report in reports},
        "files": [
            {
                "path": path.relative_to(folder).as_posix(),
                "bytes": path.stat().st_size,
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            }
            for path in sorted(files)
        ],
    }
    path = folder / FILE_NAME
    path.write_text(json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def _edition(report: Report) -> dict[str, str]:
    """Return what an index shows of a report: title, question, its first finding, what changed."""
    chapters = {section.name: section for section in report.sections}
    return {
        "title": report.title,
        "question": report.question,
        "headline": _first_words(chapters["summary"].blocks),
        "change": _first_words(chapters["changes"].blocks) if "changes" in chapters else "",
    }


def _first_words(blocks: Sequence[object]) -> str:
    """Return the first point of the first list, else the first paragraph."""
    for block in blocks:
        if isinstance(block, Bullets) and block.items:
            item = block.items[0]
            return f"{item.lead} {item.text}".strip()
    return next((block.text for block in blocks if isinstance(block, Paragraph)), "")
