"""One thing that was looked at, and what to do where it is not as needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from jobs.errors import Customer360Error

State = Literal["ok", "note", "wrong"]


@dataclass(frozen=True, slots=True)
class Looked:
    """`note`: works, with something to know. `wrong`: a run would end with `exit_code`."""

    subject: str
    state: State
    said: str
    advice: str | None = None
    exit_code: int = 0

    def line(self) -> str:
        """Return the line that is printed."""
        text = f"{self.state:<5} {self.subject}: {self.said}"
        return f"{text} -> {self.advice}" if self.advice else text


def fine(subject: str, said: str) -> Looked:
    """Return a thing that is as needed."""
    return Looked(subject, "ok", said)


def note(subject: str, said: str, advice: str | None = None) -> Looked:
    """Return a thing that works, with something to know."""
    return Looked(subject, "note", said, advice)


def wrong(subject: str, error: Customer360Error) -> Looked:
    """Return a thing that a run would end with."""
    return Looked(subject, "wrong", str(error), error.advice, error.exit_code)
