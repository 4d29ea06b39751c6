"""Tables whose files are gone or damaged: one line that names table and version, nothing published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from jobs.engines import Engine
from jobs.errors import AuditError, Customer360Error, InfrastructureError, InputError
from jobs.inputs import read_inputs
from jobs.lake import Lake, Moment
from jobs.results import ResultStore
from jobs.run import RunOptions, run
from tests.jobs.small_lake import customers, definition_of, write
from transforms.input_tables import ADDRESS, VALUE

pytestmark = pytest.mark.usefixtures("no_pictures", "hmac_key")

DEFINITION = definition_of(
    cohort=[{"column": "recency_score", "operator": ">=", "value": 3}],
    sections={
        "cohort_profile": {"measures": [{"column": "adjusted_ltv", "unit": "currency"}]},
        "geography": {"minimum_match_rate": 0.5},
    },
)


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """Three commits per table."""
    rows = customers(*({"recency_score": n % 5, "adjusted_ltv": 9.0 + n} for n in range(20)))
    for number in range(3):
        mode = "append" if number else "error"
        write(tmp_path / "lake", "value", rows, mode=mode)
        write(tmp_path / "lake", "address", [{"customer360_id": f"i{number}", "country": "Malta"}], mode=mode)
    return tmp_path / "lake"


def run_on(engine: Engine, lake: Path) -> Any:
    folder = lake.parent
    places = {"lake": str(lake), "results": str(folder / "results"), "reports": str(folder / "reports")}
    return run(engine, [DEFINITION], RunOptions(**places))


def refusal(engine: Engine, lake: Path, kind: type[Customer360Error] = InputError) -> str:
    with pytest.raises(kind) as raised:
        run_on(engine, lake)
    line = raised.value.line()
    assert "\n" not in line
    assert "@x.org" not in line
    assert ResultStore(engine, Lake.at(str(lake.parent / "results"))).publication("small") is None
    assert not list((lake.parent / "reports").glob("*/*"))
    return line


def remove(path: Path) -> None:
    path.unlink()


def damage(path: Path) -> None:
    path.write_bytes(b"PAR1" + b"\0" * (path.stat().st_size - 8) + b"PAR1")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def data_file(table: Path) -> Path:
    path = sorted(table.glob("*.parquet"))[0]
    # Hadoop's checksum of a file that it wrote
    (table / f".{path.name}.crc").unlink(missing_ok=True)
    return path


@pytest.mark.parametrize("table", [VALUE, ADDRESS])
@pytest.mark.parametrize("harm", [remove, damage, cut])
def test_a_data_file_that_is_damaged_or_gone_is_an_input_error_that_names_table_and_version(
    engine: Engine, lake: Path, table: str, harm: Any
) -> None:
    harm(data_file(lake / table))
    line = refusal(engine, lake)
    assert line.startswith(f"C360-INPUT exit=3: {table}@v2 cannot be read: a data file of it is ")
    assert ("missing" if harm is remove else "damaged") in line
    failed = Lake.at(str(lake.parent / "results")).read(engine.spark, "runs").filter("event = 'failed'").collect()
    assert [row["error"] for row in failed] == [line]


def test_files_that_vanish_between_pinning_and_reading_are_an_input_error(
    engine: Engine, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = ResultStore.append

    def vacuumed_by_another(store: ResultStore, table: str, rows: Any) -> None:
        real(store, table, rows)
        if table == "runs" and rows[0]["event"] == "started":
            for path in (lake / VALUE).glob("*.parquet"):
                path.unlink()

    monkeypatch.setattr(ResultStore, "append", vacuumed_by_another)
    assert f"{VALUE}@v2 cannot be read: a data file of it is missing" in refusal(engine, lake)


def log_file(table: Path, version: int) -> Path:
    log = table / "_delta_log"
    (log / f".{version:020}.json.crc").unlink(missing_ok=True)
    return log / f"{version:020}.json"


@pytest.mark.parametrize("harm", ["gap", "cut", "no_first", "checkpoint"])
def test_a_log_with_a_gap_or_a_damaged_file_is_an_input_error_that_names_the_table(
    engine: Engine, lake: Path, harm: str
) -> None:
    table = lake / VALUE
    if harm == "checkpoint":
        DeltaTable(table).create_checkpoint()
        for version in (0, 1):
            log_file(table, version).unlink()
        damage(next((table / "_delta_log").glob("*.checkpoint.parquet")))
    elif harm == "cut":
        cut(log_file(table, 1))
    else:
        log_file(table, 1 if harm == "gap" else 0).unlink()
    line = refusal(engine, lake)
    assert line.startswith("C360-INPUT exit=3: ")
    assert VALUE in line
    assert sorted(path.name for path in table.glob("*.parquet"))


@pytest.mark.parametrize("version", [99, 0])
def test_a_version_that_is_gone_is_named_with_the_newest(engine: Engine, lake: Path, version: int) -> None:
    table = lake / VALUE
    DeltaTable(table).create_checkpoint()
    for number in (0, 1):
        log_file(table, number).unlink()
    with pytest.raises(InputError, match=f"{VALUE}@v{version} can no longer be read .* the newest is v2"):
        read_inputs(engine, Lake.at(str(lake)), moment=Moment(versions={VALUE: version}))


@pytest.mark.parametrize("harm", [remove, damage])
@pytest.mark.parametrize("table", ["attrition", "cohort_members"])
def test_a_result_file_that_is_lost_before_the_audit_is_not_published(
    engine: Engine, lake: Path, harm: Any, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = ResultStore.append_members

    def lost(store: ResultStore, parts: Any) -> None:
        real(store, parts)
        for path in (lake.parent / "results" / table).glob("*.parquet"):
            (path.parent / f".{path.name}.crc").unlink(missing_ok=True)
            harm(path)

    monkeypatch.setattr(ResultStore, "append_members", lost)
    with pytest.raises((InputError, InfrastructureError, AuditError)) as raised:
        run_on(engine, lake)
    assert table in raised.value.line()
    assert ResultStore(engine, Lake.at(str(lake.parent / "results"))).publication("small") is None
