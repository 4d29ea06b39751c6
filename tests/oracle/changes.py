"""Result table `changes`, without the run it compares with: two states of an analysis, figure by figure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Tables = Mapping[str, Any]


def changes(states: Sequence[Tables], causes: Sequence[str]) -> list[dict[str, Any]]:
    """Return the rows between consecutive states; `causes` names what changed at each step.

    A state is what `oracle` returns. One step for an unchanged definition; two for a changed one, by way of the
    old definition on today's lake.
    """
    rows = []
    for cause, before, after in zip(causes, states[:-1], states[1:], strict=True):
        was, now = dict(_figures(before)), dict(_figures(after))
        for figure in dict.fromkeys([*was, *now]):
            a, b = was.get(figure), now.get(figure)
            if (a, b) != (None, None):
                rows.append(_row(cause, figure, a, b, None if a is None or b is None else b - a))
        if was["n_cohort"] is None and now["n_cohort"] is None:
            continue
        were, are = ({member["customer_key"] for member in state["cohort_members"]} for state in (before, after))
        rows.append(_row(cause, "members_entered", None, float(len(are - were)), None))
        rows.append(_row(cause, "members_left", None, float(len(were - are)), None))
    return rows


def _row(cause: str, figure: str, a: float | None, b: float | None, difference: float | None) -> dict[str, Any]:
    return {
        "figure": figure,
        "previous_run_id": None,
        "previous": a,
        "current": b,
        "difference": difference,
        "cause": cause,
    }


def _figures(tables: Tables) -> Iterator[tuple[str, float | None]]:
    steps = {row["step"]: float(row["n_remaining"]) for row in tables["attrition"]}
    yield "n_customers", steps[0]
    yield "n_cohort", steps[max(steps)] if len(steps) > 1 else None
    for row in tables["comparisons"]:
        if (row["section"], row["stratum"], row["group_b"]) == ("tier_ltv", "overall", "peers"):
            yield f"tier_ltv.overall.{row['measure']}", row["difference"]
    segments = [row for row in tables["distributions"] if row["dimension"] == "segment"]
    for row in segments:
        yield f"segments.{row['value']}.n", float(row["n"])
    groups = {"cohort_profile": {"cohort"}, "segments": {row["value"] for row in segments}}
    for row in tables["measures"]:
        if row["group_name"] in groups.get(row["section"], ()):
            yield f"{row['section']}.{row['group_name']}.{row['measure']}", row["mean"]
    for row in tables["distributions"]:
        if (row["section"], row["value"]) == ("alerts", "red"):
            yield "alerts.red.n", float(row["n"])
