"""Which columns each section reads: those it cannot do without, those it can drop one by one, and the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from jobs.definition import ConditionModel, Definition, RuleModel
from transforms import columns as c
from transforms import derived

# The section whose levels or segments a recommendation names.
RECOMMENDED_FROM = {
    "framework_segment": "risk_velocity",
    "value_risk": "value_risk",
    "indices": "indices",
    "alerts": "alerts",
    "segments": "segments",
}
RECOMMENDATIONS = "recommendations"

# What the consistency section shows whether or not the funnel has its own measures.
_CONSISTENCY = (
    derived.MONETARY_IMBALANCE,
    derived.INACTIVITY_RATIO,
    derived.EFFICIENCY_PROXY,
    derived.HEALTH_INDEX,
)
_CELLS = (c.HEALTH, c.LTV)


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """The view columns of one section.

    Without one of `essential` the section cannot be computed; each of `measures` is dropped by itself where it
    is not there; `others` are read as missing.
    """

    essential: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


def cohort_columns(definition: Definition) -> tuple[str, ...]:
    """Return the columns that decide who is in the cohort."""
    return _of_conditions(definition.cohort or ())


def segment_columns(definition: Definition) -> tuple[str, ...]:
    """Return the columns that decide who is in which segment."""
    return _of_rules(definition.segments.rules) if definition.segments else ()


def section_needs(definition: Definition) -> dict[str, Needs]:
    """Return what each section of the definition needs beside the cohort's or the segments' own columns."""
    asked = definition.sections.model_dump(exclude_none=True)
    found = {name: needs for name, needs in _needs(definition).items() if name in asked}
    if definition.recommend is not None:
        source = found.get(RECOMMENDED_FROM[definition.recommend], Needs())
        kpis = tuple(sorted({strategy.kpi.measure for strategy in definition.strategies.values()}))
        found[RECOMMENDATIONS] = Needs(essential=source.essential, others=(c.LTV, c.CHURN, *kpis))
    return found


def _needs(definition: Definition) -> Mapping[str, Needs]:
    sections = definition.sections
    profile, channels, grid = sections.cohort_profile, sections.channels, sections.value_risk
    framework = sections.risk_velocity.framework if sections.risk_velocity else []
    graded = [*grid.value_levels, *grid.risk_levels, *grid.risk_levels_as_written] if grid else []
    return {
        "cohort_profile": Needs(measures=tuple(measure.column for measure in profile.measures) if profile else ()),
        "tier_ltv": Needs(essential=(c.TIER, c.LTV)),
        "channels": Needs(measures=tuple(channels.dimensions) if channels else ()),
        "geography": Needs(),
        "platforms": Needs(essential=c.PLATFORM_FLAGS, others=_CELLS),
        "risk_velocity": Needs(essential=(c.RISK, c.VELOCITY, *_of_rules(framework)), others=_CELLS),
        "value_risk": Needs(essential=_of_rules(graded), others=_CELLS),
        "indices": Needs(essential=_of_indices(definition), others=_CELLS),
        "alerts": Needs(essential=_of_alerts(definition), others=_CELLS),
        "segments": Needs(measures=_of_segments(definition)),
        "consistency": Needs(measures=_CONSISTENCY),
    }


def _of_conditions(conditions: Iterable[ConditionModel]) -> tuple[str, ...]:
    return tuple(name for model in conditions for name in (model.column, model.within) if name)


def _of_rules(rules: Iterable[RuleModel]) -> tuple[str, ...]:
    return tuple(name for rule in rules for name in _of_conditions(rule.all or rule.any or ()))


def _of_indices(definition: Definition) -> tuple[str, ...]:
    options = definition.sections.indices
    parts = [*options.value.parts, *options.risk.parts] if options else []
    return tuple(name for part in parts for name in (part.column, part.measure) if name)


def _of_alerts(definition: Definition) -> tuple[str, ...]:
    options = definition.sections.alerts
    conditions = [
        condition
        for alert in (options.rules if options else [])
        for condition in (*alert.all, *(alert.downgrade.all if alert.downgrade else ()))
    ]
    return _of_conditions(conditions)


def _of_segments(definition: Definition) -> tuple[str, ...]:
    options = definition.sections.segments
    if options is None:
        return ()
    return (
        *(measure.column for measure in options.measures),
        *options.dimensions,
        *(name for pair in options.crosstabs for name in (pair.row, pair.column)),
        *(name for pair in options.correlations for name in (pair.x, pair.y)),
    )
