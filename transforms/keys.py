"""The customer key: who a row belongs to, and how the key is hidden."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from transforms import columns as c

# Unicode separators and every ASCII white space, spelled out: engines differ in what `\s` holds (U+0085)
# and in whether `$` stops before a last line end.
SURROUNDING_SPACE = r"^[\p{Z}\t-\r]+|[\p{Z}\t-\r]+\z"
_BLOCK_BYTES = 64


def trimmed(text: Column) -> Column:
    """Return text without surrounding white space of any kind; null stays null."""
    return F.regexp_replace(text, SURROUNDING_SPACE, "")


def customer_key(email: Column) -> Column:
    """Return the normalised e-mail: trimmed of surrounding white space, lower case.

    Dots and plus signs stay; no Unicode normalisation. Null or empty gives null: the row belongs to
    no customer. Source: definitions.md, "Rows, keys, snapshots".
    """
    key = F.lower(trimmed(email))
    return F.when(key != "", key)


def with_customer_key(rows: DataFrame, email_column: str = "primary_email") -> DataFrame:
    """Add `customer_key`; rows without a key keep null there. Grain unchanged."""
    return rows.withColumn(c.CUSTOMER_KEY, customer_key(F.col(email_column)))


def is_non_ascii(key: Column) -> Column:
    """Return whether a key holds a character outside ASCII; null stays null."""
    return F.octet_length(key) != F.char_length(key)


def hmac_pads(key: bytes) -> tuple[bytes, bytes]:
    """Return the inner and outer padded keys of HMAC-SHA256 (RFC 2104) for one secret key."""
    import hashlib

    block = (hashlib.sha256(key).digest() if len(key) > _BLOCK_BYTES else key).ljust(_BLOCK_BYTES, b"\0")
    return bytes(b ^ 0x36 for b in block), bytes(b ^ 0x5C for b in block)


def with_hidden(frame: DataFrame, names: list[str], pads: DataFrame) -> DataFrame:
    """Replace text columns by their HMAC-SHA256 in lower-case hex; null stays null. Grain unchanged.

    Args:
        frame: Any frame.
        names: Text columns to hide.
        pads: One row (`inner_pad`, `outer_pad` binary) from `hmac_pads`. A row of data, not a literal:
            a literal would print the key in plans, the UI and the event log.
    """

    def hidden(name: str) -> Column:
        inner = F.sha2(F.concat(F.col("inner_pad"), F.encode(F.col(name), "UTF-8")), 256)
        return F.sha2(F.concat(F.col("outer_pad"), F.unhex(inner)), 256)

    kept = [hidden(name).alias(name) if name in names else F.col(name) for name in frame.columns]
    return frame.crossJoin(F.broadcast(pads)).select(*kept)
