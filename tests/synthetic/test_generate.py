from __future__ import annotations

import json
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.errors import UsageError
from jobs.generate import generate


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_writes_one_delta_table_per_folder_and_says_what_was_planted(spark: SparkSession, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    rows = generate(spark, lake=str(lake), shape="scale", customers=300, seed=5)
    assert {path.name for path in lake.iterdir()} == {*rows, "generated.json", "GENERATED.md"}
    for name, count in rows.items():
        assert spark.read.format("delta").load(str(lake / name)).count() == count
    description = json.loads((lake / "generated.json").read_text(encoding="utf-8"))
    assert (description["shape"], description["customers"], description["seed"]) == ("scale", 300, 5)
    assert description["rows"] == rows
    assert description["planted"]["ltv_cohort_against_peers_d"]["Gold"] == -0.4
    page = (lake / "GENERATED.md").read_text(encoding="utf-8")
    assert "'Webinar': 1.5 times" in page
    assert "account age 0" in page


def test_a_lake_without_effects_says_so(spark: SparkSession, tmp_path: Path) -> None:
    generate(spark, lake=str(tmp_path / "lake"), shape="scale", customers=300, seed=5, effects=False)
    assert json.loads((tmp_path / "lake" / "generated.json").read_text(encoding="utf-8"))["planted"] == {}
    assert "None: whatever else differs" in (tmp_path / "lake" / "GENERATED.md").read_text(encoding="utf-8")


def test_a_generated_lake_is_overwritten(spark: SparkSession, tmp_path: Path) -> None:
    lake = str(tmp_path / "lake")
    generate(spark, lake=lake, shape="second", customers=300, seed=1)
    rows = generate(spark, lake=lake, shape="second", customers=400, seed=1)
    name = "customer360__customer_value_analysis"
    assert spark.read.format("delta").load(f"{lake}/{name}").count() == rows[name] > 400


@pytest.mark.parametrize(
    ("entry", "message"),
    [("notes.txt", "holds other things"), ("customer360__customer_value_analysis", "were not generated")],
)
def test_a_folder_with_other_content_is_refused_untouched(
    spark: SparkSession, tmp_path: Path, entry: str, message: str
) -> None:
    (tmp_path / entry).mkdir()
    before = _files(tmp_path)
    with pytest.raises(UsageError, match=message):
        generate(spark, lake=str(tmp_path), shape="scale", customers=300)
    assert _files(tmp_path) == before


def test_tables_of_another_shape_are_refused(spark: SparkSession, tmp_path: Path) -> None:
    generate(spark, lake=str(tmp_path), shape="scale", customers=300)
    with pytest.raises(UsageError, match="customer360__address"):
        generate(spark, lake=str(tmp_path), shape="second", customers=300)


def test_an_unknown_shape_names_the_nearest(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nearest: 'scale'"):
        generate(spark, lake=str(tmp_path / "lake"), shape="scales")
    assert not (tmp_path / "lake").exists()


def test_too_few_customers_are_refused(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="expected 200 or more"):
        generate(spark, lake=str(tmp_path / "lake"), shape="first", customers=10)
