"""Single values of definitions set from outside: `PATH=VALUE` on the command line, in the environment, in a file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from jobs.definition import strict_yaml
from jobs.definition.loading import YamlFile
from jobs.errors import UsageError
from transforms.rules import OPERATORS

VARIABLE = "CUSTOMER360_SET"
COMMAND_LINE = "command line"
ENVIRONMENT = "environment"
# How an error names the place; a file is named by its line.
_PLACES = {COMMAND_LINE: "command line (--set)", ENVIRONMENT: f"environment ({VARIABLE})"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A value for one path, in one analysis or in all that have the path."""

    path: str
    value: Any
    origin: str
    analysis: str | None = None

    @property
    def is_for_this_run(self) -> bool:
        """Whether it was written for this run: then it must apply to an analysis of it."""
        return self.origin == COMMAND_LINE

    @property
    def place(self) -> str:
        """How an error names where it was written."""
        return _PLACES.get(self.origin, self.origin)


def all_overrides(command_line: Sequence[str], file: Sequence[Override] = ()) -> list[Override]:
    """Return every override, the weakest first: file, environment, command line."""
    environment = (entry for entry in os.environ.get(VARIABLE, "").split(";") if entry.strip())
    return [
        *file,
        *(_parsed(entry, ENVIRONMENT) for entry in environment),
        *(_parsed(entry, COMMAND_LINE) for entry in command_line),
    ]


def overrides_of(file: YamlFile) -> Iterator[Override]:
    """Yield what the mapping `set` of a configuration file sets."""
    found = file.raw.get("set")
    if found is None:
        return
    if not isinstance(found, dict):
        raise UsageError(f"{file.where(('set',))}: set: expected a mapping of path to value")
    for key, value in found.items():
        analysis, path = _split(str(key))
        yield Override(path=path, value=value, origin=file.where(("set", str(key))), analysis=analysis)


def _parsed(entry: str, origin: str) -> Override:
    place = _PLACES[origin]
    key, equals, text = entry.partition("=")
    analysis, path = _split(key.strip())
    if not (equals and path):
        said = f"{place}: '{entry.strip()}' is not of the form PATH=VALUE"
        raise UsageError(said, advice="for example minimum_group=10")
    if text.strip() in OPERATORS:  # `>` alone would begin a text block
        return Override(path=path, value=text.strip(), origin=origin, analysis=analysis)
    try:
        value = strict_yaml.load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UsageError(f"{place}: the value of '{path}' is not valid YAML", advice="put text in quotes") from error
    return Override(path=path, value=value, origin=origin, analysis=analysis)


def _split(key: str) -> tuple[str | None, str]:
    analysis, colon, path = key.partition(":")
    return (analysis.strip(), path.strip()) if colon else (None, key.strip())
