"""Names and order of bands: '<=180', '181-365', '>730'."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

DIMENSIONS = {"age_band": "days", "imbalance_bin": "points"}
"""Dimensions whose values are bands, and the unit of their bounds."""
_NUMBER = r"-?\d+(?:\.\d+)?"
_FORMS = (
    ("at_most", re.compile(rf"<=({_NUMBER})")),
    ("between", re.compile(rf"({_NUMBER})-({_NUMBER})")),
    ("above", re.compile(rf">({_NUMBER})")),
)


class Band(NamedTuple):
    """One band: how it is bounded, and its bounds as numbers."""

    kind: str
    bounds: tuple[float, ...]


def parsed(value: str) -> Band | None:
    """Return the band that a value names; None for any other value."""
    for kind, form in _FORMS:
        match = form.fullmatch(value)
        if match:
            return Band(kind, tuple(float(bound) for bound in match.groups()))
    return None


def rank(value: str) -> float | None:
    """Return a number that orders bands from low to high; None for what is no band."""
    band = parsed(value)
    if band is None:
        return None
    return float("inf") if band.kind == "above" else band.bounds[-1]


def in_words(value: str, dimension: str, text: Callable[..., str], number: Callable[[float], str]) -> str | None:
    """Return a band as people say it, by the texts `bands.<unit>.<kind>`; None for what is no band."""
    band = parsed(value)
    if band is None:
        return None
    parts = {name: number(bound) for name, bound in zip(("low", "high"), band.bounds, strict=False)}
    return text(f"bands.{DIMENSIONS[dimension]}.{band.kind}", **parts)
