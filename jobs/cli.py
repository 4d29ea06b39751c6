"""The command `customer360`: options in, exit code out."""

from __future__ import annotations

import atexit
import gc
import logging
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from jobs import log_lines, progress
from jobs.command_line import CONTRACTS, ENGINE, LAKE, LANG, LANGUAGES, RESULTS, moment_of, stopping
from jobs.command_line import languages as languages_of
from jobs.config.commands import INPUTS, SET, config, resolved
from jobs.config.options_file import NearestGroup, load_options
from jobs.contracts.commands import check_command
from jobs.doctor.commands import doctor_command
from jobs.errors import Customer360Error, InfrastructureError, UsageError
from jobs.publications.commands import COMMANDS
from jobs.publications.pointer import KEPT
from jobs.summary import SUMMARY_JSON, Summary


@click.group(
    cls=NearestGroup,
    commands=[config, check_command, doctor_command, *COMMANDS],
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
@click.option(
    "--log-format",
    type=click.Choice(log_lines.FORMATS),
    default="text",
    show_default=True,
    help="Log lines on standard error: text, or a JSON object each.",
)
@click.version_option(package_name="customer360-cohorts")
def cli(config: str | None, verbose: bool, log_format: str) -> None:
    """Cohorts, comparisons with peers, and reports over customer360 tables in Delta Lake.

    Every option can also be set in a YAML file (--config) or in the environment, for example
    CUSTOMER360_RUN_LAKE for `run --lake`. Values of definitions: see `run --set`.
    """
    log_lines.start(log_format, verbose=verbose)


@cli.command("run")
@click.argument("analyses", nargs=-1, metavar="[ANALYSIS]...")
@LAKE
@RESULTS
@click.option("--reports", required=True, help="Folder or URI (s3://, abfss://, hdfs://, ...) for the reports.")
@LANG
@ENGINE
@SET
@INPUTS
@click.option("--force", is_flag=True, help="Compute again although nothing has changed.")
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    default=KEPT,
    show_default=True,
    help="Publications of an analysis that history, diff and rollback can go back to, the newest among them.",
)
@click.option(
    "--as-of",
    default=None,
    metavar="TIME",
    help="Read every table as it stood then: 2026-03-31 or 2026-03-31T06:00+02:00 (UTC unless it says so).",
)
@CONTRACTS
@SUMMARY_JSON
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
    keep: int,
    as_of: str | None,
    contracts: str | None,
) -> None:
    """Compute, publish and report analyses: names of shipped ones, or definition files. None: all shipped."""
    from jobs.contracts.loading import load_contracts
    from jobs.definition import shipped_names

    definitions = [one.definition for one in resolved(analyses or shipped_names(), changes, inputs)]
    languages = languages_of(lang)
    choices = {"force": force, "keep": keep, "as_of": moment_of(as_of), "contracts": load_contracts(contracts)}
    _run(definitions, lake, results, reports, languages, engine=engine, **choices)


@stopping
def _run(
    definitions: Any, lake: str, results: str, reports: str, languages: tuple[str, ...], *, engine: Any, **choices: Any
) -> None:
    from jobs.headlines import facts, headline
    from jobs.run import RunOptions, run

    options = RunOptions(lake=lake, results=results, reports=reports, languages=languages, **choices)
    summary = click.get_current_context().ensure_object(Summary)
    with progress.shown():
        outcomes = run(engine, definitions, options, lambda outcome: summary.add("analyses", facts(outcome)))
    for outcome in outcomes:
        click.echo(headline(outcome))


@cli.command("report")
@click.argument("analysis")
@RESULTS
@click.option("--reports", default=None, help="Folder or URI for the report [default: where it was published].")
@LANG
@ENGINE
@click.option("--open", "open_page", is_flag=True, help="Open the page in the browser.")
def report_command(analysis: str, results: str, reports: str | None, lang: str, engine: str, open_page: bool) -> None:
    """Write the report of the published rows again, or in another language."""
    _report(analysis, results, reports, languages_of(lang), open_page, engine=engine)


@stopping
def _report(
    analysis: str, results: str, reports: str | None, languages: tuple[str, ...], open_page: bool, *, engine: Any
) -> None:
    from jobs.browser import open_report
    from jobs.report import report

    with progress.shown():
        folder = report(engine, analysis, results=results, reports=reports, languages=languages)
    click.echo(folder)
    if open_page and (problem := open_report(folder, [*languages, *LANGUAGES])):
        click.echo(problem, err=True)


@cli.command("sql")
@click.argument("statement")
@RESULTS
@ENGINE
def sql_command(statement: str, results: str, engine: str) -> None:
    """Run a query over the published rows and print them as CSV; every result table is a view of its name."""
    _sql(statement, results, engine=engine)


@stopping
def _sql(statement: str, results: str, *, engine: Any) -> None:
    from jobs.sql import query

    click.echo(query(engine, results, statement))


@cli.command("generate")
@click.option("--shape", type=click.Choice(("first", "second", "scale")), default="first", show_default=True)
@click.option("--customers", type=click.IntRange(min=1), default=None, help="Number of customers.")
@click.option("--seed", type=int, default=42, show_default=True)
@click.option("--no-effects", is_flag=True, help="Plant no effect at all: every difference is chance.")
@click.option("--mapping", is_flag=True, help="Also write the mapping table, so that addresses can be reached.")
@LAKE
@ENGINE
def generate_command(
    shape: str, customers: int | None, seed: int, no_effects: bool, mapping: bool, lake: str, engine: str
) -> None:
    """Make a synthetic lake with known effects and every hazard of real tables."""
    _generate(shape, customers, seed, lake, engine=engine, effects=not no_effects, mapping=mapping)


@stopping
def _generate(
    shape: str, customers: int | None, seed: int, lake: str, *, engine: Any, effects: bool, mapping: bool
) -> None:
    from jobs.generate import generate
    from jobs.lake import Lake

    engine.check_place(Lake.at(lake).base)
    with progress.shown():
        counts = generate(
            engine.spark, lake=lake, shape=shape, customers=customers, seed=seed, effects=effects, mapping=mapping
        )
    for table, rows in counts.items():
        click.echo(f"{table}: {rows} rows")


@cli.command("ingest")
@click.argument("source")
@LAKE
@click.option("--table", "tables", multiple=True, help="Only this table (can be repeated).")
@click.option("--overwrite", is_flag=True, help="Replace tables that the lake already holds.")
@ENGINE
def ingest_command(source: str, lake: str, tables: tuple[str, ...], overwrite: bool, engine: str) -> None:
    """Bring your own tables from SQLite, CSV or Parquet (a file or a folder) into Delta."""
    _ingest(source, lake, tables, engine=engine, overwrite=overwrite)


@stopping
def _ingest(source: str, lake: str, tables: tuple[str, ...], *, engine: Any, overwrite: bool) -> None:
    from jobs.ingest import format_reports, ingest
    from jobs.lake import Lake

    engine.check_place(Lake.at(lake).base)
    with progress.shown():
        reports = ingest(engine.spark, source, lake=lake, tables=tables or None, overwrite=overwrite)
    click.echo(format_reports(reports))


@cli.command("init")
@LAKE
@click.option("--table", "tables", multiple=True, help="Only look at this table of the lake (can be repeated).")
@click.option("--out", default=None, help="File to write [default: standard output]; an existing one is kept.")
@ENGINE
def init_command(lake: str, tables: tuple[str, ...], out: str | None, engine: str) -> None:
    """Propose which of your tables and columns are which of ours: a file for run --inputs."""
    from jobs.init import refuse_existing

    if out is not None:
        refuse_existing(Path(out))
    _init(lake, tables, out, engine=engine)


@stopping
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
@ENGINE
def demo_command(folder: str, lang: str, engine: str) -> None:
    """Make the demo lake, run the shipped analyses and say where the reports lie."""
    from jobs.definition import load_definition, shipped_names

    definitions = [load_definition(name) for name in shipped_names()]
    _demo(folder, definitions, languages_of(lang), engine=engine)


@stopping
def _demo(folder: str, definitions: Any, languages: tuple[str, ...], *, engine: Any) -> None:
    from jobs.demo import demo

    demo(engine, Path(folder), definitions, languages, say=click.echo)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code.

    0 done, 1 bug, 2 usage, 3 input, 4 quality, 5 conflict, 6 infrastructure, 7 audit, 8 privacy, 130 interrupted,
    143 terminated.
    """
    _end_on_sigterm()
    _spare_the_collector()
    summary = Summary()
    code, error = _ended(lambda: _command(argv, summary))
    if error is not None:
        _say(error)
    _, unwritten = _ended(lambda: summary.write(code, error))
    if unwritten is not None:
        _say(unwritten)
    log_lines.stop()
    return unwritten.exit_code if unwritten is not None and code == 0 else code


def _spare_the_collector() -> None:
    """Look for garbage less often: modules are most of what is made, and they stay until the process ends.

    Loading them took a fifth longer, and at the end half a second went into searching them once more.
    """
    gc.set_threshold(50_000)
    atexit.register(gc.freeze)


def _command(argv: Sequence[str] | None, summary: Summary) -> int:
    arguments = list(argv) if argv is not None else None
    # a command that ends by itself (--help, config validate) returns its exit code
    code = cli.main(args=arguments, prog_name="customer360", standalone_mode=False, obj=summary)
    return code if isinstance(code, int) else 0


def _ended(step: Callable[[], int | None]) -> tuple[int, Customer360Error | None]:
    """Return how a step ended: its exit code, and the error there is a line for."""
    try:
        return step() or 0, None
    except Customer360Error as error:
        found = error
    except (click.exceptions.Abort, KeyboardInterrupt):
        return 130, None
    except _TerminatedError:
        return 143, None
    except click.ClickException as error:
        found = UsageError(error.format_message(), advice="see customer360 --help")
    except MemoryError:
        found = InfrastructureError("out of memory", advice="use a larger machine or a cluster")
    except Exception as error:  # a bug: say so in one line, without the values a traceback would print
        # where it happened, without the messages: those of engines quote rows
        from jobs.engines.failures import engine_frames, kinds

        places = "".join([*traceback.format_tb(error.__traceback__), *(f"  at {at}\n" for at in engine_frames(error))])
        logging.getLogger("jobs.cli").info("unexpected %s\n%s", kinds(error), places.rstrip())
        found = Customer360Error(f"unexpected {kinds(error)}", advice="rerun with --verbose and report it")
    return found.exit_code, found


class _TerminatedError(BaseException):
    """The process was asked to end: a run writes its failed event and leaves no scratch."""


def _end_on_sigterm() -> None:
    def end(*_: object) -> None:
        raise _TerminatedError

    # only the main thread may set a handler; a scheduler's thread that calls us keeps its own
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, end)


def _say(error: Customer360Error) -> None:
    # a name may hold a line break; an error is one line
    click.echo(" ".join(error.line().split()), err=True)


if __name__ == "__main__":
    sys.exit(main())
