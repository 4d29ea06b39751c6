"""CSV sources: quoting, delimiters, markers, part files, damage."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.errors import InputError
from jobs.ingest import ingest

Read = Callable[..., list[tuple[Any, ...]]]

HOSTILE = [
    'say "hi", she said',
    "two\nlines; and\r\nthree",
    "semicolon; tab\t bar| comma,",
    "客户 Zoë \U0001f600",
    '"',
    '""quoted""',
    "back\\slash \\N inside",
    "=1+1",
    "  blanks  ",
    "NULL",
]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_hostile_fields_arrive_unchanged_whatever_the_delimiter(
    spark: SparkSession, tmp_path: Path, lake: str, read: Read, delimiter: str
) -> None:
    with (tmp_path / "address.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(["city", 'extra, "column"', "priority"])
        writer.writerows([text, text, number] for number, text in enumerate(HOSTILE))

    (report,) = ingest(spark, str(tmp_path / "address.csv"), lake=lake)

    assert (report.rows, report.unreadable) == (len(HOSTILE), {})
    assert report.unknown_columns == ('extra, "column"',)
    assert dict(read("address", "priority", "city")) == dict(enumerate(HOSTILE))


def test_empty_is_null_quoted_empty_is_empty_and_markers_are_null_outside_strings(
    spark: SparkSession, tmp_path: Path, lake: str, read: Read
) -> None:
    lines = ["city,state,priority,rank", '"",,"",', "NULL,\\N,NULL,None", '"\\N",x,\\N,null', "a,b,5.0,5.5"]
    (tmp_path / "address.csv").write_text("\n".join(lines))

    (report,) = ingest(spark, str(tmp_path), lake=lake)

    assert report.unreadable == {"rank": 1}
    assert read("address", "city", "state", "priority", "rank") == [
        ("", None, None, None),
        ("NULL", None, None, None),
        ("\\N", "x", None, None),
        ("a", "b", 5, None),
    ]


def test_gzip_byte_order_mark_and_windows_line_ends_are_understood(
    spark: SparkSession, tmp_path: Path, lake: str, read: Read
) -> None:
    with gzip.open(tmp_path / "Mapping.CSV.gz", "wb") as file:
        file.write(
            b"\xef\xbb\xbfcustomer360_id,is_organization_header,created_at\r\n"
            b"a,TRUE,2025-09-20T18:18:23.5+0800\r\nb,maybe,2025-09-20\r\n"
        )

    (report,) = ingest(spark, str(tmp_path / "Mapping.CSV.gz"), lake=lake)

    assert report.unreadable == {"is_organization_header": 1}
    assert read("mapping", "customer360_id", "is_organization_header", "created_at") == [
        ("a", True, 1758363503500000),
        ("b", None, 1758326400000000),
    ]


def test_part_files_may_order_their_columns_differently(
    spark: SparkSession, tmp_path: Path, lake: str, read: Read
) -> None:
    folder = tmp_path / "source" / "customer360__address"
    folder.mkdir(parents=True)
    (folder / "part-0.csv").write_text("city,rank\na,1\n")
    (folder / "part-1.csv").write_text("rank,city\n2,b\n")
    (folder / "_SUCCESS").write_text("")

    for source in (folder.parent, folder):
        ingest(spark, str(source), lake=lake, overwrite=True)

        assert read("address", "city", "rank") == [("a", 1), ("b", 2)]


def test_part_files_with_other_columns_are_refused_by_name(spark: SparkSession, tmp_path: Path, lake: str) -> None:
    folder = tmp_path / "address"
    folder.mkdir()
    (folder / "part-0.csv").write_text("city,rank\na,1\n")
    (folder / "part-1.csv").write_text("city,priority\nb,1\n")

    with pytest.raises(InputError, match="priority, rank"):
        ingest(spark, str(folder), lake=lake)


def test_a_header_without_rows_is_an_empty_table(spark: SparkSession, tmp_path: Path, lake: str, read: Read) -> None:
    (tmp_path / "address.csv").write_text("city,rank\n")

    (report,) = ingest(spark, str(tmp_path), lake=lake)

    assert (report.rows, read("address", "city")) == (0, [])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no header line"),
        (b"1,2\n3,4\n", "none of its 2 columns is known"),
        (b"city,City\na,b\n", "column city occurs twice"),
        (b"city,rank\nsecret,1\nsecret,1,2\n", "a record has 3 fields, its header 2"),
        (b"city,rank\nsecret\n", "a record has 1 fields, its header 2"),
        (b'city,rank\n"secret,1\nsecret,2\n', "line 3: quotes do not follow"),
        (b'city,rank\nsecret,"1\nsecret,2\n', "line 3: quotes do not follow"),
        (b'city,rank\nsecret,"1\nsecret,2\nsecret,"3\n', "line 4: quotes do not follow"),
        (b'city,rank\n"secret \\"x\\" secret",1\n', "line 2: quotes do not follow"),
        (b"city,rank\nsecr\xffet,1\n", "cannot be read as CSV"),
    ],
)
def test_damage_is_an_input_error_without_content(
    spark: SparkSession, tmp_path: Path, lake: str, content: bytes, message: str
) -> None:
    (tmp_path / "address.csv").write_bytes(content)

    with pytest.raises(InputError, match=message) as caught:
        ingest(spark, str(tmp_path / "address.csv"), lake=lake)

    assert "secret" not in caught.value.line()
    assert not Path(lake).exists()


def test_a_truncated_gzip_file_is_an_input_error(spark: SparkSession, tmp_path: Path, lake: str) -> None:
    rows = "".join(f"city {number * 7919},{number}\n" for number in range(50_000))
    whole = gzip.compress(f"city,rank\n{rows}".encode())
    (tmp_path / "address.csv.gz").write_bytes(whole[: len(whole) // 2])

    with pytest.raises(InputError, match="cannot be read as CSV"):
        ingest(spark, str(tmp_path), lake=lake)
