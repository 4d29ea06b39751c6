"""Add derived columns to the customer view, those an analysis names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame

from transforms import consistency, derived, segments


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedColumns:
    """The derived columns an analysis names, and the options their formulas take."""

    names: frozenset[str]
    rfm_weights: segments.RfmWeights
    age_bands: tuple[int, ...]
    imbalance_bins: tuple[float, ...]
    health_weights: consistency.HealthWeights


_FORMULAS: dict[str, Callable[[DerivedColumns], Column]] = {
    derived.RFM_MEAN: lambda _: segments.rfm_mean(),
    derived.WEIGHTED_RFM: lambda wanted: segments.weighted_rfm(wanted.rfm_weights),
    derived.AGE_BAND: lambda wanted: segments.age_band(wanted.age_bands),
    derived.RFM_VARIANCE: lambda _: consistency.rfm_variance(),
    derived.RFM_CONSISTENCY: lambda _: consistency.rfm_consistency(),
    derived.MONETARY_IMBALANCE: lambda _: consistency.monetary_imbalance(),
    derived.IMBALANCE_BIN: lambda wanted: consistency.imbalance_bin(wanted.imbalance_bins),
    derived.LTV_VELOCITY: lambda _: consistency.ltv_velocity_monthly(),
    derived.INACTIVITY_RATIO: lambda _: consistency.inactivity_ratio(),
    derived.EFFICIENCY_PROXY: lambda _: consistency.activity_efficiency_proxy(),
}


def with_derived(customers: DataFrame, wanted: DerivedColumns) -> DataFrame:
    """Add the columns `wanted.names`, but the platforms', which every view has.

    In and out: one row per customer with the columns they are made from.
    """
    added = {name: formula(wanted) for name, formula in _FORMULAS.items() if name in wanted.names}
    with_added = customers.withColumns(added) if added else customers
    if derived.HEALTH_INDEX in wanted.names:
        return consistency.with_health_index(with_added, wanted.health_weights)
    return with_added
