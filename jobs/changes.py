"""Since the last run: the previous publication's figures beside today's, split by what changed them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from pyspark.sql import DataFrame

from jobs.analysis import Computed
from jobs.bounded import collect_one, collect_rows
from jobs.contracts.gate import counted_rows
from jobs.definition import Definition, Sections
from jobs.inputs import quality_row
from jobs.publications.pointer import Publication
from jobs.results import ResultStore
from transforms import columns as c
from transforms.membership_changes import membership_changes

CUSTOMERS = "customers"
DEFINITION = "definition"
UNSPLIT = "unsplit"
"""The definition changed, and the old one can no longer be read: nothing tells its share of a change."""

ENTERED = "members_entered"
LEFT = "members_left"
COHORT_SIZE = "n_cohort"

NOT_SPLIT = "definition_not_split"

# The sections whose rows give figures; the others need not be computed to compare.
_SECTIONS = ("cohort_profile", "tier_ltv", "alerts", "segments")

Figures = dict[str, float | None]
Rows = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Previous:
    """What the last publication of an analysis said, and by which definition (None: no longer readable).

    `table_rows` is how many rows its tables had.
    """

    run_id: str
    figures: Figures
    members: DataFrame | None
    digest: str
    definition: Definition | None
    table_rows: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """The figures and members of one definition on one state of the data."""

    figures: Figures
    members: DataFrame | None
    key_id: str | None


def read_previous(store: ResultStore, publication: Publication) -> Previous:
    """Read the published rows of an analysis before they are superseded."""
    rows = store.staged_rows(publication.analysis, publication.attempt_id)
    event = rows["runs"][0] if rows["runs"] else {"definition": "", "definition_digest": ""}
    try:
        definition = Definition.model_validate_json(event["definition"])
    except ValidationError:
        definition = None
    members = None
    if store.exists("cohort_members"):
        members = store.staged("cohort_members", publication.analysis, publication.attempt_id)
    return Previous(
        run_id=publication.run_id,
        figures=figures(rows),
        members=members,
        digest=event["definition_digest"],
        definition=definition,
        table_rows=counted_rows(rows["quality"]),
    )


def to_recompute(definition: Definition, previous: Previous) -> Definition | None:
    """Return the previous definition, reduced to what gives figures, if it must be computed on today's data.

    None where nothing that a figure depends on changed, or where the old definition cannot be read.
    """
    if previous.digest == definition.digest() or previous.definition is None:
        return None
    old, new = (_reduced(version, definition) for version in (previous.definition, definition))
    return None if old.canonical() == new.canonical() else old


def _reduced(version: Definition, today: Definition) -> Definition:
    """Return a definition without words, strategies and sections that give no figure, reading today's tables.

    Its name is none that a file could have: frames are stored by it.
    """
    kept = {name: getattr(version.sections, name) for name in _SECTIONS}
    nothing = {name: None for name in Sections.model_fields if name not in kept}
    return version.model_copy(
        update={
            "analysis": f"{today.analysis}-previous",
            "title": {},
            "question": {},
            "languages": [],
            "currency": today.currency,
            "minimum_group": today.minimum_group,
            "inputs": today.inputs,
            "required": [],
            "sections": version.sections.model_copy(update={**nothing, **kept}),
            "recommend": None,
            "strategies": {},
        }
    )


def add_changes(
    definition: Definition, computed: Computed, previous: Previous, recomputed: Computed | None, key_id: str
) -> None:
    """Add the rows of `changes` to what was computed.

    `recomputed` is the previous definition on today's data, where `to_recompute` asked for it.
    """
    before = _State(figures=previous.figures, members=previous.members, key_id=_key_id(previous.members))
    after = _state(computed, key_id)
    if previous.digest == definition.digest():
        steps = [(CUSTOMERS, before, after)]
    elif previous.definition is None:
        steps = [(UNSPLIT, before, after)]
        computed.rows["quality"].append(quality_row("runs", NOT_SPLIT, "info", 1, "0", section="changes"))
    else:
        between = _state(recomputed, key_id) if recomputed else after
        steps = [(CUSTOMERS, before, between), (DEFINITION, between, after)]
    for cause, a, b in steps:
        computed.rows["changes"] += change_rows(previous.run_id, cause, a.figures, b.figures, _members(a, b))


def changes_between(store: ResultStore, before: Publication, after: Publication) -> list[dict[str, Any]]:
    """Return the rows of `changes` from one kept publication to another; nothing is computed again.

    With equal definitions the customers changed the figures; else the causes stay unsplit.
    """
    a, b = read_previous(store, before), read_previous(store, after)
    cause = CUSTOMERS if a.digest == b.digest else UNSPLIT
    states = (_State(figures=one.figures, members=one.members, key_id=_key_id(one.members)) for one in (a, b))
    return change_rows(a.run_id, cause, a.figures, b.figures, _members(*states))


def change_rows(
    previous_run_id: str, cause: str, before: Figures, after: Figures, members: Figures
) -> list[dict[str, Any]]:
    """Return a row per figure that either side has, and one per count of `members`, which has no previous value."""
    pairs = [(name, before.get(name), after.get(name)) for name in dict.fromkeys([*before, *after])]
    changed = [pair for pair in pairs if pair[1:] != (None, None)]
    return [
        {
            "figure": name,
            "previous_run_id": previous_run_id,
            "previous": a,
            "current": b,
            "difference": None if a is None or b is None else b - a,
            "cause": cause,
        }
        for name, a, b in [*changed, *((name, None, value) for name, value in members.items())]
    ]


def figures(rows: Rows) -> Figures:
    """Return the figures that are followed from run to run, out of result rows; see docs/definitions.md."""
    steps = sorted(rows["attrition"], key=lambda row: int(row["step"]))
    has_cohort = len(steps) > 1 and not any(row["effect"] == "analysis_not_computed" for row in rows["obstacles"])
    found: Figures = {
        "n_customers": _number(steps[0]["n_remaining"]) if steps else None,
        COHORT_SIZE: _number(steps[-1]["n_remaining"]) if has_cohort else None,
    }
    for row in rows["comparisons"]:
        if (row["section"], row["stratum"], row["group_b"]) == ("tier_ltv", "overall", c.PEERS):
            found[f"tier_ltv.overall.{row['measure']}"] = _number(row["difference"])
    segments = []
    for row in rows["distributions"]:
        if (row["section"], row["group_name"], row["dimension"]) == ("segments", c.POPULATION, "segment"):
            segments.append(row["value"])
            found[f"segments.{row['value']}.n"] = _number(row["n"])
        if (row["section"], row["dimension"], row["value"]) == ("alerts", "alert", "red"):
            found["alerts.red.n"] = _number(row["n"])
    groups = {"cohort_profile": [c.COHORT], "segments": segments}
    for row in rows["measures"]:
        if row["group_name"] in groups.get(row["section"], ()):
            found[f"{row['section']}.{row['group_name']}.{row['measure']}"] = _number(row["mean"])
    return found


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _state(computed: Computed, key_id: str) -> _State:
    return _State(figures=figures(computed.rows), members=computed.members, key_id=key_id)


def _key_id(members: DataFrame | None) -> str | None:
    """Return the id of the key that hides these members; None without members."""
    if members is None:
        return None
    found = collect_rows(members.select("key_id").limit(1), "cohort_members", cap=1)
    return found[0]["key_id"] if found else None


def _members(before: _State, after: _State) -> Figures:
    """Return how many entered and left; null where the keys hide customers differently, nothing without cohorts."""
    was, now = before.figures.get(COHORT_SIZE), after.figures.get(COHORT_SIZE)
    if was is None and now is None:
        return {}
    if was == 0 or now == 0:
        return {ENTERED: now, LEFT: was}
    if was is None or now is None or before.members is None or after.members is None or before.key_id != after.key_id:
        return {ENTERED: None, LEFT: None}
    counted = collect_one(membership_changes(before.members, after.members), "members")
    return {ENTERED: float(counted["entered"]), LEFT: float(counted["left"])}
