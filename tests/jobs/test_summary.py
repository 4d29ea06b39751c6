"""--summary-json: what the last line and the exit code say, in a file, also when the command fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jobs.cli import main
from tests.jobs.test_cli import process

ENGINE = ("--engine", "embedded")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small lake."""
    home = tmp_path_factory.mktemp("summary")
    made = process("generate", "--shape", "second", "--customers", "300", "--lake", "lake", *ENGINE, cwd=home)
    assert made.returncode == 0, made.stderr
    return home


def summary(path: Path) -> dict[str, Any]:
    content = json.loads(path.read_text("utf-8"))
    assert isinstance(content, dict)
    return content


def test_a_run_says_what_was_published_and_a_second_that_nothing_was_new(home: Path) -> None:
    words = (
        "--verbose", "--log-format", "json", "run", "limited_data_value",
        "--lake", "lake", "--results", "results", "--reports", "reports", "--lang", "en",
        "--summary-json", "summary.json", *ENGINE,
    )  # fmt: skip
    first = process(*words, cwd=home)
    assert first.returncode == 0, first.stderr
    said = summary(home / "summary.json")
    assert (said["command"], said["exit_code"], said["error_id"], said["message"]) == ("run", 0, None, None)
    (analysis,) = said["analyses"]
    assert (analysis["analysis"], analysis["published_now"]) == ("limited_data_value", True)
    assert Path(analysis["report_uri"], "report.en.html").is_file()
    assert f"run {analysis['run_id']}" in first.stdout

    lines = [json.loads(line) for line in first.stderr.splitlines() if line.startswith("{")]
    ended = [line for line in lines if line["message"].startswith("publishing ")]
    assert ended
    assert {line["run_id"] for line in ended} == {analysis["run_id"]}
    assert all(line["attempt_id"] != "-" for line in ended)

    assert process(*words, cwd=home).returncode == 0
    again = summary(home / "summary.json")
    assert again["analyses"] == [{**analysis, "published_now": False}]


def test_a_failed_command_writes_its_line_and_exit_code(home: Path) -> None:
    (home / "empty").mkdir()
    failed = process(
        "run", "--lake", "empty", "--results", "other", "--reports", "reports", "--summary-json", "failed.json",
        *ENGINE, cwd=home,
    )  # fmt: skip
    said = summary(home / "failed.json")
    assert failed.returncode == said["exit_code"] == 3
    assert said["error_id"] == "C360-INPUT"
    assert said["message"] == failed.stderr.splitlines()[-1]
    assert "analyses" not in said


def test_check_lists_the_rules_that_do_not_hold(home: Path) -> None:
    (home / "strict").mkdir()
    (home / "strict" / "value.yml").write_text(
        "contract: value\nrows:\n  - {minimum: 1000000, severity: error}\n", "utf-8"
    )
    checked = process(
        "check", "--lake", "lake", "--contracts", "strict", "--summary-json", "check.json", *ENGINE, cwd=home
    )
    said = summary(home / "check.json")
    assert checked.returncode == said["exit_code"] == 4, checked.stderr
    assert "contract_rows" in {rule["check_name"] for rule in said["failed_rules"]}
    assert all(rule["passed"] is False for rule in said["failed_rules"])


def test_a_place_that_cannot_be_written_is_told_before_anything_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = ["--lake", "nowhere", "--results", "r", "--reports", "p"]
    for place, said in ((tmp_path / "absent" / "s.json", "does not exist"), (tmp_path, "is a folder")):
        assert main(["run", *places, "--summary-json", str(place)]) == 2
        assert said in capsys.readouterr().err


def test_a_summary_that_cannot_be_written_at_the_end_fails_a_good_command(home: Path) -> None:
    (home / "gone").mkdir()
    program = (
        "import shutil, sys, jobs.contracts.check as module\n"
        "real = module.check\n"
        "def check(*given, **named):\n"
        "    shutil.rmtree('gone')\n"
        "    open('gone', 'w').close()\n"
        "    return real(*given, **named)\n"
        "module.check = check\n"
        "from jobs.cli import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    ended = process("check", "--lake", "lake", "--summary-json", "gone/s.json", *ENGINE, cwd=home, program=program)
    assert ended.returncode == 6
    assert "the summary cannot be written to gone/s.json" in ended.stderr.splitlines()[-1]
