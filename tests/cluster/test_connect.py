"""The whole job on a Spark Connect server, which is what serverless compute and databricks-connect are."""

from __future__ import annotations

from pathlib import Path

from tests.cluster.processes import Program, connect_server
from tests.cluster.rows import differences, events, published


def test_a_run_on_a_spark_connect_server_publishes_what_a_local_run_does(
    program: Program, lake: Path, local: Path, elsewhere: Path, analyses: list[str], tmp_path: Path
) -> None:
    places = ["--lake", str(lake), "--results", "connect", "--reports", "connect_reports", "--lang", "en"]
    with connect_server(tmp_path) as url:
        ran = program.run("run", *analyses, *places, "--engine", "spark", "--connect", url, cwd=elsewhere)
        query = ["sql", "SELECT count(*) AS n FROM comparisons", "--results", "connect", "--connect", url]
        asked = program.run(*query, cwd=elsewhere)
        erasing = ["clean", "--results", "connect", "--older-than", "0", "--retain", "0"]
        cleaned = program.run(*erasing, "--engine", "spark", "--connect", url, cwd=elsewhere)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert asked.stdout.startswith("n\n")
    assert (cleaned.returncode, cleaned.stderr) == (0, "")
    for analysis in analyses:
        assert differences(published(f"{elsewhere}/connect", analysis), published(str(local), analysis)) == []
        assert events(f"{elsewhere}/connect", analysis) == ["started", "succeeded"]
    assert list((elsewhere / "connect").glob("_scratch/*")) == []
