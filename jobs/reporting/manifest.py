"""What produced a report folder: run, sources, definition, code, and a digest of every file."""

from __future__ import annotations

import hashlib
import json
import pathlib
from collections.abc import Sequence

from jobs.reporting.rows import Rows

FILE_NAME = "manifest.json"


def write_manifest(
    rows: Rows, analysis: str, languages: Sequence[str], folder: pathlib.Path, files: Sequence[pathlib.Path]
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
        "languages": list(languages),
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
