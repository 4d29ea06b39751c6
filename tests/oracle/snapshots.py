"""Customer keys, cleaned rows, and one row per key: latest and first snapshots."""

from __future__ import annotations

import duckdb

from tests.oracle.lake import columns

KEYED = ("activity", "funnel", "value")
SNAPSHOT_COLUMN = {
    "activity": "activity_analysis_timestamp",
    "funnel": "funnel_analysis_timestamp",
    "value": "analysis_timestamp",
}
# Vertical tab stands beside \s because RE2, unlike Java, leaves it out.
_SPACE = r"[\p{Z}\s\x0B]+"

_MACROS = f"""
CREATE OR REPLACE MACRO customer_key_of(email) AS
    nullif(lower(regexp_replace(email, '^{_SPACE}|{_SPACE}$', '', 'g')), '');
CREATE OR REPLACE MACRO trimmed(text) AS regexp_replace(text, '^{_SPACE}|{_SPACE}$', '', 'g');
-- Through text both ways: the decimal nearest to the printed double, the double nearest to the decimal.
-- Rounded half-even to nine decimals: the mean of a constant is that constant.
CREATE OR REPLACE MACRO exact_mean(x) AS
    round_even(CAST(CAST(sum(CAST(CAST(CAST(x AS DOUBLE) AS VARCHAR) AS DECIMAL(28, 12))) AS VARCHAR) AS DOUBLE)
    / count(x) * 1e9, 0) / 1e9;
-- A constant has variance 0, not the rounding of a running sum.
CREATE OR REPLACE MACRO sample_variance(x) AS
    CASE WHEN min(x) = max(x) AND count(x) > 1 THEN 0.0 ELSE var_samp(x) END;
CREATE OR REPLACE MACRO plain_mean(x) AS fsum(CAST(x AS DOUBLE)) / nullif(count(x), 0);
"""


def build_snapshots(con: duckdb.DuckDBPyConnection) -> None:
    """Create raw_<role>, rows_<role>, latest_<role> and first_<role> for the three keyed tables.

    rows_<role> leaves out rows without a key; it and the snapshots have NaN and infinity as null.
    An absent table gives empty tables without columns beside the key. They depend on no definition: what a
    connection holds already is kept.
    """
    if columns(con, f"latest_{KEYED[-1]}"):
        return
    con.execute(_MACROS)
    for role in KEYED:
        _build(con, role)


def _build(con: duckdb.DuckDBPyConnection, role: str) -> None:
    types = columns(con, role)
    if not types:
        for prefix in ("raw", "rows", "latest", "first"):
            empty = "SELECT NULL::VARCHAR AS customer_key LIMIT 0"
            con.execute(f"CREATE OR REPLACE TABLE {prefix}_{role} AS {empty}")
        return
    email = "primary_email" if "primary_email" in types else "NULL::VARCHAR"
    con.execute(f"CREATE OR REPLACE TABLE raw_{role} AS SELECT customer_key_of({email}) AS customer_key, * FROM {role}")
    cleaned = ", ".join(_cleaned(name, kind) for name, kind in types.items())
    con.execute(
        f"CREATE OR REPLACE VIEW rows_{role} AS"
        f" SELECT customer_key, {cleaned} FROM raw_{role} WHERE customer_key IS NOT NULL"
    )
    timestamp = SNAPSHOT_COLUMN[role]
    ties = [f'"{name}" DESC NULLS LAST' for name in types if name != timestamp]
    for prefix, direction in (("latest", "DESC"), ("first", "ASC")):
        newest = [f'"{timestamp}" {direction} NULLS LAST'] if timestamp in types else []
        con.execute(
            f"""
            CREATE OR REPLACE TABLE {prefix}_{role} AS
            SELECT customer_key, {cleaned}
            FROM raw_{role}
            WHERE customer_key IS NOT NULL
            QUALIFY row_number() OVER (PARTITION BY customer_key ORDER BY {", ".join(newest + ties)}) = 1
            """
        )


def _cleaned(name: str, kind: str) -> str:
    if kind in ("DOUBLE", "FLOAT"):
        return f'CASE WHEN isfinite("{name}") THEN "{name}" END AS "{name}"'
    return f'"{name}"'
