"""The wheel on other versions of Apache Spark that Delta is built for; clusters of Databricks have 4.0."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.definition import shipped_names
from tests.cluster.processes import Program
from tests.cluster.rows import differences, published

OLDEST = ("pyspark==4.0.1", "delta-spark==4.4.0")
BETWEEN = ("pyspark==4.1.0", "delta-spark==4.4.0")


@pytest.fixture(params=[OLDEST, BETWEEN], ids=lambda packages: str(packages[0]), scope="module")
def older(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, analyses: list[str]) -> Program:
    if request.param == BETWEEN and len(analyses) < len(shipped_names()):
        pytest.skip("takes minutes more: make test-cluster-all")
    return Program.install(tmp_path_factory.mktemp("older"), *request.param)


def test_another_version_of_spark_publishes_the_same_rows(
    older: Program, lake: Path, local: Path, elsewhere: Path, tmp_path: Path
) -> None:
    places = ["--lake", str(lake), "--results", str(tmp_path / "results"), "--reports", str(tmp_path / "reports")]
    ran = older.run("run", "high_value_cohort", *places, "--lang", "en", "--engine", "spark", cwd=elsewhere)
    assert ran.returncode == 0, ran.stderr
    # nothing but the headlines on a good run, the first of this version, too
    assert ran.stderr == ""
    assert ran.stdout.splitlines()[-1].lstrip().startswith("published; report: ")
    rows = published(str(tmp_path / "results"), "high_value_cohort")
    assert differences(rows, published(str(local), "high_value_cohort")) == []
