"""The file of `--config`: defaults for the options of all commands, and values set in definitions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jobs.errors import UsageError, nearest

if TYPE_CHECKING:
    from jobs.config.overrides import Override
    from jobs.definition.loading import YamlFile

_META = "customer360.set"
_SET = "set"


class NearestGroup(click.Group):
    """Suggests the nearest command for an unknown one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the first argument names."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            raise click.UsageError(f"no command '{args[0]}'{nearest(args[0], self.list_commands(ctx))}") from error


def load_options(ctx: click.Context, _: click.Parameter, value: str | None) -> str | None:
    """Take every option's default from a YAML file: `lake: ...` for all commands, `run: {lang: ...}` for one.

    The mapping `set` holds values of definitions: `set: {minimum_group: 10}`.
    """
    if value is None:
        return None
    file = _read(value)
    parsed = {str(key): item for key, item in (file.raw or {}).items() if key != _SET}
    group = ctx.command
    assert isinstance(group, click.Group)
    commands = group.list_commands(ctx)
    shared = {key: item for key, item in parsed.items() if not isinstance(item, dict)}
    for name in parsed.keys() - shared.keys():
        if name not in commands:
            raise click.UsageError(f"{value}: no command '{name}'{nearest(name, [*commands, _SET])}")
    known = sorted({name for command in _commands(group, ctx) for name in _options(command)})
    of_commands = [str(key) for item in parsed.values() if isinstance(item, dict) for key in item]
    for names, others in ((list(shared), [*known, _SET]), (of_commands, known)):
        for name in names:
            if name.replace("-", "_") not in known:
                raise click.UsageError(f"{value}: unknown option '{name}'{nearest(name, others)}")
    ctx.default_map = {name: _defaults(group, ctx, name, shared, parsed.get(name)) for name in commands}
    from jobs.config.overrides import overrides_of

    ctx.meta[_META] = list(overrides_of(file)) if file.raw else []
    return value


def overrides_of_the_file() -> list[Override]:
    """Return what the configuration file of this command sets in definitions."""
    found: list[Override] = click.get_current_context().meta.get(_META, [])
    return found


def _read(value: str) -> YamlFile:
    from jobs.definition.loading import read_yaml

    try:
        file = read_yaml(Path(value), value)
    except UsageError as error:
        said = str(error)
        text = said if said.startswith(f"{value} cannot be read") else f"{value} cannot be read: {said}"
        raise click.UsageError(f"configuration file {text}") from error
    if not isinstance(file.raw, dict | None):
        raise click.UsageError(f"configuration file {value} is no mapping of option to value")
    return file


def _defaults(
    group: click.Group, ctx: click.Context, name: str, shared: dict[str, Any], own: dict[str, Any] | None
) -> dict[str, Any]:
    """Return the defaults of one command; a group's commands take the shared ones."""
    merged = {**shared, **(own if isinstance(own, dict) else {})}
    defaults = {str(key).replace("-", "_"): item for key, item in merged.items()}
    command = group.get_command(ctx, name)
    if isinstance(command, click.Group):
        return dict.fromkeys(command.list_commands(ctx), defaults)
    return defaults


def _commands(group: click.Group, ctx: click.Context) -> Iterator[click.Command]:
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        if isinstance(command, click.Group):
            yield from _commands(command, ctx)
        elif command is not None:
            yield command


def _options(command: click.Command) -> Iterator[str]:
    # --set has the mapping `set` instead
    return (str(one.name) for one in command.params if getattr(one, "allow_from_autoenv", True))
