"""What a long command is doing: a bar where standard error is a terminal, plain lines in the log elsewhere."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

logger = logging.getLogger(__name__)


class _Bar:
    """The bar on the terminal: steps begun, steps known so far, time."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task: TaskID = bar.add_task("", total=None)
        self._expected = 0
        self._begun = 0

    def expect(self, steps: int) -> None:
        self._expected += steps
        self._bar.update(self._task, total=self._expected)

    def step(self, text: str) -> None:
        self._begun += 1
        self._bar.update(self._task, description=text, completed=min(self._begun, self._expected))


_bar: ContextVar[_Bar | None] = ContextVar("bar", default=None)


def expect(steps: int) -> None:
    """Say that so many steps more will come."""
    bar = _bar.get()
    if bar is not None:
        bar.expect(steps)


def step(text: str) -> None:
    """Say what begins now."""
    logger.info("%s", text)
    bar = _bar.get()
    if bar is not None:
        bar.step(text)


@contextmanager
def shown(stream: TextIO | None = None) -> Iterator[None]:
    """Show the steps of the block on the terminal that `stream` (standard error) is; nothing of it stays there.

    No terminal, or `--verbose`: the log has them as lines.
    """
    target = stream or sys.stderr
    if not target.isatty() or logger.isEnabledFor(logging.INFO):
        yield
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    # a copy: while Spark starts, standard error itself goes to a file
    with os.fdopen(os.dup(target.fileno()), "w", encoding="utf-8") as terminal:
        bar = Progress(
            *columns, console=Console(file=terminal), transient=True, redirect_stdout=False, redirect_stderr=False
        )
        with bar:
            token = _bar.set(_Bar(bar))
            try:
                yield
            finally:
                _bar.reset(token)
