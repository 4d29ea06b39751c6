"""A resolved definition as YAML, with where each value comes from."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import yaml

from jobs.config.resolve import Resolved
from jobs.definition import strict_yaml
from jobs.definition.node_tree import Path

# Origins stand in one column where lines are not longer than this.
_COLUMN = 72
_PLAIN = re.compile(r"[^\W\d][\w/-]*(?: [\w/-]+)*")

_Origin = Callable[[Path], str]
_Line = tuple[str, str | None]


def shown(resolved: Resolved) -> str:
    """Return the definition as a file that could be run, the origin of each value as a comment."""
    content = resolved.definition.model_dump(mode="json")
    lines = list(_mapping(content, (), resolved.origin))
    width = min(max(len(text) for text, _ in lines), _COLUMN)
    return "\n".join(f"{text:<{width}}  # {origin}" if origin else text for text, origin in lines)


def _mapping(value: dict[str, Any], path: Path, origin: _Origin) -> Iterator[_Line]:
    for key, item in value.items():
        if item is not None:
            yield from _entry(f"{scalar(key)}:", item, (*path, key), origin)


def _entry(head: str, value: Any, path: Path, origin: _Origin) -> Iterator[_Line]:
    present = {k: v for k, v in value.items() if v is not None} if isinstance(value, dict) else value
    if isinstance(present, dict) and present:
        yield head, None
        yield from _indented(_mapping(present, path, origin))
    elif isinstance(present, list) and present and not _in_one_line(present, path, origin):
        yield head, None
        for number, item in enumerate(present):
            yield from _indented(_item(item, (*path, number), origin))
    else:
        inner = (*path, 0) if isinstance(present, list) and present else path
        yield f"{head} {flow(present)}", origin(inner)


def _item(value: Any, path: Path, origin: _Origin) -> Iterator[_Line]:
    if isinstance(value, dict) and any(item is not None for item in value.values()):
        for number, (text, where) in enumerate(_mapping(value, path, origin)):
            yield ("  " if number else "- ") + text, where
    else:
        yield f"- {flow(value)}", origin(path)


def _in_one_line(values: list[Any], path: Path, origin: _Origin) -> bool:
    is_flat = not any(isinstance(value, dict | list) for value in values)
    # values in one line of a file have one origin; so have those set together
    return is_flat and len({origin((*path, number)) for number in range(len(values))}) == 1


def _indented(lines: Iterator[_Line]) -> Iterator[_Line]:
    return ((f"  {text}", where) for text, where in lines)


def flow(value: Any) -> str:
    """Return a value in one line of YAML."""
    if isinstance(value, list):
        return f"[{', '.join(flow(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{scalar(key)}: {flow(item)}' for key, item in value.items())}}}"
    return scalar(value)


def scalar(value: Any) -> str:
    """Return a scalar of YAML that the strict loader reads as the same value."""
    if not isinstance(value, str):
        return json.dumps(value)
    if _PLAIN.fullmatch(value) and _reads_as_itself(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _reads_as_itself(text: str) -> bool:
    # other readers of YAML take NO for false: such text is quoted too
    return bool(strict_yaml.load(text) == text and yaml.safe_load(text) == text)
