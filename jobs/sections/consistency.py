"""Consistency and velocity by segment: the funnel's own measures, or proxies where it has none."""

from __future__ import annotations

from typing import Any

from jobs.availability import REPLACED, Gap, gap
from jobs.definition import MeasureModel
from jobs.sections.distribution_rows import distribution_rows
from jobs.sections.evidence import Evidence, Rows
from jobs.sections.segment_groups import SegmentGroups
from jobs.sections.segment_rows import correlate_by_segment, count_by_value, describe_and_compare
from transforms import derived

SECTION = "consistency"
# The funnel's measures; each with its unit and what stands for it, the first in correlations too.
CONSISTENCY, VELOCITY = "cross_stage_engagement_consistency", "revenue_velocity_monthly"
_FUNNEL = {
    CONSISTENCY: ("points", (derived.RFM_CONSISTENCY, derived.RFM_VARIANCE)),
    VELOCITY: ("currency", (derived.LTV_VELOCITY,)),
}
_ALWAYS = (
    derived.MONETARY_IMBALANCE,
    derived.INACTIVITY_RATIO,
    derived.EFFICIENCY_PROXY,
    derived.HEALTH_INDEX,
)


def build(evidence: Evidence) -> Rows:
    """Return `measures`, `comparisons`, `correlations`, `distributions`, and `obstacles` for what is replaced."""
    options = evidence.definition.sections.consistency
    if options is None:
        return {}
    groups = SegmentGroups.of(evidence.definition)
    models: list[MeasureModel] = []
    in_use: list[str] = []
    obstacles = []
    for own, (unit, proxies) in _FUNNEL.items():
        lacking = gap(evidence.inputs, "funnel", own)
        if lacking is not None:
            obstacles.append(_obstacle(evidence, lacking, own, proxies[0]))
        chosen = [name for name in (proxies if lacking else (own,)) if evidence.available(name)]
        models += [MeasureModel(column=name, unit=unit) for name in chosen]
        in_use += chosen[:1]
    models += [MeasureModel(column=name, unit="points") for name in _ALWAYS if evidence.available(name)]
    bins = [name for name in (derived.IMBALANCE_BIN,) if evidence.available(name)]
    return {
        **describe_and_compare(evidence, SECTION, groups, models),
        "distributions": distribution_rows(SECTION, groups.shown, count_by_value(evidence, SECTION, groups, bins)),
        "correlations": correlate_by_segment(
            evidence, SECTION, groups, [(in_use[0], in_use[1])] if len(in_use) == len(_FUNNEL) else []
        ),
        "obstacles": obstacles,
    }


def _obstacle(evidence: Evidence, lacking: Gap, column: str, proxy: str) -> dict[str, Any]:
    return {
        "section": SECTION,
        "table_name": evidence.inputs.table_name(lacking.role),
        "column_name": column,
        "reason": lacking.reason,
        "effect": REPLACED,
        "replaced_by": proxy,
        "remedy": "add_column" if lacking.reason == "missing_column" else "load_table",
    }
