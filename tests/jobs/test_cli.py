"""The command line: what it prints, where, and its exit codes. Runs are real processes on the embedded engine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from jobs.cli import main
from jobs.definition import Empty, MeasureModel, ProfileSection, Sections, load_definition
from jobs.demo import demo
from jobs.engines import Engine
from jobs.errors import UsageError

ROOT = Path(__file__).parents[2]
COMMANDS = (
    "check",
    "clean",
    "config",
    "demo",
    "diff",
    "doctor",
    "generate",
    "history",
    "ingest",
    "init",
    "members",
    "report",
    "rollback",
    "run",
    "sql",
)
PLACES = ["--lake", "nowhere", "--results", "results", "--reports", "reports"]
# What decides about an engine or an option elsewhere must not reach a test.
_FOREIGN = re.compile(r"CUSTOMER360_|SPARK_|PYSPARK_|DATABRICKS_|JAVA_HOME$|RUST_LOG$")


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in an empty folder, without options of the environment."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("CUSTOMER360_"):
            monkeypatch.delenv(name)


def process(
    *arguments: str, cwd: Path, program: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not _FOREIGN.match(name)}
    return subprocess.run(
        [sys.executable, *(("-c", program) if program else ("-m", "jobs.cli")), *arguments],
        cwd=cwd,
        env={**inherited, "PYTHONPATH": str(ROOT), "XDG_CONFIG_HOME": str(cwd / "config"), **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def one_line(text: str) -> str:
    """The only line of a standard error."""
    assert text.endswith("\n")
    (line,) = text.splitlines()
    assert "Traceback" not in line
    return line


# ---- options; no engine starts --------------------------------------------------------------------------------------


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out, err = capsys.readouterr()
    listed = out[out.index("Commands:") :].splitlines()[1:]
    assert tuple(line.split()[0] for line in listed if line.startswith("  ") and line[2] != " ") == COMMANDS
    assert err == ""


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "-h"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"Usage: customer360 {command}")
    assert ("--engine" in out) == (command != "config")
    assert err == ""


def test_no_command_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "see customer360 --help" in one_line(err)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["rnu"], "no command 'rnu'; nearest: 'run'", id="command"),
        pytest.param(["run", "--lagn", "en"], "'--lang'", id="option"),
        pytest.param(["run", "high_value_cohrt", *PLACES], "nearest: 'high_value_cohort'", id="analysis"),
        pytest.param(["run", *PLACES, "--lang", "zhh"], "expected en or zh; nearest: 'zh'", id="lang"),
        pytest.param(["report", "x", "--results", "r", "--lang", "en,e"], "unknown language 'e'", id="second_language"),
        pytest.param(["run", *PLACES, "--engine", "sparkk"], "'spark', 'embedded'", id="engine"),
        pytest.param(["generate", "--lake", "l", "--shape", "frist"], "'first', 'second', 'scale'", id="shape"),
        pytest.param(["run", "--results", "r", "--reports", "p"], "Missing option '--lake'", id="no_lake"),
        pytest.param(["run", "--lake", "l", "--reports", "p"], "Missing option '--results'", id="no_results"),
        pytest.param(["report", "--results", "r"], "Missing argument 'ANALYSIS'", id="no_analysis"),
        pytest.param(["run", "absent.yml", *PLACES], "definition file absent.yml does not exist", id="no_file"),
    ],
)
def test_a_wrong_option_is_one_line_with_the_nearest_name(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    line = one_line(err)
    assert line.startswith("C360-USAGE exit=2: ")
    assert said in line


def configured(text: str) -> list[str]:
    Path("options.yml").write_text(text, "utf-8")
    return ["--config", "options.yml"]


def language_used(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The value of --lang that wins; none of them exists, so the command names it and stops."""
    assert main(arguments) == 2
    found = re.search(r"unknown language '(\w+)'", one_line(capsys.readouterr().err))
    assert found
    return found.group(1)


def test_environment_wins_over_the_file_and_the_command_line_over_both(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shared = configured("{lang: shared, lake: l, results: r, reports: p}")
    assert language_used([*shared, "run"], capsys) == "shared"
    own = configured("{lang: shared, lake: l, results: r, reports: p, run: {lang: own}, report: {lang: other}}")
    assert language_used([*own, "run"], capsys) == "own"
    monkeypatch.setenv("CUSTOMER360_RUN_LANG", "environment")
    assert language_used([*own, "run"], capsys) == "environment"
    assert language_used([*own, "run", "--lang", "line"], capsys) == "line"
    assert language_used([*own, "report", "x"], capsys) == "other"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("lak: x", "unknown option 'lak'; nearest: 'lake'", id="option"),
        pytest.param("run: {langs: en}", "unknown option 'langs'; nearest: 'lang'", id="option_of_a_command"),
        pytest.param("rnu: {lang: en}", "'rnu'; nearest: 'run'", id="command"),
        pytest.param("[lake, results]", "is no mapping", id="list"),
        pytest.param("lake: [", "cannot be read", id="no_yaml"),
        pytest.param("{lake: a, lake: b}", "cannot be read", id="option_twice"),
    ],
)
def test_a_wrong_configuration_file_is_one_line(text: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    # a wrong language, so that a file that is let through starts no engine
    assert main([*configured(text), "run", *PLACES, "--lang", "xx"]) == 2
    line = one_line(capsys.readouterr().err)
    assert "options.yml" in line
    assert said in line


def test_a_configuration_file_that_does_not_exist_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", "absent.yml", "run", *PLACES]) == 2
    assert "configuration file absent.yml cannot be read" in one_line(capsys.readouterr().err)


# ---- real processes -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's folder: a generated lake, a definition file, a configuration file."""
    folder = tmp_path_factory.mktemp("home")
    shipped = load_definition("conversion_behaviour")
    measures = [MeasureModel(column="monetary_score", unit="score_1_5")]
    sections = Sections(cohort_profile=ProfileSection(measures=measures), tier_ltv=Empty())
    changed = {"analysis": "mine", "sections": sections, "languages": ["en"], "recommend": None}
    mine = shipped.model_copy(update=changed)
    text = yaml.safe_dump(mine.model_dump(mode="json", exclude_none=True), allow_unicode=True)
    (folder / "mine.yml").write_text(text, "utf-8")
    (folder / "options.yml").write_text("{engine: embedded, results: results, reports: reports}", "utf-8")
    made = process(
        *("generate", "--shape", "scale", "--customers", "200", "--seed", "7"),
        *("--lake", "lake", "--engine", "embedded"),
        cwd=folder,
    )
    assert (made.returncode, made.stderr) == (0, "")
    assert len(made.stdout.splitlines()) == 4
    assert all(re.fullmatch(r"customer360__\w+: \d+ rows", line) for line in made.stdout.splitlines())
    return folder


@pytest.fixture(scope="module")
def ran(home: Path) -> subprocess.CompletedProcess[str]:
    """A run of a definition file; the lake from the environment, the rest from the configuration file."""
    return process("--config", "options.yml", "run", "mine.yml", cwd=home, CUSTOMER360_RUN_LAKE="lake")


def test_a_good_run_prints_its_headlines_and_nothing_else(home: Path, ran: subprocess.CompletedProcess[str]) -> None:
    assert (ran.returncode, ran.stderr) == (0, "")
    first, cohort, naive, ltv, last = ran.stdout.splitlines()
    assert re.fullmatch(r"mine \(run [0-9a-f]{16}\)", first)
    assert re.fullmatch(r"  \d+ of 200 customers are in the cohort \(\d+\.\d%\)", cohort)
    assert re.fullmatch(r"  a naive join on the e-mail would count [\d,]+ rows instead", naive)
    assert re.match(r"  mean LTV against other customers of the same tier: [+-][\d,.]+ \(95% interval ", ltv)
    report = last.removeprefix("  published; report: ")
    assert Path(report).is_relative_to(home / "reports" / "mine")
    assert (Path(report) / "report.en.md").is_file()


def test_a_report_in_another_language_is_written_beside_the_first(
    home: Path, ran: subprocess.CompletedProcess[str]
) -> None:
    done = process("report", "mine", "--results", "results", "--lang", "zh", "--engine", "embedded", cwd=home)
    assert (done.returncode, done.stderr) == (0, "")
    folder = Path(done.stdout.strip())
    assert str(folder) in ran.stdout
    assert {path.name for path in folder.glob("report.*.md")} == {"report.en.md", "report.zh.md"}
    assert re.search("[\u4e00-\u9fff]{4}", (folder / "report.zh.md").read_text("utf-8"))


def test_a_report_of_an_analysis_that_never_ran_is_one_line(home: Path) -> None:
    done = process("report", "mine", "--results", "elsewhere", "--engine", "embedded", cwd=home)
    assert (done.returncode, done.stdout) == (3, "")
    assert "nothing is published for analysis 'mine'" in one_line(done.stderr)


def test_a_lake_without_tables_is_one_line(tmp_path: Path) -> None:
    done = process("run", *PLACES, "--engine", "embedded", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    line = one_line(done.stderr)
    assert line.startswith("C360-INPUT exit=3: ")
    assert f"{tmp_path / 'nowhere'} holds none of the input tables" in line


def test_a_broken_table_is_one_line(home: Path, tmp_path: Path) -> None:
    shutil.copytree(home / "lake", tmp_path / "nowhere")
    log = tmp_path / "nowhere" / "customer360__customer_value_analysis" / "_delta_log" / f"{0:020}.json"
    log.write_text("this is no JSON", "utf-8")
    done = process("run", *PLACES, "--engine", "embedded", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert "customer360__customer_value_analysis cannot be read as a Delta table" in one_line(done.stderr)


def test_a_bug_is_one_line_without_values(home: Path, tmp_path: Path) -> None:
    program = (
        "import sys, jobs.analyses, jobs.cli\n"
        "def broken(*_): raise ValueError('row of someone@example.com')\n"
        "jobs.analyses.compute = broken\n"
        "sys.exit(jobs.cli.main())"
    )
    places = ["--lake", str(home / "lake"), "--results", "results", "--reports", "reports"]
    words = ["run", str(home / "mine.yml"), *places, "--engine", "embedded"]
    done = process(*words, cwd=tmp_path, program=program)
    assert (done.returncode, done.stdout) == (1, "")
    line = one_line(done.stderr)
    assert "unexpected ValueError" in line
    assert "@" not in line
    again = process("--verbose", *words, cwd=tmp_path, program=program)
    # where it happened is told, what was said is not
    assert "in broken" in again.stderr
    assert "someone" not in again.stderr


def test_the_demo_refuses_a_folder_with_other_content(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", "utf-8")
    said: list[str] = []
    with pytest.raises(UsageError, match="is not empty and no demo") as raised:
        demo(engine, tmp_path, [], (), say=said.append)
    assert raised.value.exit_code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    assert said == []


# ---- what a machine may lack ----------------------------------------------------------------------------------------


def test_without_java_the_spark_engine_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = process("run", *PLACES, "--engine", "spark", cwd=tmp_path, PATH=str(tmp_path / "empty"), JAVA_HOME="")
    assert (done.returncode, done.stdout) == (2, "")
    line = one_line(done.stderr)
    assert "needs Java and none was found" in line
    assert "--engine embedded" in line


@pytest.mark.parametrize(("version", "shown"), [("11.0.2", "11"), ("1.8.0_292", "8")])
def test_with_an_old_java_the_spark_engine_is_one_line(tmp_path: Path, version: str, shown: str) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2019-01-15' >&2\n", "utf-8")
    java.chmod(0o755)
    done = process("run", *PLACES, "--engine", "spark", cwd=tmp_path, PATH=str(java.parent))
    assert (done.returncode, done.stdout) == (2, "")
    assert f"needs Java 17 or newer; found Java {shown}" in one_line(done.stderr)


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
@pytest.mark.parametrize("target", ["demo", "test-embedded"])
def test_make_refuses_an_old_python_in_one_line(tmp_path: Path, target: str) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    python = tmp_path / "python3.9"
    python.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2" && exit 0\nexit 1\n', "utf-8")
    python.chmod(0o755)
    # under `make test` this make would take itself for a part of the outer one and say so
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(
        ["make", target, f"PYTHON={python}"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert done.stdout == ""
    first, *rest = done.stderr.splitlines()
    assert first.startswith("customer360 needs Python 3.11 or newer; ")
    assert "is Python 3.9.2. Try: make " in first
    # make itself adds one line that names the rule
    assert len(rest) == 1
    assert rest[0].startswith("make")
    assert not (tmp_path / ".venv" / ".python").exists()


@pytest.mark.parametrize("place", ["environment", "file"])
def test_the_spark_connect_server_can_come_from_outside_the_command_line(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["sql", "SELECT 1", "--results", "results"]
    if place == "file":
        (tmp_path / "options.yml").write_text("connect: http://host\n")
        words = ["--config", "options.yml", *words]
    else:
        monkeypatch.setenv("CUSTOMER360_SQL_CONNECT", "http://host")
    assert main(words) == 2
    assert "'http://host' is no address of a Spark Connect server" in one_line(capsys.readouterr().err)
