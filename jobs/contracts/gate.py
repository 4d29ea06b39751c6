"""The gate: contracts are evaluated before anything is staged, and their errors end the run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jobs.contracts.evaluate import ROWS, findings
from jobs.contracts.findings import Finding, quality_error
from jobs.contracts.model import Contracts
from jobs.definition import Definition
from jobs.engines.base import Engine
from jobs.errors import InputError
from jobs.inputs import CUSTOMER_ROLES, Inputs
from jobs.lake import Lake

PLACES = ("address", "mapping")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What the rules of a run depend on beside the tables: a moment, and what was published before, by analysis.

    `commits` keeps when tables were committed, which every analysis asks for.
    """

    engine: Engine
    lake: Lake
    as_of: dt.datetime | None = None
    before: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    commits: dict[tuple[str, int], dt.datetime | None] = field(default_factory=dict)

    def findings(self, inputs: Inputs, definition: Definition) -> list[Finding]:
        """Return what became of the rules on the tables that an analysis reads."""
        roles = (*CUSTOMER_ROLES, *(PLACES if definition.sections.geography else ()))
        reference = self._reference(inputs)
        return findings(inputs, roles, reference, self.before.get(definition.analysis, {}))

    def _reference(self, inputs: Inputs) -> dt.datetime | None:
        """Return the moment at which snapshots have an age: the one given, else the newest commit that is read."""
        if self.as_of is not None or not dates_matter(inputs.contracts):
            return self.as_of
        found = [self._committed(table.name, table.version.version) for table in inputs.pinned.values()]
        known = [moment for moment in found if moment is not None]
        if not known:
            raise InputError(
                f"{self.lake.base}: no log says any more when a table was committed, and a contract limits the age",
                advice="say at which moment snapshots have an age: --as-of TIME",
            )
        return max(known)

    def _committed(self, table: str, version: int) -> dt.datetime | None:
        if (table, version) not in self.commits:
            self.commits[table, version] = self.engine.commit_time(self.lake.target(table), version)
        return self.commits[table, version]


def dates_matter(contracts: Contracts) -> bool:
    """Whether a contract limits the age of snapshots."""
    return any(contract.snapshot for contract in contracts.values())


def enforce(found: Sequence[Finding]) -> None:
    """Let nothing pass that breaks a rule of severity error.

    Raises:
        QualityError: It names all rules that do not hold.
    """
    error = quality_error(found)
    if error is not None:
        raise error


def counted_rows(quality: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Return the number of rows per table that a publication was made from."""
    return {str(row["table_name"]): float(row["observed"]) for row in quality if row["check_name"] == ROWS}
