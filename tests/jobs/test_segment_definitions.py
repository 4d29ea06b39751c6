"""What a definition of segments may not say: names that mean something else, bins without a bound."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from jobs.definition import Definition
from jobs.derived_options import derived_columns


def _definition(names: tuple[str, ...] = ("gold", "tin"), **options: Any) -> Definition:
    tiers = [{"name": name, "all": [{"column": "customer_tier", "operator": "=", "value": name}]} for name in names]
    measures = [{"column": "rfm_mean", "unit": "score_1_5"}, {"column": "number_of_platforms", "unit": "points"}]
    return Definition.model_validate(
        {
            "analysis": "tiers",
            "title": {"en": "Tiers"},
            "question": {"en": "?"},
            "languages": ["en"],
            "base": "value",
            "segments": {"rules": tiers},
            "sections": {
                "segments": {"measures": measures, "compare": [], **options.get("segments", {})},
                "consistency": options.get("consistency"),
            },
        }
    )


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("value",), "'value' cannot name a segment; it names a column of the results"),
        (("dimension",), "'dimension' cannot name a segment; it names a column of the results"),
        (("population",), "'population' cannot name a segment; it names a group of its own"),
    ],
)
def test_a_name_that_means_something_else_names_no_segment(names: tuple[str, ...], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        _definition(names)


@pytest.mark.parametrize("options", [{"segments": {"age_bands": []}}, {"consistency": {"imbalance_bins": []}}])
def test_bins_have_at_least_one_bound(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="at least 1 item"):
        _definition(**options)


def test_the_derived_columns_an_analysis_names_are_made_with_its_options() -> None:
    plain = derived_columns(_definition())
    assert plain.names == {"rfm_mean"}
    assert (plain.age_bands, plain.imbalance_bins, plain.rfm_weights.monetary) == ((180, 365, 730), (0.0, 0.5), 0.4)
    scores = {"rfm_weights": {"recency": 1, "frequency": 0, "monetary": 0}, "age_bands": [30]}
    bins = {"imbalance_bins": [1], "health_index": {"health": 1, "retention": 0, "ltv": 0, "ltv_cap": 5}}
    chosen = derived_columns(_definition(segments=scores, consistency=bins))
    assert chosen.names == {
        *("rfm_mean", "rfm_variance", "rfm_consistency", "monetary_imbalance", "imbalance_bin"),
        *("ltv_velocity_monthly", "inactivity_ratio", "activity_efficiency_proxy", "health_index"),
    }
    assert (chosen.age_bands, chosen.imbalance_bins, chosen.rfm_weights.monetary) == ((30,), (1.0,), 0.0)
    assert (chosen.health_weights.health, chosen.health_weights.ltv_cap) == (1.0, 5.0)
