"""What every section reads: the customers of one analysis, its definition, its inputs."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame

from jobs.availability import is_available
from jobs.definition import Definition
from jobs.derived_options import derived_columns
from jobs.inference import Moments, mean_interval
from jobs.inputs import Inputs
from jobs.shared_work import SharedWork

Rows = dict[str, list[dict[str, Any]]]

# Above this many customers percentiles and ranks are approximate (spec: analyses, section 3).
EXACT_LIMIT = 5_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One analysis on its way: `customers` has one row per customer with cohort, peers and levels."""

    definition: Definition
    inputs: Inputs
    customers: DataFrame
    column_sources: dict[str, str]
    n_customers: int
    n_cohort: int
    shared: SharedWork
    exact_limit: int = EXACT_LIMIT

    @property
    def cohort_identity(self) -> Hashable:
        """What determines who is in the cohort, and the columns made for it: who agrees on it shares aggregates."""
        return (self.definition.base, self.definition.predicates(), derived_columns(self.definition), self.exact)

    def collect(self, name: str, build: Callable[[], DataFrame], *parameters: Hashable) -> list[dict[str, Any]]:
        """Return the rows of an aggregate over `customers`, computed once for all analyses with this cohort.

        `parameters` are whatever else the aggregate depends on.
        """
        return self.shared.rows(name, (self.cohort_identity, parameters), build)

    @property
    def exact(self) -> bool:
        """Whether percentiles and ranks are exact."""
        return self.n_customers <= self.exact_limit

    @property
    def method(self) -> str:
        """What the column `method` says."""
        return "exact" if self.exact else "approx"

    def source_table(self, column: str) -> str | None:
        """Return the name of the table a view column came from; none for a derived column."""
        role = self.column_sources.get(column)
        return self.inputs.table_name(role) if role else None

    def available(self, column: str) -> bool:
        """Return whether a column of the view can hold values: its table has rows and the column.

        A derived column is there when everything it is made from is.
        """
        return is_available(self.inputs, self.definition.columns, column)


def moments(row: dict[str, Any], name: str) -> Moments:
    """Return n, mean and standard deviation of `name` out of a cross-table cell."""
    return Moments(int(row[f"n_{name}"]), row[f"mean_{name}"], row[f"stddev_{name}"])


def crosstab_rows(section: str, cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return cells of `transforms.crosstabs.crosstab` as rows of `crosstabs`, intervals added."""
    rows = []
    for cell in cells:
        health_low, health_high = mean_interval(moments(cell, "health"))
        ltv_low, ltv_high = mean_interval(moments(cell, "ltv"))
        kept = {name: value for name, value in cell.items() if not name.startswith("stddev_")}
        rows.append(
            {
                "section": section,
                **kept,
                "health_ci_low": health_low,
                "health_ci_high": health_high,
                "ltv_ci_low": ltv_low,
                "ltv_ci_high": ltv_high,
            }
        )
    return rows
