"""The time zone of the machine decides nothing."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

from tests.faults.conftest import value_rows
from tests.faults.readers import rows_of, seen
from tests.faults.runs import Place
from tests.jobs.small_lake import write
from transforms.input_tables import VALUE
from transforms.result_tables import STAGED

# half an hour before midnight in UTC, around the days on which clocks are changed
NIGHTS = [dt.datetime(2025, month, day, 23, 30, tzinfo=dt.UTC) for month, day in ((3, 8), (3, 29), (10, 25), (11, 1))]


def content(place: Place) -> tuple[str, dict[str, list[Any]]]:
    found = seen(place.results)
    assert found is not None
    tables = {
        table: sorted(repr(sorted((k, v) for k, v in row.items() if k != "attempt_id")) for row in rows)
        for table in STAGED
        for rows in [rows_of(place.results, table)]
    }
    return found.run_id, tables


def test_another_time_zone_of_the_machine_changes_no_row(place: Place, tmp_path: Path) -> None:
    shutil.rmtree(place.lake / VALUE)
    rows = [
        {**row, "analysis_timestamp": night, "estimated_customer_ltv": 10.0 * number + later}
        for number, row in enumerate(value_rows(40))
        for later, night in enumerate(NIGHTS)
    ]
    write(place.lake, "value", rows)
    found = []
    for zone in ("UTC", "Asia/Tokyo", "America/New_York"):
        shutil.rmtree(place.results)
        done = place.run("--as-of", "2100-01-01", TZ=zone)
        assert done.code == 0, done.err
        found.append(content(place))
    assert found[0] == found[1] == found[2]
