"""The command `customer360`: options in, exit code out."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import click

from jobs.config.commands import INPUTS, SET, config, resolved
from jobs.config.options_file import NearestGroup, load_options
from jobs.errors import Customer360Error, InfrastructureError, UsageError, nearest

ENGINES = ("spark", "embedded")
LANGUAGES = ("en", "zh")

_LAKE = click.option("--lake", required=True, help="Folder, URI or catalog.schema that holds the input tables.")
_RESULTS = click.option("--results", required=True, help="Folder, URI or catalog.schema for the result tables.")
_ENGINE = click.option("--engine", type=click.Choice(ENGINES), default="spark", show_default=True)
_LANG = click.option("--lang", default="", help="Report languages, e.g. en,zh [default: the definition's].")


@click.group(
    cls=NearestGroup,
    commands=[config],
    no_args_is_help=False,  # help is many lines; an error is one
    context_settings={"auto_envvar_prefix": "CUSTOMER360", "help_option_names": ["-h", "--help"]},
)
@click.option(
    "--config",
    callback=load_options,
    is_eager=True,
    help="YAML file with defaults for the options, and a mapping 'set' of values in definitions; command line and "
    "environment win.",
)
@click.option("--verbose", is_flag=True, help="Show what the job does, step by step.")
@click.version_option(package_name="customer360-cohorts")
def cli(config: str | None, verbose: bool) -> None:
    """Cohorts, comparisons with peers, and reports over customer360 tables in Delta Lake.

    Every option can also be set in a YAML file (--config) or in the environment, for example
    CUSTOMER360_RUN_LAKE for `run --lake`. Values of definitions: see `run --set`.
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s", stream=sys.stderr)
    for ours in ("jobs", "transforms"):
        logging.getLogger(ours).setLevel(logging.INFO if verbose else logging.WARNING)


def _with_engine(name: str) -> Any:
    from jobs.engines import start_engine

    return start_engine(name)


def _stopping(function: Callable[..., None]) -> Callable[..., None]:
    """Start the engine named by `--engine`, pass it on, and stop it whatever happens."""

    @wraps(function)
    def wrapped(*arguments: Any, engine: str, **options: Any) -> None:
        running = _with_engine(engine)
        try:
            function(*arguments, engine=running, **options)
        finally:
            running.stop()

    return wrapped


@cli.command("run")
@click.argument("analyses", nargs=-1, metavar="[ANALYSIS]...")
@_LAKE
@_RESULTS
@click.option("--reports", required=True, help="Folder for the reports.")
@_LANG
@_ENGINE
@SET
@INPUTS
@click.option("--force", is_flag=True, help="Compute again although nothing has changed.")
def run_command(
    analyses: tuple[str, ...],
    lake: str,
    results: str,
    reports: str,
    lang: str,
    engine: str,
    changes: tuple[str, ...],
    inputs: str | None,
    force: bool,
) -> None:
    """Compute, publish and report analyses: names of shipped ones, or definition files. None: all shipped."""
    from jobs.definition import shipped_names

    definitions = [one.definition for one in resolved(analyses or shipped_names(), changes, inputs)]
    languages = _languages(lang)
    _run(definitions, lake, results, reports, languages, engine=engine, force=force)


@_stopping
def _run(
    definitions: Any, lake: str, results: str, reports: str, languages: tuple[str, ...], *, engine: Any, force: bool
) -> None:
    from jobs.headlines import headline
    from jobs.run import RunOptions, run

    options = RunOptions(lake=lake, results=results, reports=reports, languages=languages, force=force)
    for outcome in run(engine, definitions, options):
        click.echo(headline(outcome))


@cli.command("report")
@click.argument("analysis")
@_RESULTS
@click.option("--reports", default=None, help="Folder for the report [default: where it was published].")
@_LANG
@_ENGINE
def report_command(analysis: str, results: str, reports: str | None, lang: str, engine: str) -> None:
    """Write the report of the published rows again, or in another language."""
    _report(analysis, results, reports, _languages(lang), engine=engine)


@_stopping
def _report(analysis: str, results: str, reports: str | None, languages: tuple[str, ...], *, engine: Any) -> None:
    from jobs.report import report

    click.echo(report(engine, analysis, results=results, reports=reports, languages=languages))


@cli.command("sql")
@click.argument("statement")
@_RESULTS
@_ENGINE
def sql_command(statement: str, results: str, engine: str) -> None:
    """Run a query over the published rows and print them as CSV; every result table is a view of its name."""
    _sql(statement, results, engine=engine)


@_stopping
def _sql(statement: str, results: str, *, engine: Any) -> None:
    from jobs.sql import query

    click.echo(query(engine, results, statement))


@cli.command("generate")
@click.option("--shape", type=click.Choice(("first", "second", "scale")), default="first", show_default=True)
@click.option("--customers", type=click.IntRange(min=1), default=None, help="Number of customers.")
@click.option("--seed", type=int, default=42, show_default=True)
@click.option("--no-effects", is_flag=True, help="Plant no effect at all: every difference is chance.")
@click.option("--mapping", is_flag=True, help="Also write the mapping table, so that addresses can be reached.")
@_LAKE
@_ENGINE
def generate_command(
    shape: str, customers: int | None, seed: int, no_effects: bool, mapping: bool, lake: str, engine: str
) -> None:
    """Make a synthetic lake with known effects and every hazard of real tables."""
    _generate(shape, customers, seed, lake, engine=engine, effects=not no_effects, mapping=mapping)


@_stopping
def _generate(
    shape: str, customers: int | None, seed: int, lake: str, *, engine: Any, effects: bool, mapping: bool
) -> None:
    from jobs.generate import generate
    from jobs.lake import Lake

    engine.check_place(Lake.at(lake).base)
    counts = generate(
        engine.spark, lake=lake, shape=shape, customers=customers, seed=seed, effects=effects, mapping=mapping
    )
    for table, rows in counts.items():
        click.echo(f"{table}: {rows} rows")


@cli.command("ingest")
@click.argument("source")
@_LAKE
@click.option("--table", "tables", multiple=True, help="Only this table (can be repeated).")
@click.option("--overwrite", is_flag=True, help="Replace tables that the lake already holds.")
@_ENGINE
def ingest_command(source: str, lake: str, tables: tuple[str, ...], overwrite: bool, engine: str) -> None:
    """Bring your own tables from SQLite, CSV or Parquet (a file or a folder) into Delta."""
    _ingest(source, lake, tables, engine=engine, overwrite=overwrite)


@_stopping
def _ingest(source: str, lake: str, tables: tuple[str, ...], *, engine: Any, overwrite: bool) -> None:
    from jobs.ingest import format_reports, ingest
    from jobs.lake import Lake

    engine.check_place(Lake.at(lake).base)
    reports = ingest(engine.spark, source, lake=lake, tables=tables or None, overwrite=overwrite)
    click.echo(format_reports(reports))


@cli.command("init")
@_LAKE
@click.option("--table", "tables", multiple=True, help="Only look at this table of the lake (can be repeated).")
@click.option("--out", default=None, help="File to write [default: standard output]; an existing one is kept.")
@_ENGINE
def init_command(lake: str, tables: tuple[str, ...], out: str | None, engine: str) -> None:
    """Propose which of your tables and columns are which of ours: a file for run --inputs."""
    from jobs.init import refuse_existing

    if out is not None:
        refuse_existing(Path(out))
    _init(lake, tables, out, engine=engine)


@_stopping
def _init(lake: str, tables: tuple[str, ...], out: str | None, *, engine: Any) -> None:
    from jobs.init import propose, write_new
    from jobs.lake import Lake

    place = Lake.at(lake)
    engine.check_place(place.base)
    text = propose(engine, place, tables)
    if out is None:
        click.echo(text)
    else:
        write_new(Path(out), text)
        click.echo(f"wrote {out}; check the lines marked 'check', then: customer360 run --inputs {out} ...")


@cli.command("demo")
@click.option("--folder", default="demo", show_default=True, help="Where lake, results and reports go.")
@click.option("--lang", default="en,zh", show_default=True)
@_ENGINE
def demo_command(folder: str, lang: str, engine: str) -> None:
    """Make the demo lake, run the shipped analyses and say where the reports lie."""
    from jobs.definition import load_definition, shipped_names

    definitions = [load_definition(name) for name in shipped_names()]
    _demo(folder, definitions, _languages(lang), engine=engine)


@_stopping
def _demo(folder: str, definitions: Any, languages: tuple[str, ...], *, engine: Any) -> None:
    from jobs.demo import demo

    demo(engine, Path(folder), definitions, languages, say=click.echo)


def _languages(text: str) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    for language in chosen:
        if language not in LANGUAGES:
            raise UsageError(
                f"unknown language '{language}'; expected {' or '.join(LANGUAGES)}{nearest(language, LANGUAGES)}"
            )
    return chosen


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code.

    0 done, 1 bug, 2 usage, 3 input, 4 quality, 5 conflict, 6 infrastructure, 7 audit, 8 privacy, 130 interrupted.
    """
    try:
        arguments = list(argv) if argv is not None else None
        # a command that ends by itself (--help, config validate) returns its exit code
        code = cli.main(args=arguments, prog_name="customer360", standalone_mode=False)
    except Customer360Error as error:
        return _fail(error)
    except click.exceptions.Abort:
        return 130
    except click.ClickException as error:
        return _fail(UsageError(error.format_message(), advice="see customer360 --help"))
    except MemoryError:
        return _fail(InfrastructureError("out of memory", advice="use a larger machine or a cluster"))
    except Exception as error:  # a bug: say so in one line, without the values a traceback would print
        logging.getLogger("jobs.cli").info("unexpected", exc_info=True)
        bug = Customer360Error(f"unexpected {type(error).__name__}", advice="rerun with --verbose and report it")
        return _fail(bug)
    return code if isinstance(code, int) else 0


def _fail(error: Customer360Error) -> int:
    # a name may hold a line break; an error is one line
    click.echo(" ".join(error.line().split()), err=True)
    return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
