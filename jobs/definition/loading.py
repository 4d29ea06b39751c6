"""Find and load definition files; every problem is one line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from jobs.conf_files import conf_folder
from jobs.definition import strict_yaml
from jobs.definition.analysis import Definition
from jobs.definition.checks import check
from jobs.definition.node_tree import NodeTree
from jobs.definition.node_tree import Path as KeyPath
from jobs.definition.problems import DefinitionError, located, parsed
from jobs.errors import UsageError, nearest

# Thirty times the longest definition that is shipped; more would take seconds to parse.
_MOST_BYTES = 250_000


@dataclass(frozen=True, slots=True)
class YamlFile:
    """What a YAML file holds, and where; `label` is how messages name it."""

    label: str
    raw: Any
    tree: NodeTree

    def where(self, path: KeyPath) -> str:
        """Return file and line of a place."""
        return f"{self.label}:{self.tree.line(path)}"


def shipped_names() -> list[str]:
    """Return the names of the analyses that come with the product."""
    return sorted(path.stem for path in (conf_folder() / "analyses").glob("*.yml"))


def load_definition(name_or_path: str) -> Definition:
    """Load a shipped analysis by name, or a definition file by path.

    Raises:
        UsageError: Unknown name, unreadable file, or a definition that is not valid.
    """
    found = definition_file(name_or_path)
    return validated(found.raw, found.tree, found.where)


def definition_file(name_or_path: str) -> YamlFile:
    """Read the file of a shipped analysis, or the one at a path.

    Raises:
        UsageError: Unknown name, or a file that is not one YAML document in UTF-8.
    """
    if not (name_or_path.endswith((".yml", ".yaml")) or "/" in name_or_path):
        names = shipped_names()
        if name_or_path not in names:
            raise UsageError(
                f"unknown analysis '{name_or_path}'; expected a file or one of {', '.join(names)}"
                f"{nearest(name_or_path, names)}"
            )
        return read_yaml(conf_folder() / "analyses" / f"{name_or_path}.yml", f"{name_or_path}.yml")
    path = Path(name_or_path)
    if not path.is_file():
        raise UsageError(f"definition file {path} does not exist{_nearest_file(path)}")
    return read_yaml(path, name_or_path)


def validated(raw: Any, tree: NodeTree, where: Callable[[KeyPath], str]) -> Definition:
    """Return the definition that a file holds.

    Raises:
        DefinitionError: It is not valid.
    """
    definition = parsed(Definition, raw, tree, where)
    problems = located(check(definition), where)
    if problems:
        raise DefinitionError(problems)
    return definition


def read_yaml(path: Path, label: str) -> YamlFile:
    """Read one YAML document; `label` is how messages name the file.

    Raises:
        UsageError: The file cannot be read, or is not one YAML document in UTF-8.
    """
    try:
        with path.open("rb") as opened:
            content = opened.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise UsageError(
                f"{label} has more than {_MOST_BYTES:,} bytes", advice="is it the right file? Definitions have a few"
            )
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise UsageError(f"{label}:{line}: cannot be read as UTF-8 text", advice="save the file as UTF-8") from error
    except OSError as error:
        raise UsageError(f"{label} cannot be read ({error.strerror})") from error
    try:
        file = YamlFile(label, strict_yaml.load(text), NodeTree.of(text))
    except yaml.YAMLError as error:
        raise UsageError(f"{label}{_line_of(error, text)}: {_said(error)}") from error
    except RecursionError as error:
        raise UsageError(f"{label}: lists or mappings are nested too deeply") from error
    except ValueError as error:
        raise UsageError(f"{label}: holds a number with too many digits") from error
    if file.tree.is_cut:
        raise UsageError(f"{label}: its aliases stand for too many values", advice="write out what is meant")
    return file


def _line_of(error: yaml.YAMLError, text: str) -> str:
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        return f":{mark.line + 1}"
    position = getattr(error, "position", None)  # a character that YAML does not allow
    return "" if position is None else f":{text[:position].count(chr(10)) + 1}"


def _said(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.reader.ReaderError):
        return "not valid YAML: a control character"
    problem = str(getattr(error, "problem", None) or "not valid YAML")
    if "found character '\\t'" in problem:
        return "a tab stands where blanks are expected"
    if problem == "but found another document":
        return "holds more than one document; expected one (no line '---')"
    return " ".join(problem.split())


def _nearest_file(path: Path) -> str:
    folder = path.parent
    names = [one.name for one in folder.iterdir() if one.suffix in (".yml", ".yaml")] if folder.is_dir() else []
    return nearest(path.name, names)
