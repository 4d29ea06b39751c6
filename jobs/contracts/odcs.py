"""Contracts out of a file of the Open Data Contract Standard, version 3: what has a rule of ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from jobs.contracts.model import SEVERITIES, Contract, contract_problems
from jobs.definition.loading import read_yaml
from jobs.errors import UsageError
from transforms.geography import ID
from transforms.input_tables import TABLES

_AGES = {"d": 1.0, "day": 1.0, "days": 1.0, "h": 1 / 24, "hour": 1 / 24, "hours": 1 / 24}

Rule = tuple[str, dict[str, Any]]
"""A list of a contract, and a rule in it."""


def import_contracts(path: str, folder: Path) -> tuple[list[Path], list[str]]:
    """Write a contract for each table of a file that is one of ours; return the files, and what was left out.

    Raises:
        UsageError: It is no file of the standard, names none of our tables, or a contract is there already.
    """
    try:
        from open_data_contract_standard.model import OpenDataContractStandard
    except ModuleNotFoundError as error:
        advice = "pip install 'customer360-cohorts[odcs]'"
        raise UsageError("the package open-data-contract-standard is not installed", advice=advice) from error
    file = read_yaml(Path(path), path)
    try:
        standard = OpenDataContractStandard.model_validate(file.raw)
    except ValidationError as error:
        key = error.errors()[0]["loc"]
        dotted = ".".join(map(str, key)) or "file"
        raise UsageError(f"{file.where(key)}: {dotted}: does not fit the Open Data Contract Standard 3") from error
    ages, left_out = standard.slaProperties or [], []
    roles = {table.name: role for role, table in TABLES.items()}
    written: dict[Path, str] = {}
    for table in standard.schema_ or []:
        role = roles.get(str(table.physicalName), roles.get(str(table.name)))
        if role is None:
            left_out.append(f"{table.name}: none of our tables")
            continue
        contract: dict[str, Any] = {"contract": role}
        for found in (*_of_table(table), *_of_ages(ages, str(table.name), role)):
            problem = found if isinstance(found, str) else _problem(role, *found)
            if problem:
                left_out.append(f"{table.name}: {problem}")
            elif not isinstance(found, str):
                contract.setdefault(found[0], []).append(found[1])
        written[folder / f"{role}.yml"] = yaml.safe_dump(contract, sort_keys=False, allow_unicode=True)
    if not written:
        raise UsageError(f"{path} describes none of the input tables; expected one of {', '.join(roles)}")
    for place in written:
        if place.exists():
            raise UsageError(f"{place} is there already", advice="choose another --out, or move it away")
    folder.mkdir(parents=True, exist_ok=True)
    for place, text in written.items():
        place.write_text(text, encoding="utf-8")
    return list(written), left_out


def _problem(role: str, kind: str, rule: dict[str, Any]) -> str | None:
    """Return why a rule cannot stand in a contract of ours; None where it can."""
    try:
        problems = contract_problems(Contract.model_validate({"contract": role, kind: [rule]}))
    except ValidationError:
        return f"{kind} of column '{rule.get('column')}': limits of another type"
    return next((message for _, message in problems), None)


def _of_table(table: Any) -> Iterator[Rule | str]:
    """Yield the rules of a table, and in words what has none."""
    for check in table.quality or []:
        minimum = check.mustBeGreaterOrEqualTo
        if check.mustBeGreaterThan is not None:
            minimum = check.mustBeGreaterThan + 1
        if (check.metric or check.rule) == "rowCount" and minimum is not None:
            yield "rows", {"minimum": int(minimum), "severity": _severity(check)}
        else:
            yield f"check '{check.name or check.metric or check.type}' of the table"
    for column in table.properties or []:
        yield from _of_column(column, column.physicalName or column.name)


def _of_column(column: Any, name: str) -> Iterator[Rule | str]:
    yield "columns", {"column": name, "severity": "error"}
    is_key = name in ("primary_email", ID)
    if column.required and is_key:
        yield "key", {"severity": "error"}
    elif column.required:
        yield f"'required' of column '{name}': missing values are counted, not limited"
    options = column.logicalTypeOptions or {}
    limits = {side: options[side] for side in ("minimum", "maximum") if side in options}
    if limits:
        yield "ranges", {"column": name, **limits, "severity": "error"}
    yield from (f"'{option}' of column '{name}'" for option in options if option not in limits)
    if column.enum:
        yield "values", {"column": name, "allowed": [one.value for one in column.enum], "severity": "error"}
    for check in column.quality or []:
        metric, tolerance = check.metric or check.rule, _tolerance(check)
        allowed = (check.arguments or {}).get("validValues")
        if metric == "invalidValues" and allowed and tolerance is not None:
            rule = {"column": name, "allowed": allowed, "tolerance": tolerance, "severity": _severity(check)}
            yield "values", rule
        elif metric in ("nullValues", "missingValues") and is_key and tolerance is not None:
            yield "key", {"tolerance": tolerance, "severity": _severity(check)}
        else:
            yield f"check '{check.name or metric or check.type}' of column '{name}'"


def _of_ages(ages: list[Any], table: str, role: str) -> Iterator[Rule | str]:
    """Yield how old the newest snapshot may be, where the agreement is about our snapshot column."""
    for age in ages:
        if str(age.element).partition(".")[0] == table:
            is_age = age.property in ("latency", "freshness") and age.unit in _AGES
            if is_age and age.element == f"{table}.{TABLES[role].snapshot_column}":
                yield "snapshot", {"maximum_age_days": float(age.value) * _AGES[age.unit], "severity": "error"}
            else:
                yield f"service level '{age.property}' of {age.element}"


def _tolerance(check: Any) -> float | None:
    """Return the share of rows that may break a check; None where it is not given as a share."""
    limit = 0 if check.mustBe == 0 else check.mustBeLessOrEqualTo
    if limit is None or (limit and check.unit != "percent"):
        return None
    return float(limit) / 100


def _severity(check: Any) -> str:
    return check.severity if check.severity in SEVERITIES else "error"
