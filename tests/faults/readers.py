"""What a reader sees of the results: read by DuckDB and deltalake, not by the product."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from deltalake import DeltaTable

from transforms.result_tables import STAGED


@dataclass(frozen=True, slots=True)
class Seen:
    """The current publication of the one analysis: ids, report, customers, and the rows of every table."""

    run_id: str
    attempt_id: str
    generation: int
    report_uri: str
    customers: int
    rows: dict[str, int]


def rows_of(results: Path, table: str) -> list[dict[str, Any]]:
    """Return all rows of a result table; none where it is not there yet."""
    if not (results / table / "_delta_log").exists():
        return []
    return DeltaTable(results / table).to_pyarrow_table().to_pylist()


def seen(results: Path) -> Seen | None:
    """Return what a reader sees; None where nothing is published. A mixed or torn publication fails here."""
    pointers = rows_of(results, "publications")
    assert len(pointers) <= 1, "two pointers for one analysis"
    if not pointers:
        return None
    (pointer,) = pointers
    counts = {}
    customers = None
    for table in STAGED:
        found = [row for row in rows_of(results, table) if row["attempt_id"] == pointer["attempt_id"]]
        assert {row["run_id"] for row in found} <= {pointer["run_id"]}, f"{table} holds rows of another run"
        counts[table] = len(found)
        if table == "attrition":
            steps = {row["step"]: row["n_remaining"] for row in found}
            assert len(steps) == len(found), "a step twice"
            customers = steps[0]
            cohort = steps[max(steps)]
    assert customers is not None
    assert counts["cohort_members"] == cohort, "members and cohort differ"
    folder = Path(pointer["report_uri"])
    assert (folder / "manifest.json").is_file()
    assert (folder / "report.en.md").is_file()
    return Seen(
        run_id=pointer["run_id"],
        attempt_id=pointer["attempt_id"],
        generation=pointer["generation"],
        report_uri=pointer["report_uri"],
        customers=customers,
        rows=counts,
    )


def customers_in(lake: Path) -> int:
    """Count the customers of the base table independently."""
    rows = DeltaTable(lake / "customer360__customer_value_analysis").to_pyarrow_table(columns=["primary_email"])
    with duckdb.connect() as connection:
        connection.register("emails", rows)
        counted = "SELECT count(DISTINCT lower(trim(primary_email))) FROM emails WHERE trim(primary_email) <> ''"
        return int(connection.sql(counted).fetchall()[0][0])
