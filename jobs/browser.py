"""Opening a written report in the browser of this machine."""

from __future__ import annotations

import webbrowser
from collections.abc import Sequence
from pathlib import Path


def open_report(folder: str, languages: Sequence[str]) -> str | None:
    """Open the page of the first language that is there; return one line where that is not possible."""
    names = [f"report.{language}.html" for language in languages]
    page = next((Path(folder, name) for name in names if Path(folder, name).is_file()), None)
    if page is None:
        return f"no page to open: {folder} is no folder of this machine; copy the report to one"
    try:
        is_open = webbrowser.open(page.as_uri())
    except webbrowser.Error:
        is_open = False
    return None if is_open else f"there is no browser here; open {page} on a machine that has one"
