"""The sections of an analysis and their options."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field, model_validator

from jobs.definition.conditions import Conditions, Model, Number, RuleModel, Text


class MeasureModel(Model):
    """A numeric column to describe, with its unit."""

    column: str
    unit: str


class ProfileSection(Model):
    """Options of `cohort_profile`."""

    measures: list[MeasureModel]


class ChannelsSection(Model):
    """Options of `channels`."""

    dimensions: list[str]


class GeographySection(Model):
    """Options of `geography`: below this share of matched cohort customers no distribution is claimed."""

    minimum_match_rate: Annotated[float, Field(ge=0, le=1)]


class Empty(Model):
    """A section without options."""


class RiskVelocitySection(Model):
    """Options of `risk_velocity`: the named segments, in order; none means a plain cross-table."""

    framework: list[RuleModel]


class CellModel(Model):
    """The strategy of one cell of a value x risk grid."""

    value: str
    risk: str
    strategy: str


class ValueRiskSection(Model):
    """Options of `value_risk`."""

    value_levels: list[RuleModel]
    risk_levels: list[RuleModel]
    risk_levels_as_written: list[RuleModel]
    cells: list[CellModel]


class PartModel(Model):
    """One part of a composite index.

    `min_max`: normalised over the cohort; `ordinal`: by `levels`, a value off the list is missing; `off`: 1 where
    a 0/1 flag is 0; `weak`: 1 where the category's mean of `measure` within the cohort is below the cohort's mean.
    """

    column: str
    weight: Annotated[Number, Field(gt=0, le=1)]
    scale: Literal["min_max", "ordinal", "off", "weak"]
    levels: dict[str, Annotated[Number, Field(ge=0, le=1)]] | None = None
    measure: str | None = None

    @model_validator(mode="after")
    def _check(self) -> PartModel:
        if (self.scale == "ordinal") != (self.levels is not None):
            raise ValueError("scale 'ordinal' needs levels, and only it takes them")
        if (self.scale == "weak") != (self.measure is not None):
            raise ValueError("scale 'weak' needs a measure, and only it takes one")
        return self


class IndexModel(Model):
    """A composite index: weighted parts between 0 and 1; the weights sum to 1."""

    parts: Annotated[list[PartModel], Field(min_length=1)]

    @model_validator(mode="after")
    def _check(self) -> IndexModel:
        total = math.fsum(part.weight for part in self.parts)
        if not math.isclose(total, 1.0, abs_tol=1e-9):
            raise ValueError(f"weights sum to {total:g}; expected 1")
        names = [part.column for part in self.parts]
        if len(set(names)) < len(names):
            raise ValueError("a column comes twice among the parts")
        return self


class IndicesSection(Model):
    """Options of `indices`: a value and a risk index, and a strategy per cell of their 3x3."""

    value: IndexModel
    risk: IndexModel
    cells: list[CellModel] = Field(default_factory=list)


class DowngradeModel(Model):
    """When an alert is lowered, and to what."""

    to: Literal["amber"]
    all: Conditions


class AlertModel(Model):
    """An alert over cohort customers; the first rule that matches wins."""

    name: str
    title: Text | None = None
    level: Literal["red", "amber"]
    all: Conditions
    downgrade: DowngradeModel | None = None
    strategy: str | None = None


class AlertsSection(Model):
    """Options of `alerts`."""

    rules: Annotated[list[AlertModel], Field(min_length=1)]


class PairModel(Model):
    """Two segments to compare; `b` may be `others`: all customers that are not in `a`."""

    a: str
    b: str


class WeightsModel(Model):
    """Weights of the three scores; one set for all segments compared."""

    recency: Annotated[Number, Field(ge=0)] = 0.3
    frequency: Annotated[Number, Field(ge=0)] = 0.3
    monetary: Annotated[Number, Field(ge=0)] = 0.4

    @model_validator(mode="after")
    def _check(self) -> WeightsModel:
        total = math.fsum((self.recency, self.frequency, self.monetary))
        if not math.isclose(total, 1.0, abs_tol=1e-9):
            raise ValueError(f"weights sum to {total:g}; expected 1")
        return self


class CrosstabModel(Model):
    """Two category columns of the customer view."""

    row: str
    column: str


class NumberPairModel(Model):
    """Two numeric columns of the customer view."""

    x: str
    y: str


class SegmentsSection(Model):
    """Options of `segments`: what is described and compared between the definition's segments."""

    measures: Annotated[list[MeasureModel], Field(min_length=1)]
    compare: list[PairModel]
    rfm_weights: WeightsModel = Field(default_factory=WeightsModel)
    age_bands: list[Annotated[int, Field(gt=0)]] = Field(default=[180, 365, 730], min_length=1)
    dimensions: list[str] = Field(default_factory=list)
    crosstabs: list[CrosstabModel] = Field(default_factory=list)
    correlations: list[NumberPairModel] = Field(default_factory=list)

    @model_validator(mode="after")
    def _check(self) -> SegmentsSection:
        if sorted(set(self.age_bands)) != self.age_bands:
            raise ValueError("age_bands are upper bounds in days, ascending and each once")
        return self


class HealthIndexModel(Model):
    """Weights of the health index: health over its range in the population, 1 - churn, LTV up to a cap."""

    health: Annotated[Number, Field(ge=0)] = 0.5
    retention: Annotated[Number, Field(ge=0)] = 0.3
    ltv: Annotated[Number, Field(ge=0)] = 0.2
    ltv_cap: Annotated[Number, Field(gt=0)] = 10_000

    @model_validator(mode="after")
    def _check(self) -> HealthIndexModel:
        total = math.fsum((self.health, self.retention, self.ltv))
        if not math.isclose(total, 1.0, abs_tol=1e-9):
            raise ValueError(f"weights sum to {total:g}; expected 1")
        return self


class ConsistencySection(Model):
    """Options of `consistency`: the bins of monetary imbalance (upper bounds) and the health index."""

    imbalance_bins: list[Number] = Field(default=[0, 0.5], min_length=1)
    health_index: HealthIndexModel = Field(default_factory=HealthIndexModel)

    @model_validator(mode="after")
    def _check(self) -> ConsistencySection:
        if sorted(set(self.imbalance_bins)) != self.imbalance_bins:
            raise ValueError("imbalance_bins are upper bounds, ascending and each once")
        return self


class Sections(Model):
    """The sections an analysis asks for. All but `segments` and `consistency` describe a cohort."""

    cohort_profile: ProfileSection | None = None
    tier_ltv: Empty | None = None
    channels: ChannelsSection | None = None
    geography: GeographySection | None = None
    platforms: Empty | None = None
    risk_velocity: RiskVelocitySection | None = None
    value_risk: ValueRiskSection | None = None
    indices: IndicesSection | None = None
    alerts: AlertsSection | None = None
    segments: SegmentsSection | None = None
    consistency: ConsistencySection | None = None


COHORT_SECTIONS = (
    "cohort_profile",
    "tier_ltv",
    "channels",
    "geography",
    "platforms",
    "risk_velocity",
    "value_risk",
    "indices",
    "alerts",
)
SEGMENT_SECTIONS = ("segments", "consistency")
