"""Erasing one customer, in the order of docs/runbook.md: lake, results, kept publications, files."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow.parquet
import pytest

from jobs.engines import Engine
from jobs.generate import generate
from jobs.lake import Lake
from jobs.publications.clean import clean
from jobs.publications.members import export_members
from jobs.results import published
from tests.publications.test_publications import ANALYSIS, Place, small
from transforms.input_tables import TABLES

pytestmark = pytest.mark.usefixtures("no_pictures")

ROOT = Path(__file__).parents[2]


def keys_in(results: str) -> set[str]:
    """Every customer key in any data file below the results, published or not."""
    files = sorted(Path(results, "cohort_members").rglob("*.parquet"))
    return {key for file in files for key in pyarrow.parquet.read_table(file)["customer_key"].to_pylist()}


def addresses_in(lake: str) -> set[str]:
    found = set()
    for file in sorted(Path(lake).rglob("*.parquet")):
        names = pyarrow.parquet.read_schema(file).names
        if "primary_email" in names:
            rows = pyarrow.parquet.read_table(file, columns=["primary_email"])
            found |= {str(address).strip().lower() for address in rows["primary_email"].to_pylist()}
    return found


def condition_of_the_runbook() -> str:
    """What `DELETE` there takes for the rows of one address."""
    text = (ROOT / "docs" / "runbook.md").read_text("utf-8")
    (found,) = re.findall(r"`DELETE FROM <table> WHERE (.+?)`", text)
    return str(found)


def test_a_customer_erased_in_the_order_of_the_runbook_is_in_no_file(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTOMER360_HMAC_KEY", "a-key-for-the-tests-only")
    place = Place(engine, tmp_path)
    generate(engine.spark, lake=place.lake, shape="scale", customers=300, seed=7)
    place.run()
    listed = tmp_path / "members.csv"
    places = {"lake": place.lake, "results": place.results, "out": str(listed), "alert": None}
    export_members(engine, ANALYSIS, with_email=True, **places)
    head, first, *_ = listed.read_text("utf-8").splitlines()
    address = dict(zip(head.split(","), first.split(","), strict=True))["email"].strip().lower()
    members = published(engine.spark, place.results, "cohort_members")
    known = {row.customer_key for row in members.collect()}
    assert address in addresses_in(place.lake)
    of_the_customer = condition_of_the_runbook().replace("<address>", address)

    # 1: the lake, and the files of its older versions
    lake = Lake.at(place.lake)
    for table in (one.name for one in TABLES.values() if engine.table_version(lake.target(one.name))):
        rows = lake.read(engine.spark, table)
        if "primary_email" in rows.columns and rows.count():
            kept = rows.filter(f"NOT ({of_the_customer}) OR primary_email IS NULL")
            lake.save(engine.materialise(kept, f"kept_{table}"), table)
        engine.vacuum(lake.target(table), 0)
    assert address not in addresses_in(place.lake)

    # 2: publish without the customer, keeping nothing else; 3: remove what is not kept, and its files
    place.run(small(), keep=1)
    remaining = {row.customer_key for row in published(engine.spark, place.results, "cohort_members").collect()}
    (erased,) = known - remaining
    assert erased in keys_in(place.results)
    clean(engine, place.results, older_than_hours=0, vacuum_hours=0)
    assert erased not in keys_in(place.results)
    assert keys_in(place.results) == remaining


def test_the_runbook_says_the_steps_in_this_order() -> None:
    text = (ROOT / "docs" / "runbook.md").read_text("utf-8")
    steps = text[text.index("## Erase one customer") :]
    places = [re.search(word, steps) for word in (r"DELETE FROM", r"--keep 1", r"clean --results", r"members")]
    assert all(places)
    positions = [found.start() for found in places if found]
    assert positions == sorted(positions)
