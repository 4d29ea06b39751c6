"""The command as a task of a scheduler: job parameters in, a failed task for every exit code but 0.

A scheduler fills in every parameter of a job, also those nobody set, and has neither flags nor lists. So here
* `--name=` leaves an option at its default, `--force=true` is a flag,
* `--table=a,b` is an option given twice (`--set=a=1;b=2`, as in the environment),
* `--analyses=a,b` or a JSON list names the analyses,
* `--hmac-key-secret=scope/key` takes the key from a Databricks secret scope.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence

import click

from jobs.errors import Customer360Error, InputError, UsageError, nearest
from jobs.secret_key import ENVIRONMENT_NAME

SECRET = "--hmac-key-secret"
ANALYSES = "--analyses"
_BOOLEANS = {"true": True, "false": False}


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command.

    Raises:
        SystemExit: The exit code, where it is not 0. A wheel task of Databricks ignores what its function returns.
    """
    from jobs import cli

    words = list(sys.argv[1:] if argv is None else argv)
    try:
        code = cli.main(list(arguments(_with_secret(words), cli.cli)))
    except Customer360Error as error:
        click.echo(error.line(), err=True)
        code = error.exit_code
    if code:
        raise SystemExit(code)


def arguments(words: Sequence[str], group: click.Group) -> Iterator[str]:
    """Yield the command line that the parameters of a job stand for."""
    options = {name: one for one in _command_options(words, group) for name in one.opts}
    for word in words:
        name, equals, value = word.partition("=")
        option = options.get(name)
        if not name.startswith("--") or not equals:
            yield word
        elif not value:
            continue
        elif name == ANALYSES:
            yield from _listed(value)
        elif option is not None and option.is_flag:
            if _boolean(name, value):
                yield name
        elif option is not None and option.multiple:
            for part in value.split(";" if name == "--set" else ","):
                yield f"{name}={part.strip()}"
        else:
            yield word


def _command_options(words: Sequence[str], group: click.Group) -> list[click.Option]:
    """Return the options of the group and of the command that the words name."""
    context = click.Context(group)
    command = next((found for word in words if (found := group.get_command(context, word))), None)
    return [one for part in (group, command) if part for one in part.params if isinstance(one, click.Option)]


def _listed(value: str) -> list[str]:
    if not value.startswith("["):
        return [part.strip() for part in value.split(",") if part.strip()]
    try:
        parsed = json.loads(value)
    except ValueError as error:
        raise UsageError(f"{ANALYSES} is no JSON list", advice='write a,b or ["a", "b"]') from error
    return [str(one) for one in parsed]


def _boolean(name: str, value: str) -> bool:
    if value.lower() not in _BOOLEANS:
        raise UsageError(f"{name}={value}: expected true or false{nearest(value.lower(), _BOOLEANS)}")
    return _BOOLEANS[value.lower()]


def _with_secret(words: Sequence[str]) -> list[str]:
    """Put the key that a secret scope holds into this process's environment; return the other words."""
    for word in words:
        name, _, place = word.partition("=")
        if name == SECRET and place:
            os.environ[ENVIRONMENT_NAME] = _databricks_secret(place)
    return [word for word in words if word.partition("=")[0] != SECRET]


def _databricks_secret(place: str) -> str:
    scope, _, key = place.partition("/")
    if not scope or not key:
        raise UsageError(f"{SECRET}={place}: expected scope/key")
    try:
        from databricks.sdk.runtime import dbutils
    except ImportError as error:
        raise UsageError(
            f"{SECRET} needs Databricks, and this is none", advice=f"set {ENVIRONMENT_NAME} instead"
        ) from error
    try:
        return str(dbutils.secrets.get(scope=scope, key=key))
    except Exception as error:
        raise InputError(
            f"the secret {place} cannot be read ({type(error).__name__})",
            advice="check scope, key and the permission of the job's run_as",
        ) from error
