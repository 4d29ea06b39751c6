"""The entry: every result table of one analysis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from tests.oracle.associations import associations
from tests.oracle.attrition import attrition
from tests.oracle.cohort_members import cohort_members
from tests.oracle.comparisons import comparisons
from tests.oracle.correlations import correlations
from tests.oracle.crosstabs import crosstabs
from tests.oracle.distributions import distributions
from tests.oracle.formulas import benjamini_hochberg
from tests.oracle.geography import geography
from tests.oracle.indices import build_indices
from tests.oracle.match_rates import match_rates
from tests.oracle.measures import measures
from tests.oracle.method_sensitivity import method_sensitivity
from tests.oracle.quality import quality_counts
from tests.oracle.strategies import strategies
from tests.oracle.study import build_study


def oracle(con: duckdb.DuckDBPyConnection, definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return table name -> rows for one analysis, `quality_counts`: name -> count, and `obstacles`.

    `con` holds the raw tables by role, `definition` is the parsed YAML. Rows have the contract's columns
    without the identity columns, in no particular order.
    """
    study = build_study(con, definition)
    indices = build_indices(study)
    tables: dict[str, Any] = {
        "measures": measures(study, indices),
        "comparisons": comparisons(study),
        "distributions": distributions(study) + geography(study),
        "crosstabs": crosstabs(study),
        "correlations": correlations(study),
        "associations": associations(study),
        "attrition": attrition(study),
        "method_sensitivity": method_sensitivity(study),
        "match_rates": match_rates(study),
        "cohort_members": cohort_members(study),
        "strategies": strategies(study),
        # There is nothing to compare a first publication with; `changes` compares two of these.
        "changes": [],
    }
    _adjust([row for name in ("comparisons", "correlations", "associations") for row in tables[name]])
    return tables | {"quality_counts": quality_counts(study, indices), "obstacles": study.answer.obstacles}


def _adjust(family: list[dict[str, Any]]) -> None:
    tested = [row for row in family if row["p_value"] is not None]
    for row, adjusted in zip(tested, benjamini_hochberg([row["p_value"] for row in tested]), strict=True):
        row["p_adjusted"] = adjusted
