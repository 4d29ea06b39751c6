"""Whether two contenders' ten tables hold the same numbers; ours are the published rows of `definition.yml`."""

from __future__ import annotations

import duckdb
import workload as w
from deltalake import DeltaTable

RELATIVE = 1e-9
# The ten tables out of published rows; members are compared by sums, since their keys are hidden.
_OURS = {
    "attrition": "SELECT step, n_remaining AS n FROM attrition",
    "profile": "SELECT group_name, measure, n, mean, stddev, median FROM measures WHERE section = 'cohort_profile'",
    "tier_ltv": """
        SELECT stratum AS tier, n_a AS n_cohort, mean_a AS mean_cohort, n_b AS n_peers, mean_b AS mean_peers, difference
        FROM comparisons WHERE section = 'tier_ltv' AND group_b = 'peers' AND stratum <> 'overall'""",
    **{
        table: f"""
        SELECT group_name, value, n, share FROM distributions
        WHERE section = 'channels' AND dimension = '{dimension}' AND n > 0 AND group_name <> 'peers'"""
        for table, dimension in w.DIMENSIONS.items()
    },
    "platforms": """
        SELECT group_name, row_value AS combination, n, mean_health FROM crosstabs
        WHERE section = 'platforms' AND row_dimension = 'platforms' AND n > 0""",
    "risk_velocity": """
        SELECT group_name, row_value AS risk, column_value AS velocity, n, mean_health, coalesce(sum_ltv, 0) AS sum_ltv
        FROM crosstabs WHERE section = 'risk_velocity' AND column_dimension IS NOT NULL""",
    "index_thresholds": """
        SELECT replace(measure, '_index', '') AS index_name, p33, p67 FROM measures
        WHERE section = 'indices' AND measure IN ('value_index', 'risk_index')""",
    "index_grid": """
        SELECT row_value AS value_level, column_value AS risk_level, n, mean_ltv FROM crosstabs
        WHERE section = 'indices'""",
    "members": f"""
        SELECT count(*) AS n, sum({w.LTV}) AS ltv, sum(ltv_difference) AS difference, sum(ltv_percent_rank) AS ranks,
            sum(value_index) AS value_index, sum(risk_index) AS risk_index,
            count_if(coalesce(value_index_level, value_level) = 'high') AS high,
            count_if(coalesce(risk_index_level, risk_level) = 'low') AS low
        FROM cohort_members""",
}
_MEMBERS = _OURS["members"].replace("cohort_members", "members").replace(
    "coalesce(value_index_level, value_level)", "value_level"
).replace("coalesce(risk_index_level, risk_level)", "risk_level")  # fmt: skip


def tables(folder: str, *, ours: bool) -> dict[str, list[dict[str, object]]]:
    """Return the ten tables of a contender as sorted rows; `ours` holds one publication."""
    con = duckdb.connect()
    names = {*w.TABLES} if not ours else {"attrition", "measures", "comparisons", "distributions", "crosstabs"}
    for name in names | ({"cohort_members"} if ours else set()):
        con.register(name, DeltaTable(f"{folder}/{name}").to_pyarrow_dataset())
    found = {}
    for table, key in w.TABLES.items():
        sql = _OURS[table] if ours else (_MEMBERS if table == "members" else f"SELECT * FROM {table}")
        rows = con.sql(sql).to_arrow_table().to_pylist()
        found[table] = rows if table == "members" else sorted(rows, key=lambda row: [str(row[one]) for one in key])
    return found


def differences(ours: dict[str, list[dict[str, object]]], theirs: dict[str, list[dict[str, object]]]) -> list[str]:
    """Return where two contenders disagree: table, row number and column."""
    found = []
    for table, rows in ours.items():
        if len(rows) != len(theirs[table]):
            found.append(f"{table}: {len(rows)} rows against {len(theirs[table])}")
            continue
        for number, (a, b) in enumerate(zip(rows, theirs[table], strict=True)):
            found += [
                f"{table}[{number}].{name}: {a[name]} against {b.get(name)}"
                for name in a
                if not _same(a[name], b.get(name))
            ]
    return found


def _same(a: object, b: object) -> bool:
    if isinstance(a, int | float) and isinstance(b, int | float) and not isinstance(a, bool):
        both_missing = a != a and b != b
        return both_missing or abs(a - b) <= RELATIVE * max(abs(a), abs(b), 1.0)
    missing = [value is None or value != value for value in (a, b)]
    return all(missing) or (not any(missing) and str(a) == str(b))
