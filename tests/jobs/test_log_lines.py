"""The log: one line per record as text or JSON, each with the run and the attempt it belongs to."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator

import pytest

from jobs import log_lines

AT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


@pytest.fixture(autouse=True)
def handlers_as_before() -> Iterator[None]:
    """Leave the log of the test run as it was."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for ours in ("jobs", "transforms"):
        logging.getLogger(ours).setLevel(logging.NOTSET)


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.splitlines()


def test_a_text_line_has_time_level_place_run_and_attempt(capsys: pytest.CaptureFixture[str]) -> None:
    log_lines.start("text", verbose=True)
    with log_lines.of_runs(["0f3a", "77aa"], "9b1c"):
        logging.getLogger("jobs.run").info("staging %d rows", 3)
    (line,) = said(capsys)
    assert re.fullmatch(rf"{AT} INFO jobs\.run run=0f3a,77aa attempt=9b1c staging 3 rows", line)


def test_a_json_line_is_one_object_whatever_the_message_holds(capsys: pytest.CaptureFixture[str]) -> None:
    log_lines.start("json", verbose=True)
    with log_lines.of_runs(["0f3a"], "9b1c"):
        logging.getLogger("jobs.run").info('a "quoted"\nname')
    (line,) = said(capsys)
    parsed = json.loads(line)
    assert re.fullmatch(AT, parsed.pop("at"))
    assert parsed == {
        "level": "INFO",
        "logger": "jobs.run",
        "run_id": "0f3a",
        "attempt_id": "9b1c",
        "message": 'a "quoted"\nname',
    }


def test_an_inner_run_keeps_the_attempt_and_ends_with_its_block(capsys: pytest.CaptureFixture[str]) -> None:
    log_lines.start("text", verbose=True)
    logger = logging.getLogger("jobs.run")
    with log_lines.of_runs(["a", "b"], "9b1c"):
        with log_lines.of_runs(["a"]):
            logger.info("inner")
        logger.info("outer")
    logger.info("after")
    identities = [re.sub(r".*(run=\S+ attempt=\S+) .*", r"\1", line) for line in said(capsys)]
    assert identities == ["run=a attempt=9b1c", "run=a,b attempt=9b1c", "run=- attempt=-"]


def test_steps_are_logged_only_where_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    log_lines.start("text", verbose=False)
    logging.getLogger("jobs.run").info("a step")
    logging.getLogger("jobs.run").warning("a warning")
    assert [line.rpartition("- ")[2] for line in said(capsys)] == ["a warning"]


def test_starting_twice_does_not_log_twice(capsys: pytest.CaptureFixture[str]) -> None:
    log_lines.start("text", verbose=True)
    log_lines.start("json", verbose=True)
    logging.getLogger("jobs.run").info("once")
    (line,) = said(capsys)
    assert json.loads(line)["message"] == "once"


def test_an_error_is_named_by_its_kind_never_quoted(capsys: pytest.CaptureFixture[str]) -> None:
    log_lines.start("json", verbose=True)
    try:
        raise ValueError("somebody@example.com")
    except ValueError:
        logging.getLogger("jobs.run").exception("failed")
    assert json.loads(said(capsys)[0])["message"] == "failed (ValueError)"
