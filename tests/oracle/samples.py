"""Number, mean and variance of a measure per group of customers."""

from __future__ import annotations

from tests.oracle.formulas import Sample
from tests.oracle.study import Study

AGGREGATES = "count(x) AS n, plain_mean(x) AS mean, sample_variance(x) AS variance"


def measure_sql(column: str, unit: str | None = None) -> str:
    """Return a measure as a double; a share in whole numbers is a flag, of which 0 and 1 count only."""
    if unit == "share":
        whole = "('TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT')"
        unknown = f'typeof("{column}") IN {whole} AND "{column}" NOT IN (0, 1)'
        return f'CASE WHEN {unknown} THEN NULL ELSE CAST("{column}" AS DOUBLE) END'
    return f'CAST("{column}" AS DOUBLE)'


def samples_by(study: Study, measure: str, key: str, relation: str) -> dict[str, Sample]:
    """Return the sample of a measure per value of the expression `key` over a relation of customers."""
    found = study.rows(f"SELECT k, {AGGREGATES} FROM (SELECT {key} AS k, {measure} AS x FROM {relation}) GROUP BY k")
    return {row["k"]: Sample(row["n"], row["mean"], row["variance"]) for row in found}


EMPTY = Sample(0, None, None)
