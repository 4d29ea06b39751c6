"""The cohort beside its peers and the population: measures and their differences."""

from __future__ import annotations

from jobs.definition import MeasureModel
from jobs.inference import welch
from jobs.sections.comparison_row import comparison_row
from jobs.sections.evidence import Evidence, Rows
from jobs.sections.measure_rows import Described, by_group_and_measure, describe_measures, measure_row, moments_of
from transforms import columns as c
from transforms.groups import study_groups

SECTION = "cohort_profile"
GROUPS = (c.COHORT, c.PEERS, c.POPULATION)
LTV_MEASURE = MeasureModel(column=c.LTV, unit="currency")


def build(evidence: Evidence) -> Rows:
    """Return `measures` of the profile and of LTV, and `comparisons` of the profile with the peers."""
    options = evidence.definition.sections.cohort_profile
    if options is None:
        return {}
    profile = list(options.measures)
    ltv = [LTV_MEASURE] if evidence.definition.sections.tier_ltv is not None else []
    described = _describe(evidence, [*profile, *ltv]) if profile or ltv else {}
    by_definition = evidence.definition.by_definition()
    measures = [
        measure_row(evidence, section, group, model, described, by_definition=model.column in by_definition)
        for section, models in ((SECTION, profile), ("tier_ltv", ltv))
        for model in models
        for group in GROUPS
    ]
    comparisons = []
    for model in profile:
        a, b = (moments_of(described, group, model.column) for group in (c.COHORT, c.PEERS))
        tested = model.column not in by_definition
        comparisons.append(
            comparison_row(
                SECTION,
                "all",
                model.column,
                (c.COHORT, a),
                (c.PEERS, b),
                welch(a, b, tested=tested),
                by_definition=not tested,
            )
        )
    return {"measures": measures, "comparisons": comparisons}


def _describe(evidence: Evidence, models: list[MeasureModel]) -> Described:
    units = tuple(dict.fromkeys((model.column, model.unit) for model in models))
    found = describe_measures(
        lambda name, build: evidence.collect(name, build, units),
        evidence.customers,
        study_groups(GROUPS),
        models,
        exact=evidence.exact,
    )
    return by_group_and_measure(found)
