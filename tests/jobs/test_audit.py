"""What the audit refuses: lost rows, counts that do not add up, members that are not the cohort."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.analysis import Computed
from jobs.audit import audit
from jobs.errors import AuditError


def _step(step: int, left: int) -> dict[str, Any]:
    return {"step": step, "n_remaining": left}


def _segment(name: str, n: int) -> dict[str, Any]:
    return {"section": "segments", "group_name": "population", "dimension": "segment", "value": name, "n": n}


def _cell(section: str, group: str, row: str, column: str | None, n: int) -> dict[str, Any]:
    return {"section": section, "group_name": group, "row_dimension": row, "column_dimension": column, "n": n}


COHORT = {"attrition": [_step(1, 2), _step(0, 5)], "distributions": [], "crosstabs": []}
SEGMENTS = {
    "attrition": [_step(0, 5)],
    "distributions": [_segment("high", 2), _segment("rest", 3), _segment("nobody", 0)],
    "crosstabs": [
        # the same rows against two columns: two cross-tables, each adds up
        _cell("segments", "high", "age_band", "customer_tier", 2),
        _cell("segments", "high", "age_band", "lifecycle_stage", 1),
        _cell("segments", "high", "age_band", "lifecycle_stage", 1),
        _cell("segments", "population", "age_band", "customer_tier", 5),
    ],
}


def _computed(rows: dict[str, Any], n_cohort: int | None) -> Computed:
    return Computed(rows=rows, members=None, n_customers=5, n_cohort=n_cohort)


def test_rows_that_agree_pass() -> None:
    audit(_computed(COHORT, 2), COHORT, 2)
    audit(_computed(SEGMENTS, None), SEGMENTS, 0)
    cells = [_cell("platforms", "cohort", "platforms", None, 2), _cell("platforms", "population", "platforms", None, 5)]
    audit(_computed({**COHORT, "crosstabs": cells}, 2), {**COHORT, "crosstabs": cells}, 2)


def test_a_lost_row_is_refused() -> None:
    with pytest.raises(AuditError, match="distributions holds 2 rows of this attempt; 3 were computed"):
        audit(_computed(SEGMENTS, None), {**SEGMENTS, "distributions": SEGMENTS["distributions"][:2]}, 0)


@pytest.mark.parametrize(("n_cohort", "n_members"), [(2, 1), (3, 3)])
def test_members_are_the_cohort_and_the_last_step(n_cohort: int, n_members: int) -> None:
    with pytest.raises(AuditError, match=f"holds {n_members} customers; the cohort has {n_cohort}.* attrition 2"):
        audit(_computed(COHORT, n_cohort), COHORT, n_members)


def test_an_analysis_without_a_cohort_has_no_members() -> None:
    with pytest.raises(AuditError, match="cohort_members holds 1 customers; the analysis has no cohort"):
        audit(_computed(SEGMENTS, None), SEGMENTS, 1)


def test_segments_add_up_to_the_population() -> None:
    wrong = {**SEGMENTS, "distributions": [_segment("high", 2), _segment("rest", 2)]}
    with pytest.raises(AuditError, match="segments add up to 4 customers; expected 5"):
        audit(_computed(wrong, None), wrong, 0)


def test_the_cells_of_each_cross_table_add_up_to_its_group() -> None:
    wrong = {**SEGMENTS, "crosstabs": SEGMENTS["crosstabs"][:2]}
    with pytest.raises(AuditError, match="crosstabs segments/high/age_band x lifecycle_stage add up to 1; expected 2"):
        audit(_computed(wrong, None), wrong, 0)


def test_a_column_that_did_not_come_back_is_refused() -> None:
    without = [{name: value for name, value in row.items() if name != "n_remaining"} for row in COHORT["attrition"]]
    with pytest.raises(AuditError, match="attrition has no column n_remaining any more"):
        audit(_computed(COHORT, 2), {**COHORT, "attrition": without}, 2)
