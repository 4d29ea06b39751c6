"""Composite value and risk indices of the cohort, their levels, and the 3x3 of levels."""

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame

from jobs.definition import INDEX_LEVELS
from jobs.definition.sections import IndexModel, IndicesSection
from jobs.inference import Moments, mean_interval
from jobs.inputs import quality_row
from jobs.sections.evidence import Evidence, Rows, crosstab_rows
from jobs.sections.level_rows import level_distribution
from jobs.sections.measure_rows import described_rows
from transforms import columns as c
from transforms.crosstabs import crosstab
from transforms.groups import study_groups
from transforms.indices import (
    PERCENTILES,
    Part,
    level_column,
    part_column,
    percentile_column,
    thresholds,
)

SECTION = "indices"
GROUPS = (c.COHORT,)
_DESCRIBED = ("n", "n_missing", "mean", "stddev", "median", "p10", "p25", "p75", "p90", "trimmed_mean")

Indices = dict[str, tuple[Part, ...]]
Described = dict[str, dict[str, Any]]


def indices_of(options: IndicesSection | None) -> Indices:
    """Return the parts of each index as the transforms take them; none where the section is absent."""
    if options is None:
        return {}
    return {c.VALUE_INDEX: _parts(options.value), c.RISK_INDEX: _parts(options.risk)}


def build(evidence: Evidence) -> Rows:
    """Return `measures` of indices and parts, level `distributions`, the 3x3 `crosstabs`, and `quality`."""
    options = evidence.definition.sections.indices
    if options is None:
        return {}
    indices = indices_of(options)
    determined_by = tuple(indices.items())
    cells = evidence.collect("index_cells", lambda: _cells(evidence), determined_by)
    strategies = {(cell.value, cell.risk): cell.strategy for cell in options.cells}
    for cell in cells:
        cell["label"] = strategies.get((cell["row_value"], cell["column_value"]))
    described = {row["measure"]: row for row in _describe(evidence, indices)}
    points = evidence.collect("index_percentiles", lambda: thresholds(evidence.customers, list(indices)), determined_by)
    return {
        "measures": _measures(evidence, indices, described, points[0]),
        "distributions": [
            *level_distribution(SECTION, cells, c.VALUE_INDEX_LEVEL, "row", INDEX_LEVELS),
            *level_distribution(SECTION, cells, c.RISK_INDEX_LEVEL, "column", INDEX_LEVELS),
        ],
        "crosstabs": crosstab_rows(SECTION, cells),
        "quality": _quality(evidence, indices, described),
    }


def _parts(index: IndexModel) -> tuple[Part, ...]:
    return tuple(
        Part(
            column=part.column,
            weight=float(part.weight),
            scale=part.scale,
            levels=tuple((name, float(number)) for name, number in (part.levels or {}).items()),
            measure=part.measure or "",
        )
        for part in index.parts
    )


def _cells(evidence: Evidence) -> DataFrame:
    row, column = level_column(c.VALUE_INDEX), level_column(c.RISK_INDEX)
    return crosstab(evidence.customers, study_groups(GROUPS), row=row, column=column, no_value=c.NO_LEVEL)


def _describe(evidence: Evidence, indices: Indices) -> list[dict[str, Any]]:
    return described_rows(
        lambda name, build: evidence.collect(f"index_{name}", build, tuple(indices.items())),
        evidence.customers,
        study_groups(GROUPS),
        list(_measured(indices)),
        exact=evidence.exact,
    )


def _measured(indices: Indices) -> dict[str, str]:
    """Return the columns to describe and the measure each is published as."""
    parts = {
        part_column(index, part.column): f"{index}.{part.column}"
        for index, listed in indices.items()
        for part in listed
    }
    return {index: index for index in indices} | parts


def _measures(
    evidence: Evidence, indices: Indices, described: Described, points: dict[str, Any]
) -> list[dict[str, Any]]:
    rows = []
    for column, measure in _measured(indices).items():
        found = described.get(column, {"n": 0, "n_missing": 0})
        low, high = mean_interval(Moments(int(found["n"]), found.get("mean"), found.get("stddev")))
        rows.append(
            {
                "section": SECTION,
                "group_name": c.COHORT,
                "measure": measure,
                "unit": "points",
                **{name: found.get(name) for name in _DESCRIBED},
                "ci_low": low,
                "ci_high": high,
                "method": evidence.method,
                "by_definition": False,
                "source_table": None,
                **{name: points.get(percentile_column(measure, name)) for name in PERCENTILES},
            }
        )
    return rows


def _quality(evidence: Evidence, indices: Indices, described: Described) -> list[dict[str, Any]]:
    base = evidence.inputs.table_name(evidence.definition.base)
    rows = []
    for index, listed in indices.items():
        without = described.get(index, {"n_missing": 0})["n_missing"]
        rows.append(
            quality_row(
                base, "customers_without_index", "info", without, "0", section=SECTION, measure=index, index=index
            )
        )
        for part in listed:
            found = described.get(part_column(index, part.column))
            # any other column has a customer at its maximum, whose part is 1
            if part.scale == "min_max" and found and found["n"] > 0 and found["mean"] == 0:
                rows.append(
                    quality_row(
                        base,
                        "constant_index_part",
                        "warning",
                        1,
                        "0",
                        section=SECTION,
                        measure=index,
                        column=part.column,
                        index=index,
                    )
                )
    return rows
