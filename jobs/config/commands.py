"""The commands `customer360 config show|validate|schema`, and the options that change definitions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from jobs.config.options_file import NearestGroup, overrides_of_the_file

SET = click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="PATH=VALUE",
    allow_from_autoenv=False,
    help="Set one value of the definitions, e.g. minimum_group=10, cohort.0.value=12 or "
    "high_value_cohort:sections.geography.minimum_match_rate=0.4 (can be repeated). VALUE is YAML. Also: the variable "
    "CUSTOMER360_SET with entries separated by ';', and the mapping 'set' of --config. The command line wins over "
    "the environment, that over the file, that over the definition.",
)
INPUTS = click.option(
    "--inputs",
    default=None,
    metavar="FILE",
    help="YAML file with a mapping 'inputs' of your tables and columns, as init writes it; a definition's own wins.",
)


def resolved(names: Sequence[str], changes: Sequence[str], inputs: str | None) -> list[Any]:
    """Return the definitions of a command with everything that changes them."""
    from jobs.config.overrides import all_overrides
    from jobs.config.resolve import resolve
    from jobs.definition.loading import read_yaml

    mapping = read_yaml(Path(inputs), inputs) if inputs else None
    return list(resolve(names, all_overrides(changes, overrides_of_the_file()), mapping))


@click.group("config", cls=NearestGroup, no_args_is_help=False)
def config() -> None:
    """Show, check and describe definitions."""


@config.command("show")
@click.argument("analysis")
@SET
@INPUTS
def show_command(analysis: str, changes: tuple[str, ...], inputs: str | None) -> None:
    """Print a definition as it would be run, with the origin of each value: file and line, or what else set it."""
    from jobs.config.show import shown

    (found,) = resolved([analysis], changes, inputs)
    click.echo(shown(found))


@config.command("validate")
@click.argument("definitions", nargs=-1, metavar="[FILE_OR_NAME]...")
@click.pass_context
def validate_command(context: click.Context, definitions: tuple[str, ...]) -> None:
    """Check definition files, or shipped ones by name. None: all shipped. One line per definition or problem."""
    from jobs.definition import load_definition, shipped_names

    problems = 0
    for name in definitions or shipped_names():
        problems += _checked(name, load_definition)
    if problems:
        context.exit(2)


def _checked(name: str, load: Callable[[str], Any]) -> int:
    """Print one line per problem of a definition, or that it is valid; return the number of problems."""
    from jobs.definition.problems import DefinitionError
    from jobs.errors import UsageError

    try:
        definition = load(name)
    except DefinitionError as error:
        lines = error.lines()
    except UsageError as error:
        lines = [error.line()]
    else:
        click.echo(f"ok {name}" if name == definition.analysis else f"ok {name} ({definition.analysis})")
        return 0
    for line in lines:
        click.echo(line, err=True)
    return len(lines)


@config.command("schema")
@click.argument("kind", type=click.Choice(("analysis", "contract")), default="analysis", metavar="[analysis|contract]")
def schema_command(kind: str) -> None:
    """Print the JSON schema of a definition or contract file, for editors that check and complete while you write."""
    from jobs.config.schema import schema_text

    click.echo(schema_text(kind))


@config.command("import-contract")
@click.argument("file")
@click.option("--out", required=True, metavar="DIR", help="Folder for the contracts, as run --contracts takes it.")
def import_contract_command(file: str, out: str) -> None:
    """Write contracts from a file of the Open Data Contract Standard 3; say what has no rule of ours."""
    from jobs.contracts.odcs import import_contracts

    written, left_out = import_contracts(file, Path(out))
    for line in left_out:
        click.echo(f"not imported: {line}")
    for place in written:
        click.echo(f"wrote {place}; it replaces the shipped contract with: --contracts {out}")
