"""What several commands share: options, and an engine that is stopped whatever happens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from jobs import progress
from jobs.errors import UsageError, nearest
from jobs.summary import Summary

ENGINES = ("auto", "spark", "embedded")
LANGUAGES = ("en", "zh")

LAKE = click.option("--lake", required=True, help="Folder, URI or catalog.schema that holds the input tables.")
RESULTS = click.option("--results", required=True, help="Folder, URI or catalog.schema for the result tables.")
LANG = click.option("--lang", default="", help="Report languages, e.g. en,zh [default: the definition's].")
_CONNECT = "customer360.connect"
# The options that name places of Delta tables.
_PLACES = ("lake", "results", "folder")


def _keep_connect(context: click.Context, _: click.Parameter, value: str | None) -> None:
    context.meta[_CONNECT] = value or None


def connect_url() -> str | None:
    """Return the address of the Spark Connect server that the command line names."""
    found: str | None = click.get_current_context().meta.get(_CONNECT)
    return found


def ENGINE(command: Callable[..., Any]) -> Callable[..., Any]:  # noqa: N802 - an option like those above, and one more
    """Add the options that say where the work is done; the command is given the name of the engine."""
    connect = click.option(
        "--connect",
        metavar="URL",
        expose_value=False,
        callback=_keep_connect,
        help="Run on this Spark Connect server, sc://host:15002 (with --engine spark).",
    )
    engine = click.option(
        "--engine",
        type=click.Choice(ENGINES),
        default="auto",
        show_default=True,
        help="Apache Spark, or the embedded engine, which needs no Java; auto takes what is there and says so.",
    )
    return engine(connect(command))


CONTRACTS = click.option(
    "--contracts",
    default=None,
    metavar="DIR",
    help="Folder of contracts, such as value.yml; each replaces the shipped one of its table.",
)


def stopping(function: Callable[..., None]) -> Callable[..., None]:
    """Start the engine named by `--engine`, pass it on, and stop it whatever happens."""

    @wraps(function)
    def wrapped(*arguments: Any, engine: str, **options: Any) -> None:
        from jobs.engines import start_engine
        from jobs.engines.choice import choose_engine, is_managed
        from jobs.engines.failures import as_ours

        context = click.get_current_context()
        connect = connect_url()
        if engine == "auto":
            places = [context.params[name] for name in _PLACES if context.params.get(name)]
            engine, reason = choose_engine(places, connect)
            if connect is None:
                click.echo(f"engine: {engine} ({reason})", err=True)
        with progress.shown():
            progress.expect(1)
            progress.step(f"starting the engine: {engine}")
            running = start_engine(engine, connect=connect)
        if is_managed() and connect is None:
            context.ensure_object(Summary).session = running.spark
        try:
            function(*arguments, engine=running, **options)
        except Exception as error:
            known = as_ours(error)
            if known is None or known is error:
                raise
            raise known from error
        finally:
            running.stop()

    return wrapped


def languages(text: str) -> tuple[str, ...]:
    """Return the languages of a list like `en,zh`, each once.

    Raises:
        UsageError: One that there are no texts for.
    """
    chosen = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    for language in chosen:
        if language not in LANGUAGES:
            raise UsageError(
                f"unknown language '{language}'; expected {' or '.join(LANGUAGES)}{nearest(language, LANGUAGES)}"
            )
    return chosen


def moment_of(text: str | None) -> dt.datetime | None:
    """Return the moment that an ISO date or time names, in UTC; a date means its first instant.

    Raises:
        UsageError: It is neither.
    """
    if text is None:
        return None
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"--as-of '{text}' is no time; expected one like 2026-03-31 or 2026-03-31T06:00+02:00"
        ) from error
    return found.replace(tzinfo=dt.UTC) if found.tzinfo is None else found.astimezone(dt.UTC)
