"""What is wrong with a definition, each problem in one line: where, which key, what was found, what is expected."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from jobs.definition import shape
from jobs.definition.conditions import Text
from jobs.definition.node_tree import NodeTree, Path
from jobs.errors import UsageError, nearest

Where = Callable[[Path], str]
"""Names the place of a path: `mine.yml:12`, or `command line`."""

_SHOWN = 5
_LONGEST = 60
_TYPES = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}
_PATTERNS = {
    "^[a-z][a-z0-9_]*$": "lower-case letters, digits and _, a letter first",
    "^[A-Z]{3}$": "an ISO 4217 code such as USD",
}
_BOUNDS = {
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "too_short": "a list of at least {min_length}",
    "too_long": "a list of at most {max_length}",
    "string_too_short": "a name",
    "string_too_long": "at most {max_length} characters",
    "finite_number": "a number that is neither infinite nor NaN",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong."""

    where: str
    path: Path
    message: str

    @property
    def text(self) -> str:
        """Place, key and message."""
        return " ".join(f"{self.where}: {dotted(self.path)}: {self.message}".split())


class DefinitionError(UsageError):
    """A definition that is not valid: one line, with the first few problems."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        more = len(problems) - _SHOWN
        shown = [*(problem.text for problem in problems[:_SHOWN]), *([f"and {more} more"] if more > 0 else [])]
        super().__init__(" | ".join(shown))

    def lines(self) -> list[str]:
        """Return a line per problem, each as it would be printed alone."""
        return [UsageError(problem.text).line() for problem in self.problems]


def dotted(path: Path) -> str:
    """Return a path as it is written: `cohort.0.value`."""
    return ".".join(str(part) for part in path) or "definition"


_Parsed = TypeVar("_Parsed", bound=BaseModel)


def parsed(model: type[_Parsed], raw: Any, tree: NodeTree, where: Where) -> _Parsed:
    """Return the model of what a file holds.

    Raises:
        DefinitionError: It does not fit the model.
    """
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise DefinitionError(list(_problems(model, error, tree, where))) from error


def located(found: Iterable[tuple[Path, str]], where: Where) -> list[Problem]:
    """Return the problems that checks beside the models found."""
    return [Problem(where(path), path, message) for path, message in found]


def _problems(model: type[BaseModel], error: ValidationError, tree: NodeTree, where: Where) -> Iterator[Problem]:
    by_path: dict[Path, list[tuple[shape.Place, Mapping[str, Any]]]] = {}
    for one in error.errors(include_url=False):
        place = shape.locate(model, one["loc"])
        by_path.setdefault(place.path, []).append((place, dict(one)))
    found = []
    for path, errors in by_path.items():
        is_alternative = all(one["type"] in _TYPES for _, one in errors)
        if is_alternative and any(len(other) > len(path) and other[: len(path)] == path for other in by_path):
            continue  # another alternative fits so far, and says more
        found.append(_problem(path, errors, tree))
    for path, message in sorted(found, key=lambda pair: tree.line(pair[0])):
        yield Problem(where(path), path, message)


def _problem(path: Path, errors: Sequence[tuple[shape.Place, Mapping[str, Any]]], tree: NodeTree) -> tuple[Path, str]:
    """Return the place and the words for all errors at one path."""
    telling = [pair for pair in errors if pair[1]["type"] not in _TYPES]
    place, error = (telling or errors)[0]
    kind, found = error["type"], error.get("input")
    context = error.get("ctx") or {}
    if kind == "missing":
        return path[:-1], f"key '{path[-1]}' is missing"
    if kind == "extra_forbidden" or "[key]" in error["loc"]:
        return path, _unknown_key(str(path[-1]), shape.keys(place.holder))
    if kind == "value_error":
        message = str(context.get("error") or error["msg"])
        named = tree.place_named_in(message, path)
        return named, message.removeprefix(f"{named[0]}: ") if named else message
    if kind == "literal_error":
        allowed = re.findall(r"'([^']*)'", str(context["expected"]))
        listed = f"one of {', '.join(map(repr, allowed))}" if allowed else str(context["expected"]).lower()
        return path, f"{shown(found)} is not allowed; expected {listed}{_nearest(str(found), allowed)}"
    if kind in _BOUNDS:
        return path, f"found {shown(found)}; expected {_BOUNDS[kind].format(**context)}"
    if kind == "string_pattern_mismatch":
        pattern = str(context["pattern"])
        return path, f"found {shown(found)}; expected {_PATTERNS.get(pattern, pattern)}"
    if not telling:
        expected = "a text per language (en, zh)" if shape.plain(place.annotation) == Text else _expected(errors)
        return path, f"found {shown(found)}; expected {expected}{_trap(found)}"
    return path, str(error["msg"])


def _nearest(name: str, allowed: Sequence[str]) -> str:
    """Return the nearest name; the same signs in another order are nearest (`=>` is `>=`)."""
    turned = [one for one in allowed if sorted(one) == sorted(name)]
    return nearest(name, turned or allowed)


def _unknown_key(name: str, known: Sequence[str]) -> str:
    hint = nearest(name, known)
    if not hint and known:
        hint = f"; expected one of {', '.join(known)}"
    return f"unknown key '{name}'{hint or '; nothing stands below this key'}"


def _expected(errors: Sequence[tuple[shape.Place, Mapping[str, Any]]]) -> str:
    listed = list(dict.fromkeys(_TYPES[error["type"]] for _, error in errors))
    if "a number" in listed and "a whole number" in listed:
        listed.remove("a whole number")
    return " or ".join(listed)


def _trap(found: Any) -> str:
    """Return what to know about a text that looks like a number; empty for anything else."""
    if isinstance(found, str) and re.fullmatch(r"[-+]?0[0-9]+(\.[0-9]*)?", found):
        return " (a number has no leading zero)"
    if isinstance(found, str) and re.fullmatch(r"[-+]?[0-9.]+([eE][-+]?[0-9]+)?", found):
        return " (a number has no quotes)"
    return ""


def shown(value: Any) -> str:
    """Return a value of a file as messages show it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        text = " ".join(value.split())
        return f"the text '{text[:_LONGEST]}{'…' if len(text) > _LONGEST else ''}'"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    return "a mapping"
