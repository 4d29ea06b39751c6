"""What a command shows while it works: a bar on a terminal, lines in the log elsewhere; the browser at its end."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from jobs import progress
from jobs.browser import open_report

ROOT = Path(__file__).parents[2]
COMMAND = ["generate", "--shape", "second", "--customers", "200", "--lake", "lake", "--engine", "embedded"]
STEPS = ("starting the engine: embedded", "making customer360__customer_value_analysis")


def on_a_terminal(*arguments: str, cwd: Path) -> tuple[str, str]:
    """Run the command with standard error on a terminal; return standard output and what the terminal got."""
    ours, theirs = pty.openpty()
    shown: list[bytes] = []

    def read() -> None:
        try:
            while part := os.read(ours, 4096):
                shown.append(part)
        except OSError:  # the other end is closed
            return

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "120"}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "jobs.cli", *arguments],
            cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=theirs, text=True, check=False, timeout=60,
        )  # fmt: skip
    finally:
        os.close(theirs)
        reader.join(10)
    assert done.returncode == 0, b"".join(shown).decode()
    return done.stdout, b"".join(shown).decode()


def test_a_terminal_shows_the_steps_and_keeps_nothing_of_them(tmp_path: Path) -> None:
    out, shown = on_a_terminal(*COMMAND, cwd=tmp_path)
    assert all(line.startswith("customer360__") for line in out.splitlines())
    for step in STEPS:
        assert step in shown
    assert "3/3" in shown
    # the last thing sent erases the line
    assert re.search(r"\x1b\[2K\s*$", shown)


def test_verbose_has_the_steps_as_plain_lines_also_on_a_terminal(tmp_path: Path) -> None:
    _, shown = on_a_terminal("--verbose", *COMMAND, cwd=tmp_path)
    assert "\x1b" not in shown
    lines = shown.splitlines()
    assert [line for line in lines if re.search(r" INFO jobs\.progress run=- attempt=- making", line)]


def test_steps_are_lines_of_the_log_where_there_is_no_terminal(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level("INFO", "jobs.progress"), progress.shown():
        progress.expect(2)
        progress.step("one")
        progress.step("two")
    assert [record.message for record in caplog.records] == ["one", "two"]
    assert capsys.readouterr() == ("", "")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "my report").mkdir()
    (tmp_path / "my report" / "report.zh.html").write_text("<p>", "utf-8")
    return tmp_path / "my report"


def in_a_process(folder: Path, **environment: str) -> str:
    code = f"from jobs.browser import open_report; print(open_report({str(folder)!r}, ['en', 'zh']))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_the_first_page_that_is_there_opens_in_the_browser(folder: Path, tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n', "utf-8")
    browser.chmod(0o755)
    assert in_a_process(folder, PATH="/usr/bin:/bin", BROWSER=f"{browser} %s") == "None"
    assert (tmp_path / "opened").read_text("utf-8").strip() == (folder / "report.zh.html").as_uri()


def test_where_there_is_no_browser_one_line_says_what_to_open(folder: Path, tmp_path: Path) -> None:
    said = in_a_process(folder, PATH=str(tmp_path))
    assert said == f"there is no browser here; open {folder / 'report.zh.html'} on a machine that has one"


def test_a_report_in_a_storage_is_not_opened() -> None:
    said = open_report("s3://bucket/reports/mine", ["en"])
    assert said == "no page to open: s3://bucket/reports/mine is no folder of this machine; copy the report to one"
