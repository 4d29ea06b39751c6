"""The definitions of a run as they are computed: files, shared mapping and overrides put together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

import yaml
from pydantic import BaseModel

from jobs.config.overrides import Override
from jobs.definition import Definition, shape
from jobs.definition.inputs import InputsFile, Mapped, mapping_problems
from jobs.definition.loading import YamlFile, definition_file, read_yaml, validated
from jobs.definition.node_tree import NodeTree, Path
from jobs.definition.problems import DefinitionError, dotted, located, parsed
from jobs.errors import UsageError, nearest

DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Change:
    """A value that does not come from the definition file; the last change of a path counts."""

    path: Path
    value: Any
    origin: str
    place: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """A definition and where each of its values comes from."""

    definition: Definition
    file: YamlFile
    changes: tuple[Change, ...]

    def origin(self, path: Path) -> str:
        """Return where a value comes from: a file and its line, `environment`, `command line` or `default`."""
        for change in reversed(self.changes):
            if path[: len(change.path)] == change.path:
                return change.origin if _holds(change.value, path[len(change.path) :]) else DEFAULT
        return self.file.where(path) if path in self.file.tree else DEFAULT


def resolve(
    names: Sequence[str], overrides: Sequence[Override] = (), mapping: YamlFile | None = None
) -> list[Resolved]:
    """Load definitions by name or file and put a shared mapping and overrides (the weakest first) on them.

    Raises:
        UsageError: A file that cannot be read, a definition that is not valid before or after the changes, two
            definitions of one name, or an override that applies nowhere.
    """
    files = [definition_file(name) for name in dict.fromkeys(names)]
    definitions = load_all(files)
    _refuse_namesakes(files, definitions)
    shared = _shared_inputs(mapping) if mapping else {}
    found = []
    for file, definition in zip(files, definitions, strict=True):
        changes = [change for role, change in shared.items() if role not in definition.inputs]
        changes += _changes(definition, overrides)
        found.append(_changed(file, definition, tuple(changes)))
    for override in overrides:
        _refuse_unknown(override, definitions)
    return found


def load_all(files: Sequence[YamlFile]) -> list[Definition]:
    """Return the definitions of files.

    Raises:
        DefinitionError: With the problems of all of them.
    """
    definitions, problems = [], []
    for file in files:
        try:
            definitions.append(validated(file.raw, file.tree, file.where))
        except DefinitionError as error:
            problems += error.problems
    if problems:
        raise DefinitionError(problems)
    return definitions


def _refuse_namesakes(files: Sequence[YamlFile], definitions: Sequence[Definition]) -> None:
    seen: dict[str, YamlFile] = {}
    for file, definition in zip(files, definitions, strict=True):
        before = seen.setdefault(definition.analysis, file)
        if before is not file:
            raise UsageError(
                f"{file.where(('analysis',))}: analysis: '{definition.analysis}' is the name of {before.label} too",
                advice="give each analysis of a run its own name",
            )


def shared_mapping(path: str | None) -> Mapped:
    """Return the tables and columns that a file of `--inputs` maps; none without a file.

    Raises:
        UsageError: It cannot be read, or is not valid.
    """
    return _mapped(read_yaml(FilePath(path), path)) if path else {}


def _mapped(mapping: YamlFile) -> Mapped:
    parts = parsed(InputsFile, mapping.raw, mapping.tree, mapping.where)
    problems = located(mapping_problems(parts.inputs), mapping.where)
    if problems:
        raise DefinitionError(problems)
    return parts.inputs


def _shared_inputs(mapping: YamlFile) -> dict[str, Change]:
    found = {}
    for role in _mapped(mapping):
        place = mapping.where(("inputs", role))
        found[str(role)] = Change(("inputs", role), mapping.raw["inputs"][role], place, place)
    return found


def _changes(definition: Definition, overrides: Sequence[Override]) -> Iterator[Change]:
    for override in overrides:
        if override.analysis in (None, definition.analysis):
            path = _path_in(definition, override.path)
            if path is not None:
                yield Change(path, override.value, override.origin, override.place)


def _changed(file: YamlFile, definition: Definition, changes: tuple[Change, ...]) -> Resolved:
    if not changes:
        return Resolved(definition, file, ())
    raw = _copied(file.raw)
    for change in changes:
        try:
            _put(raw, definition, change)
        except (IndexError, KeyError, TypeError) as error:
            raise UsageError(
                f"{change.place}: '{dotted(change.path)}' does not fit what is set for a part of this path",
                advice="set the whole part once",
            ) from error

    def where(path: Path) -> str:
        for change in reversed(changes):
            if path[: len(change.path)] == change.path or change.path[: len(path)] == path:
                return f"{change.place} for {definition.analysis}"
        return file.where(path)

    # names are looked up in what is validated, lines in the file
    tree = NodeTree.of(yaml.safe_dump(raw, allow_unicode=True, sort_keys=False))
    return Resolved(validated(raw, tree, where), file, changes)


def _copied(value: Any) -> Any:
    """Return a copy in which nothing is shared: a YAML alias is the same list twice."""
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _put(raw: Any, definition: Definition, change: Change) -> None:
    """Put a value into what the file holds; parts of the path that are defaults so far become written ones."""
    holder, value = raw, definition
    for part in change.path[:-1]:
        value = _below(value, part)
        if isinstance(holder, dict) and holder.get(part) is None:
            holder[part] = [_plain(one) for one in value] if isinstance(value, list) else {}
        holder = holder[part]
    holder[change.path[-1]] = _copied(change.value)


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json", exclude_none=True) if isinstance(value, BaseModel) else value


def _path_in(definition: Definition, written: str) -> Path | None:
    """Return the path in a definition that has everything above its last part; None for one that has not."""
    parts = written.split(".")
    path: Path = ()
    value: Any = definition
    annotation: Any = Definition
    for number, part in enumerate(parts):
        annotation = shape.child(annotation, part)
        is_last = number == len(parts) - 1
        if isinstance(value, BaseModel):
            if part not in type(value).model_fields:
                return None
            path, value = (*path, part), getattr(value, part)
        elif isinstance(value, dict):
            path, value = (*path, part), value.get(part, _new(annotation))
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            path, value = (*path, int(part)), value[int(part)]
        else:
            return None
        if value is None and not is_last:
            return None
    return path


def _new(annotation: Any) -> Any:
    """Return an empty entry of a mapping, where nothing in it is required."""
    model = shape.plain(annotation)
    is_model = isinstance(model, type) and issubclass(model, BaseModel)
    return model() if is_model and not any(one.is_required() for one in model.model_fields.values()) else None


def _below(value: Any, part: str | int) -> Any:
    if isinstance(value, BaseModel):
        return getattr(value, str(part))
    if isinstance(value, dict):
        return value.get(part)
    return value[int(part)] if isinstance(value, list) else None


def _refuse_unknown(override: Override, definitions: Sequence[Definition]) -> None:
    names = [definition.analysis for definition in definitions]
    if override.analysis is not None and override.analysis not in names:
        if override.is_for_this_run:
            raise UsageError(
                f"{override.place}: no analysis '{override.analysis}' in this run; expected one of {', '.join(names)}"
                f"{nearest(override.analysis, names)}"
            )
        return
    meant = [one for one in definitions if override.analysis in (None, one.analysis)]
    if any(_path_in(definition, override.path) is not None for definition in meant):
        return
    known = dict.fromkeys(path for definition in meant for path in _paths(definition, ""))
    if not shape.is_known(Definition, tuple(override.path.split("."))):
        raise UsageError(f"{override.place}: unknown path '{override.path}'{nearest(override.path, known)}")
    if override.is_for_this_run:
        which = override.analysis or "no analysis of this run"
        has = "has no" if override.analysis else "has"
        raise UsageError(f"{override.place}: {which} {has} '{override.path}'{nearest(override.path, known)}")


def _paths(value: Any, prefix: str) -> Iterator[str]:
    if isinstance(value, BaseModel):
        items: list[tuple[str, Any]] = [(name, getattr(value, name)) for name in type(value).model_fields]
    elif isinstance(value, dict):
        items = [(str(key), item) for key, item in value.items()]
    elif isinstance(value, list):
        items = [(str(number), item) for number, item in enumerate(value)]
    else:
        return
    for key, item in items:
        yield f"{prefix}{key}"
        yield from _paths(item, f"{prefix}{key}.")


def _holds(value: Any, path: Path) -> bool:
    for part in path:
        below = range(len(value)) if isinstance(value, list) else value if isinstance(value, dict) else ()
        if part not in below:
            return False
        value = value[part]
    return True
