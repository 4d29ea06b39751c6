"""A table that another run is creating, or that a killed run began to create, is absent and not broken."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jobs.engines import Engine, delta_log
from jobs.engines.base import NewColumn
from jobs.errors import InputError

_COLUMNS = [NewColumn("n", "bigint", "a count", True)]


@pytest.mark.parametrize("half", [".00000000000000000000.json.0b8f.tmp", "00000000000000000000.json#1"])
def test_a_log_without_a_commit_is_an_absent_table_that_can_be_created(
    half: str, engine: Engine, tmp_path: Path
) -> None:
    log = tmp_path / "begun" / "_delta_log"
    log.mkdir(parents=True)
    (log / half).write_text("{")
    target = str(tmp_path / "begun")
    assert engine.table_version(target) is None
    engine.create_table(target, _COLUMNS, {})
    found = engine.table_version(target)
    assert found is not None
    assert found.version == 0


def test_a_log_without_a_commit_beside_data_files_is_a_broken_table(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "broken" / "_delta_log").mkdir(parents=True)
    (tmp_path / "broken" / "part-0.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match="exists but is no Delta table"):
        engine.table_version(str(tmp_path / "broken"))


def test_a_log_whose_first_commit_cannot_be_read_is_a_broken_table(engine: Engine, tmp_path: Path) -> None:
    log = tmp_path / "broken" / "_delta_log"
    log.mkdir(parents=True)
    (log / "00000000000000000000.json").write_text("{")
    with pytest.raises(InputError, match="Delta table"):
        engine.table_version(str(tmp_path / "broken"))


def test_who_looks_while_a_table_is_created_sees_it_or_none(tmp_path: Path) -> None:
    targets = [str(tmp_path / str(number)) for number in range(100)]

    def look_until_there(target: str) -> int:
        while (found := delta_log.current_version(target)) is None:
            pass
        return found.version

    with ThreadPoolExecutor(2) as pool:
        seen = [pool.submit(look_until_there, target) for target in targets]
        for target in targets:
            delta_log.create(target, _COLUMNS, {})
        assert [one.result() for one in seen] == [0] * len(targets)
