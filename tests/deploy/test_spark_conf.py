"""The properties files and the lines of docs/spark-submit.md, as far as they can be checked without a cluster.

YARN and Kubernetes: rendered, every option known to spark-submit. Not run on a real cluster.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from itertools import pairwise
from pathlib import Path

import pyspark
import pytest

from jobs.cli import cli

ROOT = Path(__file__).parents[2]
CONF = sorted((ROOT / "conf" / "spark").glob("*.properties"))
DOC = (ROOT / "docs" / "spark-submit.md").read_text("utf-8")
SUBMIT = Path(pyspark.__file__).parent / "bin" / "spark-submit"


def _properties(file: Path) -> dict[str, str]:
    lines = [line for line in file.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return dict(line.split(None, 1) for line in lines)


def _lines() -> dict[str, list[str]]:
    """Return the words of each documented spark-submit line, by the properties file that it uses."""
    found = {}
    for block in re.findall(r"```sh\n(.*?)```", DOC, re.S):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line) if re.match(r"(\S+=\S+ )?spark-submit ", line) else []
            if "spark-submit" in words:
                (name,) = re.findall(r"conf/spark/(\w+)\.properties", line)
                found[name] = words[words.index("spark-submit") + 1 :]
    return found


LINES = _lines()
every_file = pytest.mark.parametrize("file", CONF, ids=lambda file: file.stem)
every_line = pytest.mark.parametrize("name", sorted(LINES))


def test_there_is_one_line_and_one_file_per_cluster_manager() -> None:
    assert [file.stem for file in CONF] == ["kubernetes", "standalone", "yarn"]
    assert sorted(LINES) == ["kubernetes", "standalone", "yarn"]


@every_file
def test_each_option_stands_once_below_its_reason(file: Path) -> None:
    lines = file.read_text("utf-8").splitlines()
    names = [line.split()[0] for line in lines if line and not line.startswith("#")]
    assert len(names) == len(set(names))
    assert all(line.startswith(("#", "spark.")) or not line for line in lines)
    # options of one thing share the comment above the first
    reasons = sum(before.startswith("#") and line.startswith("spark.") for before, line in pairwise(lines))
    assert reasons >= len(names) / 2


@every_file
def test_delta_is_set_up_and_what_decides_results_is_left_to_the_program(file: Path) -> None:
    properties = _properties(file)
    assert properties["spark.sql.extensions"] == "io.delta.sql.DeltaSparkSessionExtension"
    assert properties["spark.sql.catalog.spark_catalog"] == "org.apache.spark.sql.delta.catalog.DeltaCatalog"
    assert not {"spark.sql.ansi.enabled", "spark.sql.session.timeZone"} & properties.keys()


@every_file
def test_properties_hold_no_secret(file: Path) -> None:
    assert not re.search(r"(?i)(password|token|hmac_key)\s*[= ]\s*[0-9a-z]{16,}", file.read_text("utf-8"))


@pytest.fixture(scope="module")
def options() -> set[str]:
    """Every option that the installed spark-submit tells of."""
    shown = subprocess.run([SUBMIT, "--help"], capture_output=True, text=True, check=False)
    return set(re.findall(r"(--[a-z][a-z-]+)", shown.stderr + shown.stdout))


@every_line
def test_spark_submit_knows_every_option_of_a_line(name: str, options: set[str]) -> None:
    words = LINES[name]
    ours = words[: next(n for n, word in enumerate(words) if word.endswith("customer360.py"))]
    used = {word for word in ours if word.startswith("--")}
    assert "--master" in options
    assert used <= options


@every_line
def test_spark_submit_parses_a_line_and_its_properties(name: str, tmp_path: Path) -> None:
    words = list(LINES[name])
    end = next(n for n, word in enumerate(words) if word.endswith("customer360.py"))
    place = words.index("--properties-file") + 1
    words[place] = str(ROOT / words[place])
    # --version ends after all options before it are parsed; an unknown one is refused before
    ran = subprocess.run(
        [SUBMIT, *words[:end], "--version"], cwd=tmp_path, env=_bare(), capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert "version 4." in ran.stderr
    wrong = subprocess.run(
        [SUBMIT, *words[:end], "--no-such-option", "--version"],
        cwd=tmp_path,
        env=_bare(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert wrong.returncode != 0


def test_the_yarn_line_and_its_properties_are_a_submission_that_lacks_only_a_cluster(tmp_path: Path) -> None:
    (tmp_path / "customer360.py").touch()
    words = list(LINES["yarn"])
    words[words.index("--properties-file") + 1] = str(ROOT / "conf" / "spark" / "yarn.properties")
    bare = {name: value for name, value in _bare().items() if name not in ("HADOOP_CONF_DIR", "YARN_CONF_DIR")}
    ran = subprocess.run([SUBMIT, *words], cwd=tmp_path, env=bare, capture_output=True, text=True, check=False)
    # the master comes from the properties; it is the last thing that is checked before a cluster is asked
    assert ran.returncode == 1
    assert "either HADOOP_CONF_DIR or YARN_CONF_DIR must be set" in ran.stderr


@every_line
def test_the_command_after_the_file_is_one_that_customer360_takes(name: str) -> None:
    words = LINES[name]
    rest = words[next(n for n, word in enumerate(words) if word.endswith("customer360.py")) + 1 :]
    context = cli.make_context("customer360", list(rest))
    command = cli.get_command(context, rest[0])
    assert command is not None
    assert command.make_context(rest[0], rest[1:], parent=context).params["lake"]


def _bare() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("SPARK_", "PYSPARK_"))}
