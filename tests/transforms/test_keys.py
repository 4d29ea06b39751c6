from __future__ import annotations

import hashlib
import hmac

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tests.frames import assert_same
from transforms.keys import customer_key, hmac_pads, is_non_ascii, with_customer_key, with_hidden

KEYS = [
    ("plain", "ann@x.com", "ann@x.com"),
    ("upper case", "Ann@X.COM", "ann@x.com"),
    ("accent in upper case", "\u00c9va@x.com", "\u00e9va@x.com"),
    ("spaces around", "  ann@x.com ", "ann@x.com"),
    ("tab and line ends", "\t\x0b\x0cann@x.com\r\n", "ann@x.com"),
    ("no-break space", "\u00a0ann@x.com\u00a0", "ann@x.com"),
    ("ideographic space", "\u3000ann@x.com\u3000", "ann@x.com"),
    ("line and paragraph separator", "\u2028ann@x.com \u2029", "ann@x.com"),
    ("space inside stays", " an n@x.com", "an n@x.com"),
    ("dots and plus stay", "a.n.n+tag@x.com", "a.n.n+tag@x.com"),
    ("no Unicode normalisation", "e\u0301@x.com", "e\u0301@x.com"),
    ("zero width space is no separator", "\u200bann@x.com", "\u200bann@x.com"),
    ("next line is no white space, on either engine", "ann@x.com \u0085", "ann@x.com \u0085"),
    ("chinese", "\u738b@x.com", "\u738b@x.com"),
    ("empty", "", None),
    ("only spaces", "   ", None),
    ("only unicode spaces", "\u00a0\u3000\t", None),
    ("null", None, None),
]


def test_key_is_trimmed_of_all_white_space_and_lower_case(spark: SparkSession) -> None:
    emails = spark.createDataFrame([(name, email) for name, email, _ in KEYS], "name string, email string")
    actual = emails.withColumn("key", customer_key(F.col("email")))
    assert_same(spark, actual, [(name, key) for name, _, key in KEYS], "name string, key string")


def test_with_customer_key_keeps_rows_without_key_and_reads_the_named_column(spark: SparkSession) -> None:
    rows = spark.createDataFrame([(1, "A@x"), (2, None), (3, " ")], "n int, mail string")
    assert_same(
        spark,
        with_customer_key(rows, "mail"),
        [(1, "A@x", "a@x"), (2, None, None), (3, " ", None)],
        "n int, mail string, customer_key string",
    )


def test_non_ascii_is_anything_outside_ascii(spark: SparkSession) -> None:
    cases = [
        (" ~", False),
        ("", False),
        ("\u00e9", True),
        ("a\tb", False),
        ("\x7f", False),
        ("\x80", True),
        (None, None),
    ]
    frame = spark.createDataFrame([(key,) for key, _ in cases], "key string")
    assert_same(spark, frame.withColumn("found", is_non_ascii(F.col("key"))), cases, "key string, found boolean")


def test_pads_have_the_block_size_and_differ() -> None:
    inner, outer = hmac_pads(b"k")
    assert (len(inner), len(outer)) == (64, 64)
    assert inner == bytes([ord("k") ^ 0x36]) + b"\x36" * 63
    assert outer == bytes([ord("k") ^ 0x5C]) + b"\x5c" * 63


@pytest.mark.parametrize("key", [b"\x0b" * 20, b"k" * 64, b"k" * 65, b""], ids=["20", "64", "65", "0"])
def test_hidden_text_is_its_hmac_sha256(spark: SparkSession, key: bytes) -> None:
    texts = ["Hi There", "", "\u738b@x.com", "a" * 200, None]
    hidden = [hmac.new(key, t.encode(), hashlib.sha256).hexdigest() if t is not None else None for t in texts]
    frame = spark.createDataFrame([(t, t, n) for n, t in enumerate(texts)], "a string, kept string, n int")
    inner, outer = hmac_pads(key)
    pads = spark.createDataFrame([(bytearray(inner), bytearray(outer))], "inner_pad binary, outer_pad binary")
    actual = with_hidden(frame, ["a"], pads)
    assert actual.columns == ["a", "kept", "n"]
    expected = [(hidden[n], text, n) for n, text in enumerate(texts)]
    assert_same(spark, actual, expected, "a string, kept string, n int")


def test_hidden_text_matches_the_published_vector(spark: SparkSession) -> None:
    # RFC 4231, test case 1
    inner, outer = hmac_pads(b"\x0b" * 20)
    pads = spark.createDataFrame([(bytearray(inner), bytearray(outer))], "inner_pad binary, outer_pad binary")
    frame = spark.createDataFrame([("Hi There",)], "a string")
    vector = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    assert_same(spark, with_hidden(frame, ["a"], pads), [(vector,)], "a string")
