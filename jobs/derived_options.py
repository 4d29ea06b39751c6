"""The derived columns a definition names, with the options of its sections."""

from __future__ import annotations

from jobs.definition import Definition
from jobs.definition.sections import ConsistencySection, SegmentsSection
from transforms import columns as c
from transforms.consistency import HealthWeights
from transforms.derived_columns import DerivedColumns
from transforms.segments import RfmWeights


def derived_columns(definition: Definition) -> DerivedColumns:
    """Return what `transforms.derived_columns` adds for a definition; the defaults where a section is absent."""
    segments = definition.sections.segments or SegmentsSection.model_construct()
    consistency = definition.sections.consistency or ConsistencySection()
    scores, health = segments.rfm_weights, consistency.health_index
    return DerivedColumns(
        # every view has the platforms: naming them sets no analysis apart from another
        names=definition.derived_columns() - {c.PLATFORMS, c.NUMBER_OF_PLATFORMS},
        rfm_weights=RfmWeights(
            recency=float(scores.recency), frequency=float(scores.frequency), monetary=float(scores.monetary)
        ),
        age_bands=tuple(segments.age_bands),
        imbalance_bins=tuple(float(bound) for bound in consistency.imbalance_bins),
        health_weights=HealthWeights(
            health=float(health.health),
            retention=float(health.retention),
            ltv=float(health.ltv),
            ltv_cap=float(health.ltv_cap),
        ),
    )
