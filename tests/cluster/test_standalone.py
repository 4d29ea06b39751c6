"""An Apache Spark standalone cluster of this machine's processes; the wheel, submitted from outside the repository."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cluster.processes import DELTA, PATIENCE, ROOT, Cluster, Program, environment
from tests.cluster.rows import differences, events, published

ONLINE = ("--packages", DELTA)


@pytest.fixture(scope="module")
def offline() -> list[str]:
    """The jars of --packages as --jars: what it has brought to the local cache."""
    found = sorted(Path("~/.ivy2.5.2/jars").expanduser().glob("*.jar"))
    # runs of other versions of Spark keep theirs in the same place
    jars = [jar for jar in found if "delta-spark_" not in jar.name or "delta-spark_4.2_" in jar.name]
    assert any("delta-spark" in jar.name for jar in jars)
    return ["--jars", ",".join(map(str, jars))]


def _run(lake: Path, name: str, analyses: list[str]) -> list[str]:
    places = ["--lake", str(lake), "--results", name, "--reports", f"{name}_reports", "--lang", "en"]
    return ["--verbose", "run", *analyses, *places]


def test_the_checkout_is_out_of_reach(program: Program, elsewhere: Path) -> None:
    code = "import sys, jobs, transforms; print(jobs.__file__, transforms.__file__, *sys.path, sep='\\n')"
    ran = subprocess.run(
        [str(program.python), "-c", code], cwd=elsewhere, env=environment(), capture_output=True, text=True, check=True
    )
    first, second, *places = [Path(line) for line in ran.stdout.splitlines() if line]
    assert program.python.parent.parent in first.parents
    assert program.python.parent.parent in second.parents
    assert ROOT not in places


def test_a_run_in_client_mode_publishes_what_a_local_run_does(
    program: Program, cluster: Cluster, lake: Path, local: Path, elsewhere: Path, analyses: list[str]
) -> None:
    line = program.submission(cluster, ONLINE, _run(lake, "client", analyses))
    ran = program.submit(line, elsewhere, elsewhere / "client.log")
    assert ran.process.wait(PATIENCE) == 0, ran.tail()
    for analysis in analyses:
        assert differences(published(f"{elsewhere}/client", analysis), published(str(local), analysis)) == []
        assert events(f"{elsewhere}/client", analysis) == ["started", "succeeded"]
    assert list((elsewhere / "client").glob("_scratch/*")) == []


def test_spark_submit_hands_on_the_exit_code(program: Program, cluster: Cluster, elsewhere: Path) -> None:
    words = ["run", "--lake", "nowhere", "--results", "nothing", "--reports", "nothing"]
    ran = program.submit(program.submission(cluster, ONLINE, words), elsewhere, elsewhere / "failed.log")
    assert ran.process.wait(PATIENCE) == 3, ran.tail()
    assert "C360-INPUT exit=3" in ran.log.read_text()


def test_cluster_mode_takes_no_python_program(program: Program, cluster: Cluster, lake: Path, elsewhere: Path) -> None:
    line = program.submission(cluster, (), _run(lake, "never", []))
    line[1:1] = ["--deploy-mode", "cluster"]
    ran = program.submit(line, elsewhere, elsewhere / "cluster_mode.log")
    assert ran.process.wait(PATIENCE) == 1
    said = "Cluster deploy mode is currently not supported for python applications on standalone clusters"
    assert said in ran.log.read_text()
    assert not (elsewhere / "never").exists()


def test_a_run_survives_a_worker_that_is_killed(
    program: Program,
    cluster: Cluster,
    lake: Path,
    local: Path,
    elsewhere: Path,
    analyses: list[str],
    offline: list[str],
) -> None:
    line = program.submission(cluster, offline, _run(lake, "killed", analyses))
    ran = program.submit(line, elsewhere, elsewhere / "killed.log")
    # the customer view is stored, its sections are being computed
    ran.wait_for("customers=300", PATIENCE)
    victim = cluster.workers[0]
    victim.kill()
    code = ran.process.wait(PATIENCE)
    said = ran.log.read_text("utf-8", "replace")
    assert code == 0, ran.tail()
    assert "Lost executor" in said
    for analysis in analyses:
        assert differences(published(f"{elsewhere}/killed", analysis), published(str(local), analysis)) == []
        assert events(f"{elsewhere}/killed", analysis) == ["started", "succeeded"]
