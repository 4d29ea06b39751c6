"""The shape of a definition: which keys its models take at a path."""

from __future__ import annotations

import types
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from jobs.definition.node_tree import Path

_KEY = "[key]"


@dataclass(frozen=True, slots=True)
class Place:
    """What stands at a path: its type, and the model or mapping that holds it.

    `path` is free of what pydantic adds: the names of a union's alternatives, and the mark of a mapping's key.
    """

    path: Path
    annotation: Any
    holder: Any


def locate(model: type[BaseModel], loc: Sequence[str | int]) -> Place:
    """Return the place that an error's location means."""
    annotation: Any = model
    holder: Any = None
    path: Path = ()
    for part in loc:
        annotation = plain(annotation)
        alternatives = _alternatives(annotation)
        if alternatives:
            annotation = next((one for one in alternatives if _is_tagged(one, str(part))), None)
        elif part != _KEY:
            holder, annotation = annotation, child(annotation, part)
            path = (*path, part)
    return Place(path, annotation, holder)


def keys(annotation: Any) -> list[str]:
    """Return the keys that a model, or a mapping with listed keys, takes; none where they are free."""
    annotation = plain(annotation)
    if _is_model(annotation):
        return list(annotation.model_fields)
    if get_origin(annotation) is dict:
        key = plain(get_args(annotation)[0])
        return [str(value) for value in get_args(key)] if get_origin(key) is Literal else []
    return []


def is_known(annotation: Any, path: Path) -> bool:
    """Return whether values of a type can have something at `path`."""
    annotation = plain(annotation)
    if not path:
        return True
    alternatives = _alternatives(annotation)
    if alternatives:
        return any(is_known(one, path) for one in alternatives)
    listed = keys(annotation)
    if listed and path[0] not in listed:
        return False
    below = child(annotation, path[0])
    return below is not None and is_known(below, path[1:])


def child(annotation: Any, part: str | int) -> Any:
    """Return the type below one step of a path; None where there is nothing."""
    annotation = plain(annotation)
    if _is_model(annotation):
        found = annotation.model_fields.get(str(part))
        return found.annotation if found else None
    arguments = get_args(annotation)
    if get_origin(annotation) is dict:
        return arguments[1]
    if get_origin(annotation) is list:
        return arguments[0] if isinstance(part, int) or part.isdecimal() else None
    return None


def plain(annotation: Any) -> Any:
    """Return a type without its annotations and without None."""
    if get_origin(annotation) is Annotated:
        return plain(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        rest = [one for one in get_args(annotation) if one is not type(None)]
        return plain(rest[0]) if len(rest) == 1 else annotation
    return annotation


def _alternatives(annotation: Any) -> list[Any]:
    if get_origin(annotation) in (Union, types.UnionType):
        return [plain(one) for one in get_args(annotation) if one is not type(None)]
    return []


def _is_tagged(annotation: Any, tag: str) -> bool:
    """Return whether pydantic names an alternative so: `str`, `constrained-str`, `list[...]` or a model's name."""
    name = "list" if get_origin(annotation) is list else getattr(annotation, "__name__", "")
    return tag in (name, f"constrained-{name}") or tag.startswith(f"{name}[")


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
