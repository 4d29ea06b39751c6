"""The rows of `quality` that the contracts of the input tables give, from the contract files and the raw tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import yaml

from tests.oracle.lake import columns, one, published_name
from tests.oracle.rules import literal
from tests.oracle.snapshots import KEYED, SNAPSHOT_COLUMN, build_snapshots

CONF = Path(__file__).parents[2] / "conf" / "contracts"
PLACES = ("address", "mapping")


def shipped_contracts() -> dict[str, dict[str, Any]]:
    """Return the shipped contract of each table, as its file says."""
    found = (yaml.safe_load(path.read_text("utf-8")) for path in CONF.glob("*.yml"))
    return {contract["contract"]: contract for contract in found}


def contract_rows(
    con: duckdb.DuckDBPyConnection,
    contracts: Mapping[str, Mapping[str, Any]],
    *,
    places: bool,
    reference: dt.datetime | None = None,
) -> list[dict[str, Any]]:
    """Return one row per rule on the tables of a connection, without the identity of a run, sorted.

    `places` says whether addresses are read, `reference` when snapshots have an age. Nothing was published before.
    """
    build_snapshots(con)
    roles = (*KEYED, *(PLACES if places else ()))
    found = [row for role in roles for row in _rows(con, role, contracts[role], reference)]
    return sorted(found, key=sort_key)


def sort_key(row: Mapping[str, Any]) -> str:
    return str([row[name] for name in ("table_name", "check_name", "severity", "expected", "message_id")]) + str(
        sorted(row["params"].items())
    )


def _rows(
    con: duckdb.DuckDBPyConnection, role: str, contract: Mapping[str, Any], reference: dt.datetime | None
) -> Iterator[dict[str, Any]]:
    held = columns(con, role)

    def row(
        rule: Mapping[str, Any], check: str, observed: float | None, limit: float, message: str = "", **params: Any
    ) -> dict[str, Any]:
        is_minimum = check in ("contract_match_rate", "contract_rows")
        passed = observed is not None and (observed >= limit if is_minimum else observed <= limit)
        return {
            "table_name": published_name(role),
            "check_name": check,
            "severity": rule["severity"],
            "passed": passed,
            "observed": None if observed is None else float(observed),
            "expected": _text(limit),
            "message_id": message or check,
            "params": {name: _text(value) for name, value in params.items()},
            "touches_section": "geography" if role in PLACES else "all",
            "touches_measure": params.get("column"),
        }

    n = one(con, f"SELECT count(*) AS n FROM {role}")["n"] if held else 0
    if held:
        yield row({"severity": "info"}, "contract_rows", n, 0)
        for rule in contract.get("columns", []):
            missing = 1 if rule["column"] not in held else 0
            yield row(rule, "contract_column_missing", missing, 0, column=rule["column"])
    for rule in contract.get("rows", []):
        if "minimum" in rule:
            yield row(rule, "contract_rows", n, rule["minimum"], minimum=rule["minimum"])
    if not n:
        return
    for rule in contract.get("key", []):
        key = f"(SELECT customer_key AS key FROM raw_{role})"
        if role in PLACES:
            key = f"(SELECT nullif(trimmed(customer360_id), '') AS key FROM {role})"
        share = one(con, f"SELECT count(*) FILTER (WHERE key IS NULL) / count(*) AS s FROM {key}")["s"]
        at_most = rule.get("tolerance", 0)
        yield row(rule, "contract_key_missing", share, at_most, tolerance=at_most)
    for rule in contract.get("snapshot", []):
        newest = one(con, f"SELECT max({SNAPSHOT_COLUMN[role]}) AS at FROM {role}")["at"]
        days = None if newest is None else (reference - newest) / dt.timedelta(days=1)
        for name, sign, message in (
            ("maximum_age_days", 1, "contract_freshness"),
            ("maximum_ahead_days", -1, "contract_freshness_ahead"),
        ):
            if name in rule:
                message = "contract_freshness_unknown" if days is None else message
                observed = None if days is None else sign * days
                yield row(rule, "contract_freshness", observed, rule[name], message, days=rule[name])
    for rule in contract.get("ranges", []):
        if rule["column"] in held:
            limits = {name: rule[name] for name in ("minimum", "maximum") if name in rule}
            value = f'CAST("{rule["column"]}" AS DOUBLE)'
            inside = [f"{value} >= {limits['minimum']}"] if "minimum" in limits else []
            inside += [f"{value} <= {limits['maximum']}"] if "maximum" in limits else []
            broken = f"isfinite({value}) AND NOT ({' AND '.join(inside)})"
            message = "contract_range" if len(limits) == 2 else f"contract_range_{next(iter(limits))}"
            yield _share(con, role, n, rule, "contract_range", broken, row, message, **limits)
    for rule in contract.get("values", []):
        if rule["column"] in held:
            listed = ", ".join(literal(value) for value in rule["allowed"])
            allowed = ", ".join(_text(value) for value in rule["allowed"])
            broken = f'"{rule["column"]}" NOT IN ({listed})'
            yield _share(con, role, n, rule, "contract_values", broken, row, "contract_values", allowed=allowed)
    for rule in contract.get("relations", []):
        yield from _relation(con, role, rule, row)


def _share(
    con: duckdb.DuckDBPyConnection,
    role: str,
    n: int,
    rule: Mapping[str, Any],
    check: str,
    broken: str,
    row: Any,
    message: str,
    **params: Any,
) -> dict[str, Any]:
    found = one(con, f"SELECT count(*) AS n FROM {role} WHERE {broken}")["n"]
    at_most = rule.get("tolerance", 0)
    made: dict[str, Any] = row(
        rule, check, found / n, at_most, message, column=rule["column"], tolerance=at_most, **params
    )
    return made


def _relation(con: duckdb.DuckDBPyConnection, role: str, rule: Mapping[str, Any], row: Any) -> Iterator[dict[str, Any]]:
    other = rule["to"]
    if not columns(con, other) or not one(con, f"SELECT count(*) AS n FROM {other}")["n"]:
        return
    found = one(
        con,
        f"""
        SELECT count(*) AS customers, count(*) FILTER (WHERE n > 0) AS matched, max(n) AS most
        FROM (
            SELECT (SELECT count(*) FROM raw_{other} AS b WHERE b.customer_key = a.customer_key) AS n
            FROM (SELECT DISTINCT customer_key FROM raw_{role} WHERE customer_key IS NOT NULL) AS a
        )
        """,
    )
    if not found["customers"]:
        return
    to = {"to": published_name(other), "to_role": other}
    if "minimum_match_rate" in rule:
        limit = rule["minimum_match_rate"]
        rate = found["matched"] / found["customers"]
        yield row(rule, "contract_match_rate", rate, limit, tolerance=limit, **to)
    if "maximum_fan_out" in rule:
        limit = rule["maximum_fan_out"]
        yield row(rule, "contract_fan_out", found["most"], limit, maximum=limit, **to)


def _text(value: Any) -> str:
    """Write a setting as YAML does: 1 for 1.0."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
