"""Every error a user can meet: one line, a stable id, the right exit code.

A message names what, where, expected and nearest; never a data value.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class Customer360Error(Exception):
    """Root of all expected errors; `exit_code` is what the process returns."""

    exit_code = 1
    error_id = "C360-INTERNAL"

    def __init__(self, message: str, *, error_id: str | None = None, advice: str | None = None) -> None:
        self.error_id = error_id or type(self).error_id
        self.advice = advice
        super().__init__(message)

    def line(self) -> str:
        """Return the one line that is printed: id, exit code, message, what to do."""
        text = f"{self.error_id} exit={self.exit_code}: {self}"
        return f"{text} -> {self.advice}" if self.advice else text


class UsageError(Customer360Error):
    """A wrong option, configuration or definition."""

    exit_code = 2
    error_id = "C360-USAGE"


class InputError(Customer360Error):
    """A table, column, type or version that is not as required."""

    exit_code = 3
    error_id = "C360-INPUT"


class QualityError(Customer360Error):
    """A quality rule of severity error failed; nothing was published."""

    exit_code = 4
    error_id = "C360-QUALITY"


class ConflictError(Customer360Error):
    """Another run published first."""

    exit_code = 5
    error_id = "C360-CONFLICT"


class InfrastructureError(Customer360Error):
    """Storage, engine or environment failed; trying again makes sense."""

    exit_code = 6
    error_id = "C360-INFRA"


class AuditError(Customer360Error):
    """The product's own audit failed: staged rows differ from what was computed."""

    exit_code = 7
    error_id = "C360-AUDIT"


class PrivacyError(Customer360Error):
    """A privacy rule would be broken."""

    exit_code = 8
    error_id = "C360-PRIVACY"


def nearest(name: str, known: Iterable[str]) -> str:
    """Return "; nearest: 'x'" for the closest known name, or an empty string.

    Without a close one, the shortest that has all words of `name`: `churn` is `churn_probability`.
    """
    listed = list(known)
    matches = difflib.get_close_matches(name, listed, n=1, cutoff=0.5)
    if not matches:
        words = set(name.split("_"))
        matches = sorted((one for one in listed if words <= set(one.split("_"))), key=lambda one: (len(one), one))
    return f"; nearest: '{matches[0]}'" if matches else ""
