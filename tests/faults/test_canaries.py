"""No e-mail address of the lake stands anywhere else: everything is run, also what fails, and all is searched."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from tests.faults.runs import PATIENCE, ROOT
from tests.jobs.small_lake import write
from transforms.input_tables import TABLES, VALUE

KEY = "a-canary-key-for-the-tests-only"
CANARIES = [f" Canary.{number}-7f3a@Example-{number}.com " for number in range(60)]
ANALYSES = ("conversion_behaviour", "low_consistency_high_value")

# runs the command with a result table that loses a row
LOSING = """
import sys, jobs.cli
from jobs.results import ResultStore
real = ResultStore.append_all
def losing(store, tables):
    real(store, {**tables, "measures": list(tables["measures"])[1:]})
ResultStore.append_all = losing
sys.exit(jobs.cli.main())
"""
# an engine's error that quotes a row
QUOTING = """
import sys, jobs.analyses, jobs.cli
from pyspark.sql import functions as F
def quoting(engine, definition, inputs, *rest):
    inputs.rows["value"].select(F.raise_error(F.concat(F.lit("bad row "), "primary_email"))).collect()
jobs.analyses.compute = quoting
sys.exit(jobs.cli.main())
"""


def rows_of(role: str) -> list[dict[str, Any]]:
    texts = {"customer_tier": ("Basic", "Gold"), "engagement_velocity": ("Stable", "Declining")}
    texts |= {"primary_engagement_channel": ("Email", "Event"), "activity_risk_level": ("Low", "High")}
    rows = []
    for number, email in enumerate(CANARIES):
        row: dict[str, Any] = {"primary_email": email, "primary_organization": email, "marketo_lead_id": number}
        for name, kind in TABLES[role].columns.items():
            if name in texts:
                row[name] = texts[name][number // 3 % 2]
            elif kind == "int":
                row.setdefault(name, number % 5 + 1)
            elif kind == "double":
                row.setdefault(name, 1.5 + number % 7)
        if role == "funnel":
            row |= {"marketing_to_sales_days": 15, "sales_to_support_days": 30 + number}
        if role == "activity":
            row |= {"in_marketo": 1, "in_stripe": number % 2, "in_zendesk": number % 3 % 2}
        rows.append(row)
    return rows


class House:
    """A user's folder; what its commands print is kept."""

    def __init__(self, folder: Path, engine: str) -> None:
        self.folder = folder
        self.engine = engine
        self.printed: list[str] = []
        (folder / "tmp").mkdir()

    def do(self, code: int, *words: str, program: str | None = None) -> str:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CUSTOMER360_")}
        environment |= {"PYTHONPATH": str(ROOT), "CUSTOMER360_HMAC_KEY": KEY, "TMPDIR": str(self.folder / "tmp")}
        how = ["-m", "jobs.cli"] if program is None else ["-c", program]
        done = subprocess.run(
            [sys.executable, *how, "--verbose", *words, "--engine", self.engine],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        self.printed += [done.stdout, done.stderr]
        assert done.returncode == code, (words, done.stdout[-500:], done.stderr[-3000:])
        return done.stdout

    def run(self, code: int, lake: str = "lake", *more: str, program: str | None = None) -> str:
        places = ("--lake", lake, "--results", "results", "--reports", "reports")
        return self.do(code, "run", *ANALYSES, *places, *more, program=program)


def everything(house: House) -> None:
    """All commands that read the lake or the results, and runs that fail in every way there is."""
    folder = house.folder
    for role in ("value", "activity", "funnel"):
        write(folder / "lake", role, rows_of(role))
    write(
        folder / "lake",
        "address",
        [{"customer360_id": hashlib.md5(CANARIES[0].encode()).hexdigest(), "country": "Malta"}],
    )
    house.run(0)
    write(folder / "lake", "value", rows_of("value")[:9], mode="append")
    house.run(0, "lake", "--set", "minimum_group=4")
    house.run(0, "lake", "--set", "minimum_group=4", "--force")
    house.run(7, "lake", "--force", program=LOSING)
    house.run(1, "lake", "--force", program=QUOTING)
    # addresses where numbers should be: as they are, by a declared cast, and without a key
    for name in ("wrong_type", "no_key"):
        shutil.copytree(folder / "lake", folder / name)
        spoil(folder / name / VALUE, name)
        house.run(3, name)
    (folder / "strict").mkdir()
    rule = "{column: primary_email, allowed: [nobody], severity: error}"
    (folder / "strict" / "value.yml").write_text(f"contract: value\nvalues: [{rule}]\n", "utf-8")
    house.run(4, "lake", "--contracts", "strict", "--force")
    house.do(4, "check", "--lake", "lake", "--contracts", "strict", "--results", "results")
    cast = {"column": "primary_organization", "cast": "double"}
    mapping = f"inputs:\n  value:\n    columns:\n      estimated_customer_ltv: {cast}\n".replace("'", "")
    (folder / "cast.yml").write_text(mapping, "utf-8")
    house.run(0, "lake", "--inputs", "cast.yml")
    shutil.copytree(folder / "lake", folder / "broken")
    next((folder / "broken" / VALUE).glob("*.parquet")).write_bytes(CANARIES[0].encode() * 50)
    house.run(3, "broken")
    results = ("--results", "results")
    for analysis in ANALYSES:
        listed = house.do(0, "history", analysis, *results).splitlines()[1:]
        house.do(0, "diff", listed[1].split()[1], listed[0].split()[1], *results)
        house.do(0, "report", analysis, *results, "--lang", "zh")
    house.do(0, "members", ANALYSES[0], "--lake", "lake", *results, "--out", "members.csv")
    house.do(0, "sql", "SELECT * FROM cohort_members", *results)
    house.do(2, "sql", "SELECT CAST(customer_key AS INT) / 0, nothing FROM cohort_members", *results)
    house.do(0, "init", "--lake", "wrong_type", "--out", "proposal.yml")
    house.do(0, "rollback", ANALYSES[0], *results)
    house.do(0, "clean", *results, "--older-than", "0")


def spoil(table: Path, how: str) -> None:
    rows = DeltaTable(table).to_pyarrow_table()
    if how == "no_key":
        rows = rows.drop_columns(["primary_email"])
    else:
        place = rows.schema.get_field_index("estimated_customer_ltv")
        rows = rows.set_column(place, "estimated_customer_ltv", rows["primary_email"])
    shutil.rmtree(table)
    write_deltalake(table, rows)


def forms() -> dict[bytes, str]:
    """What must not be found: every address as it is written, normalised, and hashed without the key."""
    found: dict[bytes, str] = {KEY.encode(): "the key"}
    for canary in CANARIES:
        for text in {canary, canary.strip(), canary.strip().lower(), canary.strip().upper()}:
            raw = text.encode()
            found[raw] = "an address"
            for name in ("md5", "sha1", "sha256"):
                digest = hashlib.new(name, raw).hexdigest()
                found |= {digest.encode(): name, digest.upper().encode(): name, hashlib.new(name, raw).digest(): name}
            found[base64.b64encode(raw)] = "base64"
    return found


def searched(house: House) -> Iterator[tuple[str, bytes]]:
    """Yield what is printed and every file that is not the lake's, Parquet also as rows and statistics."""
    for number, text in enumerate(house.printed):
        yield f"output {number}", text.encode()
    lakes = ("lake", "wrong_type", "no_key", "broken")
    for path in sorted(house.folder.rglob("*")):
        name = path.relative_to(house.folder)
        if not path.is_file() or name.parts[0] in lakes:
            continue
        yield str(name), path.read_bytes()
        if path.suffix == ".parquet":
            file = pq.ParquetFile(path)
            yield f"{name} rows", repr(file.read().to_pylist()).encode()
            yield (
                f"{name} statistics",
                repr([file.metadata.row_group(i).to_dict() for i in range(file.num_row_groups)]).encode(),
            )


def hits(house: House) -> list[str]:
    wanted = forms()
    found = []
    for name, content in searched(house):
        lower = content.lower()
        if b"7f3a@" in lower:
            found.append(f"{name}: an address")
        found += [f"{name}: {kind}" for form, kind in wanted.items() if form in content]
    return sorted(set(found))


@pytest.fixture(scope="module")
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> House:
    made = House(tmp_path_factory.mktemp("house"), request.config.getoption("--engine"))
    everything(made)
    return made


def test_no_address_of_the_lake_stands_anywhere_else(house: House) -> None:
    names = [name for name, _ in searched(house)]
    assert sum(name.endswith(".parquet rows") for name in names) > 30
    for suffix in (".svg", ".html", ".md", ".csv", ".json"):
        assert any(name.endswith(suffix) for name in names), suffix
    assert hits(house) == []


@pytest.mark.parametrize("form", ["plain", "md5", "in a table", "printed"])
def test_the_search_finds_what_is_planted(house: House, form: str, tmp_path: Path) -> None:
    planted = House(tmp_path, house.engine)
    address = CANARIES[3].strip().lower()
    if form == "in a table":
        pq.write_table(
            pa.table({"x": [address] * 100}), tmp_path / "x.parquet", compression="zstd", use_dictionary=False
        )
    elif form == "printed":
        planted.printed.append(f"bad row {CANARIES[3]}")
    else:
        (tmp_path / "x.json").write_text(address if form == "plain" else hashlib.md5(address.encode()).hexdigest())
    assert hits(planted) != []
