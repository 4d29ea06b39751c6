"""One row of the table `correlations`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobs.inference import fisher_z
from jobs.sections.evidence import Evidence

NO_PAIRS: Mapping[str, Any] = {"n": 0, "pearson_r": None, "spearman_r": None}
"""What `transforms.correlations.correlate` finds for a group without a complete pair."""


def correlation_row(
    evidence: Evidence, section: str, group: str, x: str, y: str, found: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the row of a pair of numbers in a group; `p_adjusted` is filled over the whole family later."""
    low, high, p_value = fisher_z(found["pearson_r"], int(found["n"]))
    return {
        "section": section,
        "group_name": group,
        "x": x,
        "y": y,
        "n": found["n"],
        "pearson_r": found["pearson_r"],
        "ci_low": low,
        "ci_high": high,
        "spearman_r": found["spearman_r"],
        "p_value": p_value,
        "p_adjusted": None,
        "method": evidence.method,
    }
