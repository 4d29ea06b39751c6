"""The pointer of one analysis: which attempt readers see, and which ones before it are kept."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass

# How many publications of an analysis are kept, the current one among them.
KEPT = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One row of `publications`.

    `previous` holds the kept publications before this one, newest first, as a JSON list: what is kept changes in the
    same commit as what readers see.
    """

    analysis: str
    run_id: str
    attempt_id: str
    generation: int
    published_at: dt.datetime
    report_uri: str
    previous: str | None = None

    def kept(self) -> list[Publication]:
        """Return this publication and those kept before it, newest first."""
        earlier = json.loads(self.previous) if self.previous else []
        return [self, *(_from_json(self.analysis, one) for one in earlier)]

    def after(self, current: Publication | None, keep: int) -> Publication:
        """Return this publication as the successor of `current`, of which it keeps all but the oldest.

        An attempt published again (a rollback) stands in the list once, as the newest.
        """
        if current is None:
            return self
        earlier = [one for one in current.kept() if one.attempt_id != self.attempt_id]
        return Publication(
            analysis=self.analysis,
            run_id=self.run_id,
            attempt_id=self.attempt_id,
            generation=current.generation + 1,
            published_at=self.published_at,
            report_uri=self.report_uri,
            previous=json.dumps([_to_json(one) for one in earlier[: max(keep - 1, 0)]]),
        )


def _to_json(one: Publication) -> dict[str, str | int]:
    return {
        "run_id": one.run_id,
        "attempt_id": one.attempt_id,
        "generation": one.generation,
        "published_at": utc(one.published_at).isoformat(),
        "report_uri": one.report_uri,
    }


def _from_json(analysis: str, one: dict[str, str]) -> Publication:
    return Publication(
        analysis=analysis,
        run_id=one["run_id"],
        attempt_id=one["attempt_id"],
        generation=int(one["generation"]),
        published_at=dt.datetime.fromisoformat(one["published_at"]),
        report_uri=one["report_uri"],
    )


def utc(moment: dt.datetime) -> dt.datetime:
    """Return a moment as an engine gives it with its zone."""
    # engines return timestamps without a zone; all of ours are UTC
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
