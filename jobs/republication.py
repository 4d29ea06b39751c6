"""A run that is computed again must give what it gave: same definition, tables and code, same rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from jobs.bounded import collect_one
from jobs.contracts.evaluate import ROW_CHANGE
from jobs.errors import ConflictError
from jobs.publications.pointer import Publication
from jobs.results import ResultStore
from transforms.membership_changes import membership_changes

Rows = Mapping[str, Sequence[Mapping[str, Any]]]

# `changes` compares with the publication before, which is another one; `runs` tells times.
_NOT_CONTENT = ("changes", "runs")
# Doubles are added up in another order by another engine or layout.
_RELATIVE, _ABSOLUTE = 1e-6, 1e-9


def refuse_other_content(store: ResultStore, before: Publication, attempt_id: str, rows: Rows) -> None:
    """Compare the staged rows of an attempt with those published of the same run.

    Raises:
        ConflictError: They differ by more than the order in which doubles are added.
    """
    published = store.staged_rows(before.analysis, before.attempt_id)
    different = [
        table
        for table in rows
        if table not in _NOT_CONTENT and not _is_same(_content(rows[table]), _content(published[table]))
    ]
    if _members_differ(store, before, attempt_id):
        different.append("cohort_members")
    if different:
        raise ConflictError(
            f"run {before.run_id} of analysis '{before.analysis}' gave other rows before: "
            f"{', '.join(different)}; definition, table versions and code are the same",
            advice="has a file of a table been changed in place? The published rows stay; to publish these, "
            "make a new version of the table, or choose another --results",
        )


def _content(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Leave out the checks that compare with the publication before."""
    return [row for row in rows if row.get("check_name") != ROW_CHANGE and row.get("touches_section") != "changes"]


def _is_same(a: Sequence[Mapping[str, Any]], b: Sequence[Mapping[str, Any]]) -> bool:
    if len(a) != len(b):
        return False
    pairs = zip(sorted(map(_split, a)), sorted(map(_split, b)), strict=True)
    return all(x == y and all(map(_are_close, p, q)) for (x, p), (y, q) in pairs)


def _split(row: Mapping[str, Any]) -> tuple[str, list[float]]:
    """Return what is compared exactly, as text, and the doubles."""
    values = [(name, value) for name, value in sorted(row.items()) if name != "attempt_id"]
    exact = [(name, "" if isinstance(value, float) else repr(value)) for name, value in values]
    return repr(exact), [value for _, value in values if isinstance(value, float)]


def _are_close(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=_RELATIVE, abs_tol=_ABSOLUTE) or (math.isnan(a) and math.isnan(b))


def _members_differ(store: ResultStore, before: Publication, attempt_id: str) -> bool:
    """Compare the members, where both attempts hide them under one key."""
    was, now = (store.staged("cohort_members", before.analysis, one) for one in (before.attempt_id, attempt_id))
    keys = {row["key_id"] for row in was.select("key_id").union(now.select("key_id")).distinct().limit(3).collect()}
    if len(keys) != 1:
        return was.count() != now.count()
    counted = collect_one(membership_changes(was, now), "members")
    return bool(counted["entered"] or counted["left"])
