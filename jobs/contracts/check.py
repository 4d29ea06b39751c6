"""Evaluate the contracts alone: nothing is computed, nothing is published."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import functions as F

from jobs.bounded import collect_rows
from jobs.contracts.evaluate import ROWS, findings
from jobs.contracts.findings import Finding
from jobs.contracts.gate import counted_rows
from jobs.contracts.model import SEVERITIES, Contracts
from jobs.definition.inputs import Mapped
from jobs.engines.base import Engine
from jobs.inputs import OPTIONAL_ROLES, read_inputs
from jobs.lake import Lake
from jobs.results import ResultStore
from jobs.secret_key import SecretKey
from jobs.stored_inputs import store_inputs
from transforms.input_tables import TABLES


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What became of every rule, and which of the tables are there."""

    findings: Sequence[Finding]
    n_tables: int
    absent: Sequence[str]

    def lines(self) -> list[str]:
        """Return a line per failed rule, the gravest first, and a summary."""
        failed = [one for one in self.findings if one.failed]
        ordered = [one for severity in SEVERITIES for one in failed if one.severity == severity]
        counts = [_counted(sum(one.severity == severity for one in failed), severity) for severity in SEVERITIES]
        absent = f"; not there: {', '.join(self.absent)}" if self.absent else ""
        return [
            *(f"{one.severity}: {one.line()}" for one in ordered),
            f"checked {_counted(len(self.findings), 'rule')} of {_counted(self.n_tables, 'table')}: "
            f"{', '.join(counts)}{absent}",
        ]


def check(
    engine: Engine,
    lake: Lake,
    contracts: Contracts,
    *,
    mapped: Mapped,
    results: Lake | None = None,
    now: dt.datetime,
) -> Checked:
    """Evaluate the contracts of all tables of a lake as they are now.

    `results` holds the publications that the number of rows is compared with; `now` is when snapshots have an age.

    Raises:
        InputError: As `read_inputs`.
    """
    inputs = read_inputs(engine, lake, mapped)
    inputs.contracts = contracts
    if results is not None and not results.is_catalog:
        engine.keep_scratch_at(results.base)
    try:
        # keys are only compared with each other, inside this process
        store_inputs(engine, inputs, [], SecretKey(secrets.token_bytes(32)), "check", addresses=True)
        found = findings(inputs, tuple(TABLES), now, _counted_before(engine, results) if results else {})
    finally:
        engine.release()
    optional = [role for role in OPTIONAL_ROLES if role not in mapped]
    absent = [inputs.table_name(role) for role in TABLES if role not in inputs.pinned and role not in optional]
    rules = [one for one in found if not one.is_count]
    return Checked(findings=rules, n_tables=len(inputs.pinned), absent=absent)


def _counted_before(engine: Engine, results: Lake) -> dict[str, float]:
    """Return the number of rows per table that the newest publication of any analysis was made from."""
    store = ResultStore(engine, results)
    counted: dict[str, float] = {}
    for publication in sorted(store.publications(), key=lambda one: one.published_at):
        rows = store.staged("quality", publication.analysis, publication.attempt_id)
        counted |= counted_rows(collect_rows(rows.filter(F.col("check_name") == ROWS), "quality"))
    return counted


def _counted(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 or noun == 'info' else 's'}"
