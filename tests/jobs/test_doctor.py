"""customer360 doctor: what the machine has, and what exactly to do where something is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.jobs.test_cli import process

ENGINE = ("--engine", "embedded")


def lines(text: str) -> dict[str, str]:
    """The state and the words per subject."""
    found = {}
    for line in text.splitlines():
        state, _, rest = line.partition(" ")
        subject, _, said = rest.strip().partition(": ")
        found[subject] = f"{state} {said}"
    return found


def test_a_good_machine_and_lake_are_ok_and_nothing_is_changed(tmp_path: Path) -> None:
    made = process("generate", "--shape", "second", "--customers", "200", "--lake", "lake", *ENGINE, cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    before = sorted(path for path in tmp_path.rglob("*") if "config" not in path.parts)
    places = ("--lake", "lake", "--results", "results", "--reports", "reports")
    looked = process("doctor", *places, *ENGINE, cwd=tmp_path)
    assert looked.returncode == 0, looked.stdout + looked.stderr
    found = lines(looked.stdout)
    for subject in ("python", "customer360-cohorts", "pyspark", "pysail", "fonts", "engine embedded", "key", "results"):
        assert found[subject].startswith("ok "), subject
    assert found["customer360__customer_value_analysis"].startswith("ok version 0, ")
    assert "wrong" not in looked.stdout
    assert sorted(path for path in tmp_path.rglob("*") if "config" not in path.parts) == before


def test_a_lake_without_tables_is_wrong_with_the_exit_code_of_a_run(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    looked = process("doctor", "--lake", "empty", *ENGINE, cwd=tmp_path)
    assert looked.returncode == 3
    assert "holds none of the input tables -> customer360 init" in lines(looked.stdout)["lake"]


def test_no_java_is_wrong_for_spark_and_a_note_for_the_embedded_engine(tmp_path: Path) -> None:
    without = {"JAVA_HOME": str(tmp_path / "no_java")}
    spark = process("doctor", "--engine", "spark", cwd=tmp_path, **without)
    assert spark.returncode == 2
    assert lines(spark.stdout)["java"].startswith("wrong Apache Spark needs Java")
    assert "-> install Java 17 or newer" in lines(spark.stdout)["java"]
    embedded = process("doctor", *ENGINE, cwd=tmp_path, **without)
    assert embedded.returncode == 0
    assert lines(embedded.stdout)["java"].startswith("note ")


@pytest.mark.parametrize(
    ("words", "subject", "said"),
    [
        pytest.param(("--lake", "a.b"), "customer360__customer_value_analysis", "is a catalog name", id="catalog"),
        pytest.param(("--results", "file"), "results", "cannot be written", id="results_are_a_file"),
        pytest.param(("--reports", "file/deeper"), "reports", "is a file", id="reports_below_a_file"),
    ],
)
def test_a_place_that_will_not_do_is_named(words: tuple[str, str], subject: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    looked = process("doctor", *words, *ENGINE, cwd=tmp_path)
    assert looked.returncode != 0
    assert lines(looked.stdout)[subject].startswith("wrong ")
    assert said in lines(looked.stdout)[subject]
