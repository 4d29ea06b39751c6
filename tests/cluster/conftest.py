"""What all cluster tests share: the installed wheel, a small lake, the rows a local run publishes, the cluster."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.definition import shipped_names
from tests.cluster.processes import Cluster, Program

ANALYSES = ("high_value_cohort", "limited_data_value")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--analyses", default=",".join(ANALYSES), help="what the cluster tests compute: names by comma, or all"
    )


@pytest.fixture(scope="session")
def analyses(request: pytest.FixtureRequest) -> list[str]:
    chosen = str(request.config.getoption("--analyses"))
    return list(shipped_names()) if chosen == "all" else chosen.split(",")


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    return Program.install(tmp_path_factory.mktemp("program"))


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that is not the repository."""
    return tmp_path_factory.mktemp("elsewhere")


@pytest.fixture(scope="session")
def lake(program: Program, elsewhere: Path) -> Path:
    words = ["generate", "--shape", "first", "--customers", "300", "--lake", "lake", "--engine", "embedded"]
    ran = program.run(*words, cwd=elsewhere)
    assert ran.returncode == 0, ran.stderr
    return elsewhere / "lake"


@pytest.fixture(scope="session")
def local(program: Program, lake: Path, elsewhere: Path, analyses: list[str]) -> Path:
    """Results of the embedded engine."""
    places = ["--lake", str(lake), "--results", "local", "--reports", "local_reports", "--lang", "en"]
    ran = program.run("run", *analyses, *places, "--engine", "embedded", cwd=elsewhere)
    assert ran.returncode == 0, ran.stderr
    return elsewhere / "local"


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    running = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        running.add_worker()
        running.add_worker()
        yield running
    finally:
        running.stop()
