"""The command `customer360`: options in, exit code out."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import click
import yaml

from jobs.definition import strict_yaml
from jobs.errors import Customer360Error, InfrastructureError, UsageError, nearest

ENGINES = ("spark", "embedded")
LANGUAGES = ("en", "zh")

_LAKE = click.option("--lake", required=True, help="Folder, URI or catalog.schema that holds the input tables.")
_RESULTS = click.option("--results", required=True, help="Folder, URI or catalog.schema for the result tables.")
_ENGINE = click.option("--engine", type=click.Choice(ENGINES), default="spark", show_default=True)
_LANG = click.option("--lang", default="", help="Report languages, e.g. en,zh [default: the definition's].")


class _Group(click.Group):
    """Suggests the nearest command for an unknown one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            raise click.UsageError(f"no command '{args[0]}'{nearest(args[0], self.list_commands(ctx))}") from error


def _load_options(ctx: click.Context, _: click.Parameter, value: str | None) -> str | None:
    """Take every option's default from a YAML file: `lake: ...` for all commands, `run: {lang: ...}` for one."""
    if value is None:
        return None
    try:
        parsed = strict_yaml.load(Path(value).read_text("utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise click.UsageError(f"configuration file {value} cannot be read") from error
    if not isinstance(parsed, dict):
        raise click.UsageError(f"configuration file {value} is no mapping of option to value")
    group = ctx.command
    assert isinstance(group, click.Group)
    known = {p.name for name in group.list_commands(ctx) for p in _command(group, ctx, name).params}
    shared = {k: v for k, v in parsed.items() if not isinstance(v, dict)}
    commands = group.list_commands(ctx)
    for name in parsed.keys() - shared.keys():
        if name not in commands:
            raise click.UsageError(f"{value}: no command '{name}'{nearest(str(name), commands)}")
    for name in (*shared, *(k for v in parsed.values() if isinstance(v, dict) for k in v)):
        if str(name).replace("-", "_") not in known:
            options = sorted(str(k) for k in known if k)
            raise click.UsageError(f"{value}: unknown option '{name}'{nearest(str(name), options)}")
    defaults: dict[str, Any] = {}
    for name in group.list_commands(ctx):
        own = parsed.get(name)
        merged = {**shared, **(own if isinstance(own, dict) else {})}
        defaults[name] = {str(k).replace("-", "_"): v for k, v in merged.items()}
    ctx.default_map = defaults
    return value


def _command(group: click.Group, ctx: click.Context, name: str) -> click.Command:
    command = group.get_command(ctx, name)
    assert command is not None
    return command


@click.group(
    cls=_Group,
    no_args_is_help=False,  # help is many lines; an error is one
    context_settings={"auto_envvar_prefix": "CUSTOMER360", "help_option_names": ["-h", "--help"]},
)
@click.option(
    "--config",
    callback=_load_options,
    is_eager=True,
    help="YAML file with defaults for the options; command line and environment win.",
)
@click.option("--verbose", is_flag=True, help="Show what the job does, step by step.")
@click.version_option(package_name="customer360-cohorts")
def cli(config: str | None, verbose: bool) -> None:
    """Cohorts, comparisons with peers, and reports over customer360 tables in Delta Lake.

    Every option can also be set in a YAML file (--config) or in the environment, for example
    CUSTOMER360_RUN_LAKE for `run --lake`.
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
@click.option("--force", is_flag=True, help="Compute again although nothing has changed.")
def run_command(
    analyses: tuple[str, ...], lake: str, results: str, reports: str, lang: str, engine: str, force: bool
) -> None:
    """Compute, publish and report analyses: names of shipped ones, or definition files. None: all shipped."""
    from jobs.definition import load_definition, shipped_names

    definitions = [load_definition(name) for name in analyses or shipped_names()]
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
        cli.main(args=list(argv) if argv is not None else None, prog_name="customer360", standalone_mode=False)
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
    return 0


def _fail(error: Customer360Error) -> int:
    click.echo(error.line(), err=True)
    return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
