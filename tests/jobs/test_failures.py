"""Failures of engines and storages become errors of ours, and none of their words is shown."""

from __future__ import annotations

import errno
import os

import pytest
from pyspark.errors import PySparkException
from pyspark.errors.exceptions.connect import SparkConnectGrpcException

from jobs.engines.failures import as_ours, engine_frames, kinds, reading, writing
from jobs.errors import AuditError, Customer360Error, InfrastructureError, InputError

CANARY = "someone@example.com"
PLACE = "customer360__address@v3"

# what engines say, shortened, and what is made of it
MESSAGES = [
    (
        "[FAILED_READ_FILE.FILE_NOT_EXIST] Encountered error while reading file file:/l/a.parquet.",
        InputError,
        "missing",
    ),
    ("Object at location /l/a.parquet not found: No such file or directory (os error 2)", InputError, "missing"),
    ("[FAILED_READ_FILE.NO_HINT] Encountered error while reading file.", InputError, "damaged"),
    ("Parquet error: Invalid Parquet file. Corrupt footer", InputError, "damaged"),
    ("[DELTA_VERSIONS_NOT_CONTIGUOUS] Versions are not contiguous.", InputError, "log"),
    ("[DELTA_TRUNCATED_TRANSACTION_LOG] Unable to reconstruct state.", InputError, "log"),
    ("[NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION] 1E30 cannot be represented", InputError, "too large"),
    ("Cast error: Cannot cast to Decimal128(28, 12). Overflowing on 1e30", InputError, "too large"),
    ("java.io.IOException: No space left on device", InfrastructureError, "no space"),
    ("IO error: File too large (os error 27)", InfrastructureError, "no space"),
    ("org.apache.hadoop.security.AccessControlException: Permission denied: user=x", InfrastructureError, "permission"),
    ("java.lang.OutOfMemoryError: Java heap space", InfrastructureError, "memory"),
    ("Field 'x' not found in table schema. Use mergeSchema=true", InfrastructureError, "columns were changed"),
    ("Connection refused", InfrastructureError, "connection"),
    ("status = StatusCode.UNAVAILABLE details = Socket closed", InfrastructureError, "connection"),
]


@pytest.mark.parametrize(("message", "kind", "said"), MESSAGES)
def test_a_failure_while_reading_is_named_by_cause_and_place(
    message: str, kind: type[Customer360Error], said: str
) -> None:
    with pytest.raises(kind) as raised, reading(PLACE):
        raise RuntimeError(f"{message} {CANARY}")
    line = raised.value.line()
    assert line.startswith(f"{kind.error_id} exit={kind.exit_code}: {PLACE} cannot be read: ")
    assert said in line


@pytest.mark.parametrize("message", [message for message, _, _ in MESSAGES])
def test_what_was_to_be_written_is_never_at_fault(message: str) -> None:
    with (
        pytest.raises(InfrastructureError, match="measures in results cannot be written"),
        writing("measures in results"),
    ):
        raise RuntimeError(message)


@pytest.mark.parametrize("message", [message for message, _, _ in MESSAGES])
def test_no_word_of_the_engine_is_shown(message: str) -> None:
    error = PySparkException(f"{message} {CANARY} /secret/place")
    for found in (as_ours(error), as_ours(error, PLACE), as_ours(error, PLACE, writing=True)):
        assert found is not None
        assert "\n" not in found.line()
        assert not {"@example", "secret", "RuntimeError", "os error"} & set(found.line().replace("/", " ").split())
        assert CANARY not in found.line()


@pytest.mark.parametrize(
    ("number", "said"), [(errno.ENOSPC, "no space"), (errno.EFBIG, "no space"), (errno.EACCES, "permission")]
)
def test_a_failure_of_the_file_system_is_known_by_its_number(number: int, said: str) -> None:
    found = as_ours(OSError(number, os.strerror(number)))
    assert isinstance(found, InfrastructureError)
    assert said in found.line()


def test_the_cause_behind_a_failure_counts() -> None:
    failure = RuntimeError("stage failed")
    failure.__cause__ = OSError(errno.ENOSPC, "x")
    assert "no space" in str(as_ours(failure))


def test_an_error_of_ours_and_one_that_nothing_is_known_of_stay_what_they_are() -> None:
    ours = AuditError("x")
    assert as_ours(ours) is ours
    assert as_ours(ValueError("division by zero")) is None
    assert as_ours(ModuleNotFoundError("no such file: a package of ours")) is None
    assert as_ours(FileNotFoundError(errno.ENOENT, "a file of ours")) is None
    with pytest.raises(ValueError, match="odd"), reading(PLACE):
        raise ValueError("odd")
    with pytest.raises(AuditError), writing(PLACE):
        raise AuditError("no such file")


# ---- what nothing is known of: its kind and its place, never its words ----------------------------------------------

JVM = f"""An error occurred while calling o1.collectToPython.
: org.apache.spark.SparkException: [INTERNAL_ERROR_BROADCAST] Task of {CANARY} failed
	at org.apache.spark.sql.execution.SparkPlan.$anonfun$getByteArrayRdd$1(SparkPlan.scala:390)
	at com.example.{CANARY}(Someone)
Caused by: java.lang.IllegalStateException: a row of {CANARY}
	at org.apache.spark.storage.BlockManager.get(BlockManager.scala:12)
"""


class _Py4JJavaError(Exception):
    __module__ = "py4j.protocol"


def test_an_unknown_failure_of_an_engine_is_told_by_condition_and_classes() -> None:
    found = _Py4JJavaError(JVM)
    assert as_ours(found, PLACE) is None
    assert kinds(found) == "_Py4JJavaError: INTERNAL_ERROR_BROADCAST, SparkException, IllegalStateException"


def test_the_places_of_a_jvm_hold_no_word_of_its_message() -> None:
    assert engine_frames(_Py4JJavaError(JVM)) == [
        "org.apache.spark.sql.execution.SparkPlan.$anonfun$getByteArrayRdd$1(SparkPlan.scala:390)",
        "org.apache.spark.storage.BlockManager.get(BlockManager.scala:12)",
    ]


@pytest.mark.parametrize(
    "said",
    [
        "[DELTA_STATE_RECOVER] A row [GOLD_TIER] of [JANE_DOE_1980] failed",
        "(org.apache.spark.SparkException) [DELTA_STATE_RECOVER] value [PROMO_2024.X]",
    ],
)
def test_a_value_in_brackets_is_no_condition(said: str) -> None:
    assert kinds(_Py4JJavaError(said)).replace(", SparkException", "") == "_Py4JJavaError: DELTA_STATE_RECOVER"


def test_a_trace_that_a_server_sent_apart_is_told() -> None:
    trace = "java.lang.IllegalStateException: a row\n\tat org.apache.spark.A.b(A.scala:1)"
    found = SparkConnectGrpcException("given up", server_stacktrace=trace)
    assert engine_frames(found) == ["org.apache.spark.A.b(A.scala:1)"]


def test_what_our_own_code_says_is_not_searched_for_classes() -> None:
    ours = ValueError("java.lang.IllegalStateException [SOME_CONDITION]")
    assert (kinds(ours), engine_frames(ours)) == ("ValueError", [])


def test_many_kinds_and_places_are_cut() -> None:
    many = "\n".join(f"java.lang.A{n}Exception\n\tat org.apache.A.b(A.scala:{n})" for n in range(99))
    assert kinds(_Py4JJavaError(many)).count(",") == 5
    assert len(engine_frames(_Py4JJavaError(many))) == 40
