"""Only aggregates come to the driver."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import Row, SparkSession

from jobs.bounded import collect_rows
from jobs.errors import InputError


def test_more_rows_than_a_summary_has_are_refused(spark: SparkSession) -> None:
    assert len(collect_rows(spark.range(3), "countries", cap=3)) == 3
    with pytest.raises(InputError, match="countries has more than 3 rows"):
        collect_rows(spark.range(4), "countries", cap=3)


class Py4JJavaError(Exception):
    """Named as what a classic session raises for a job that failed."""

    __module__ = "py4j.protocol"


class _Failing:
    """A frame whose first queries fail."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.asked = 0

    def limit(self, _: int) -> _Failing:
        return self

    def collect(self) -> list[Row]:
        self.asked += 1
        if self.errors:
            raise self.errors.pop(0)
        return [Row(n=1)]


LOST = "org.apache.spark.SparkException: Failed to get broadcast_7_piece0 of someone@example.com"


def test_a_query_that_the_engine_gave_up_is_asked_once_more(caplog: pytest.LogCaptureFixture) -> None:
    frame: Any = _Failing(Py4JJavaError(LOST))
    assert collect_rows(frame, "countries") == [{"n": 1}]
    (record,) = caplog.records
    said = "reading countries once more: the engine gave up (Py4JJavaError: SparkException)"
    assert (record.levelname, record.getMessage()) == ("WARNING", said)


def test_a_query_that_fails_twice_fails() -> None:
    frame: Any = _Failing(Py4JJavaError(LOST), Py4JJavaError(LOST), Py4JJavaError(LOST))
    with pytest.raises(Py4JJavaError):
        collect_rows(frame, "countries")
    assert frame.asked == 2


@pytest.mark.parametrize(
    "error",
    [
        ValueError("ours"),
        Py4JJavaError("java.lang.OutOfMemoryError"),
        Py4JJavaError("[FAILED_READ_FILE.FILE_NOT_EXIST]"),
    ],
    ids=["no engine", "memory", "a missing file"],
)
def test_what_would_fail_again_is_asked_once(error: Exception) -> None:
    frame: Any = _Failing(error)
    with pytest.raises(type(error)):
        collect_rows(frame, "countries")
    assert frame.asked == 1
