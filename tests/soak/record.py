"""The last result of each part of the soak, with its date: one line of docs/soak.md."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "soak.md"


def record(part: str, result: str) -> None:
    """Replace the line of a part, or add it."""
    today = dt.datetime.now(dt.UTC).date().isoformat()
    line = f"| {part} | {result} | {today} |"
    text = PAGE.read_text("utf-8")
    pattern = re.compile(rf"^\| {re.escape(part)} \|.*$", re.MULTILINE)
    replaced, count = pattern.subn(lambda _: line, text)
    PAGE.write_text(replaced if count else f"{text.rstrip()}\n{line}\n", "utf-8")
