"""The demo: a lake of the shape the hand-made reports were written on, and every shipped analysis on it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from jobs import progress
from jobs.definition import Definition
from jobs.engines.base import Engine
from jobs.errors import UsageError
from jobs.generate import generate
from jobs.headlines import headline
from jobs.run import RunOptions, run

_MARK = ".customer360-demo"
SEED = 42


def demo(
    engine: Engine,
    folder: Path,
    definitions: Sequence[Definition],
    languages: Sequence[str],
    say: Callable[[str], None],
) -> None:
    """Make the demo lake in `folder`, run all definitions and print the headlines.

    Raises:
        UsageError: `folder` holds something that is no demo.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / _MARK).exists():
        raise UsageError(f"{folder} is not empty and no demo", advice="choose another --folder")
    engine.check_place(str(folder.resolve()))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / _MARK).touch()
    lake = folder.resolve() / "lake"
    say("making the demo lake (4,734 customers, 441,119 funnel rows) ...")
    with progress.shown():
        generate(engine.spark, lake=str(lake), shape="first", customers=None, seed=SEED)
    say("running the analyses ...")
    options = RunOptions(
        lake=str(lake),
        results=str(folder.resolve() / "results"),
        reports=str(folder.resolve() / "reports"),
        languages=tuple(languages),
    )
    with progress.shown():
        outcomes = run(engine, definitions, options)
    for outcome in outcomes:
        say("")
        say(headline(outcome))
    say("")
    say(f"all reports: {folder.resolve() / 'reports' / 'index.html'}")
