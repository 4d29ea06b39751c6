"""What became of one rule of a contract: a row of `quality`, and the words of messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from jobs.contracts.model import Severity
from jobs.errors import QualityError

_LISTED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule evaluated on one table.

    `column` is ours, `column_name` what the user calls it. `observed` and `expected` are shares of rows, counts, days
    or rates, as the check has it; None: there is nothing to measure. `params` hold settings of the contract, never a
    value found.
    """

    table_name: str
    check_name: str
    severity: Severity
    passed: bool
    observed: float | None
    expected: float
    rule: str
    says: str
    message_id: str
    section: str = "all"
    column: str | None = None
    column_name: str | None = None
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether the rule does not hold."""
        return not self.passed

    @property
    def is_count(self) -> bool:
        """Whether this only notes how many rows there are, for the next publication."""
        return self.check_name == "contract_rows" and "minimum" not in self.params

    def row(self) -> dict[str, Any]:
        """Return the row of `quality`."""
        return {
            "table_name": self.table_name,
            "check_name": self.check_name,
            "severity": self.severity,
            "passed": self.passed,
            "observed": self.observed,
            "expected": number(self.expected),
            "message_id": self.message_id,
            "params": {**({"column": self.column} if self.column else {}), **self.params},
            "touches_section": self.section,
            "touches_measure": self.column,
        }

    def line(self) -> str:
        """Return table, column, rule, what was observed and what was expected."""
        column = f" column '{self.column_name}'" if self.column_name else ""
        return f"{self.table_name}{column}: {self.rule}: {self.says}"


def quality_error(findings: Sequence[Finding]) -> QualityError | None:
    """Return the error that names every failed rule of severity error; None without one."""
    lines = list(dict.fromkeys(f.line() for f in findings if f.failed and f.severity == "error"))
    if not lines:
        return None
    more = [f"and {len(lines) - _LISTED} more"] if len(lines) > _LISTED else []
    return QualityError(
        " | ".join([*lines[:_LISTED], *more]),
        advice="nothing is published; mend the tables, or give contracts with other limits: --contracts DIR",
    )


def number(value: float) -> str:
    """Return a number of a contract as it is written: 1, 0.05."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def share(value: float, other: float | None = None) -> str:
    """Return a share as a percentage: '0.24%'.

    Three significant digits, or as many as tell it from `other`, and from nothing and everything.
    """
    for digits in range(3, 17):
        text = _percent(value, digits)
        if all(float(text) != float(_percent(one, digits)) for one in (0.0, 1.0, other) if one not in (None, value)):
            break
    return f"{text}%"


def _percent(value: float, digits: int) -> str:
    return f"{Decimal(f'{value * 100:.{digits}g}'):f}"
