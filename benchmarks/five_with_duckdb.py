"""The five analyses of the seeds in DuckDB, by the oracle's SQL, ten result tables as Delta: LAKE OUT."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import pyarrow as pa  # noqa: E402 - the oracle is found from the checkout
import yaml  # noqa: E402
from deltalake import write_deltalake  # noqa: E402
from seeds import FIVE  # noqa: E402

from tests.oracle import load_lake, oracle  # noqa: E402


def main(lake: str, out: str) -> None:
    con = load_lake(lake)
    tables: dict[str, list[dict[str, object]]] = {}
    for name in FIVE:
        definition = yaml.safe_load((ROOT / "conf" / "analyses" / f"{name}.yml").read_text("utf-8"))
        for table, rows in oracle(con, definition).items():
            if isinstance(rows, list) and table != "changes":
                tables.setdefault(table, []).extend({"analysis": name, **row} for row in rows)
    for table, rows in tables.items():
        if rows:
            write_deltalake(f"{out}/{table}", pa.Table.from_pylist(rows))


if __name__ == "__main__":
    main(*sys.argv[1:])
