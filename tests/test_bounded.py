"""Only aggregates come to the driver."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.errors.exceptions import connect
from pyspark.errors.exceptions.connect import AnalysisException
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
    """A frame whose first queries fail; a query that failed once fails for ever, as its plan remembers."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.asked = 0

    def limit(self, _: int) -> _Query:
        return _Query(self)


class _Query:
    def __init__(self, frame: _Failing) -> None:
        self.frame = frame
        self.failed: Exception | None = None

    def collect(self) -> list[Row]:
        self.frame.asked += 1
        if self.failed is None and self.frame.errors:
            self.failed = self.frame.errors.pop(0)
        if self.failed is not None:
            raise self.failed
        return [Row(n=1)]


LOST = "org.apache.spark.SparkException: Failed to get broadcast_7_piece0 of someone@example.com"


def test_a_query_that_the_engine_gave_up_is_asked_once_more(caplog: pytest.LogCaptureFixture) -> None:
    frame: Any = _Failing(Py4JJavaError(LOST))
    assert collect_rows(frame, "countries") == [{"n": 1}]
    (record,) = caplog.records
    said = "reading countries once more: the engine gave up (Py4JJavaError: SparkException)"
    assert (record.levelname, record.getMessage()) == ("WARNING", said)


@pytest.mark.parametrize("kind", [connect.SparkException, connect.UnknownException, connect.SparkConnectGrpcException])
def test_what_a_server_gave_up_is_asked_once_more(kind: type[Exception]) -> None:
    frame: Any = _Failing(kind(f"Job aborted due to stage failure: {LOST}"))
    assert collect_rows(frame, "countries") == [{"n": 1}]
    assert frame.asked == 2


def test_a_query_that_fails_twice_fails() -> None:
    frame: Any = _Failing(Py4JJavaError(LOST), Py4JJavaError(LOST), Py4JJavaError(LOST))
    with pytest.raises(Py4JJavaError):
        collect_rows(frame, "countries")
    assert frame.asked == 2


@pytest.mark.parametrize(
    "error",
    [
        ValueError("ours"),
        AnalysisException("[UNRESOLVED_COLUMN.WITH_SUGGESTION] A column cannot be resolved."),
        Py4JJavaError("java.lang.OutOfMemoryError"),
        Py4JJavaError("[FAILED_READ_FILE.NO_HINT]"),
        Py4JJavaError("[SPARK_JOB_CANCELLED] Job 7 cancelled"),
    ],
    ids=["no engine", "a wrong query", "memory", "a damaged file", "cancelled"],
)
def test_what_would_fail_again_is_asked_once(error: Exception) -> None:
    frame: Any = _Failing(error)
    with pytest.raises(type(error)):
        collect_rows(frame, "countries")
    assert frame.asked == 1
