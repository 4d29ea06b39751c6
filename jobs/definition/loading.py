"""Find and load definition files; every problem is one line."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import ValidationError

from jobs.conf_files import conf_folder
from jobs.definition import strict_yaml
from jobs.definition.analysis import Definition
from jobs.errors import UsageError, nearest


def shipped_names() -> list[str]:
    """Return the names of the analyses that come with the product."""
    return sorted(path.stem for path in (conf_folder() / "analyses").glob("*.yml"))


def load_definition(name_or_path: str) -> Definition:
    """Load a shipped analysis by name, or a definition file by path.

    Raises:
        UsageError: Unknown name, unreadable file, or a definition that is not valid.
    """
    is_path = name_or_path.endswith((".yml", ".yaml")) or "/" in name_or_path
    path = Path(name_or_path) if is_path else conf_folder() / "analyses" / f"{name_or_path}.yml"
    if not path.is_file():
        names = shipped_names()
        if is_path:
            raise UsageError(f"definition file {path} does not exist")
        raise UsageError(
            f"unknown analysis '{name_or_path}'; expected one of {', '.join(names)}{nearest(name_or_path, names)}"
        )
    try:
        parsed = strict_yaml.load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"definition file {path.name} cannot be read as UTF-8 text") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}" if mark else ""
        raise UsageError(f"{path.name}{where}: {getattr(error, 'problem', 'not valid YAML')}") from error
    try:
        return Definition.model_validate(parsed)
    except ValidationError as error:
        problems = [
            f"{'.'.join(str(part) for part in found['loc']) or 'definition'}: {found['msg']}"
            for found in error.errors()[:20]
        ]
        raise UsageError(f"{path.name}: {'; '.join(problems)}") from error
