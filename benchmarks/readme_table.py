"""The table of the README, out of benchmarks/measured.json: python benchmarks/readme_table.py"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MEASURED = Path(__file__).parent / "measured.json"
# workload/contender as measured: what a reader calls it
CONTENDERS = {
    "five/embedded": "customer360, five analyses, embedded engine",
    "five/duckdb": "DuckDB, the same five",
    "core/embedded": "customer360, core workload, embedded engine",
    "core/spark": "customer360, core workload, Apache Spark local[2]",
    "core/polars": "Polars, the same",
    "core/pandas": "pandas, the same",
    "core/spark as written": "Apache Spark as one writes it, the same",
}


def main() -> None:
    print(table(json.loads(MEASURED.read_text("utf-8"))))


def table(measured: Mapping[str, Any]) -> str:
    """Return Markdown: a line per contender, a column per number of customers."""
    sizes = sorted(measured, key=int)
    head = ["", *(f"{int(size):,} customers" for size in sizes)]
    lines = [_line(head), _line(["---", *("---:" for _ in sizes)])]
    for name, title in CONTENDERS.items():
        lines.append(_line([title, *(_cell(measured[size]["medians"].get(name)) for size in sizes)]))
    return "\n".join(lines)


def _cell(found: Mapping[str, float] | None) -> str:
    return "–" if found is None else f"{found['seconds']:.1f} s, {found['peak_mb'] / 1000:.1f} GB"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
