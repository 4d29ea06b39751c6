"""The command `customer360 doctor`."""

from __future__ import annotations

from collections.abc import Iterator

import click

from jobs.command_line import ENGINE, connect_url
from jobs.doctor.finding import Looked, fine, wrong
from jobs.errors import Customer360Error


@click.command("doctor")
@click.option("--lake", default=None, help="Folder, URI or catalog.schema that holds the input tables.")
@click.option("--results", default=None, help="Folder, URI or catalog.schema for the result tables.")
@click.option("--reports", default=None, help="Folder or URI for the reports.")
@ENGINE
@click.pass_context
def doctor_command(
    context: click.Context, lake: str | None, results: str | None, reports: str | None, engine: str
) -> None:
    """Look at versions, Java, jars, fonts, the engine and the places named; say what to fix. Changes nothing.

    The exit code is that of the first thing that is wrong.
    """
    failed = 0
    for looked in _looked(engine, lake, results, reports):
        # a name may hold a line break
        click.echo(" ".join(looked.line().split()))
        failed = failed or looked.exit_code
    context.exit(failed)


def _looked(name: str, lake: str | None, results: str | None, reports: str | None) -> Iterator[Looked]:
    from jobs.doctor import machine
    from jobs.engines import start_engine
    from jobs.engines.choice import choose_engine, is_managed

    connect = connect_url()
    yield from machine.machine()
    yield machine.fonts()
    try:
        places = [place for place in (lake, results) if place]
        chosen, reason = choose_engine(places, connect) if name == "auto" else (name, "--engine")
    except Customer360Error as error:
        yield wrong("engine", error)
        return
    is_local_spark = chosen == "spark" and connect is None and not is_managed()
    yield machine.java(needed=is_local_spark)
    if chosen == "spark" and (jars := machine.delta_jars()):
        yield jars
    yield fine("engine", f"{chosen} ({reason})")
    try:
        engine = start_engine(chosen, connect=connect)
    except Customer360Error as error:
        yield wrong("engine", error)
        return
    from jobs.doctor.places import engine_works, lake_tables, reports_place, results_place

    try:
        yield engine_works(engine)
        if lake:
            yield from lake_tables(engine, lake)
        if results:
            yield results_place(engine, results)
        if reports:
            yield reports_place(engine, reports)
    finally:
        engine.stop()
