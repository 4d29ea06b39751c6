"""Giant e-mails against the same rows spread evenly: interleaved whole runs, medians and ratios."""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
from processes import Measured, customer360

BOUND = 1.5
FUNNEL = "customer360__conversion_funnel_analysis"
ACTIVITY = "customer360__customer_activity_metrics"


def spread_evenly(skewed: Path, even: Path) -> None:
    """Copy the lake, handing the funnel's rows to the activity table's customers in turn."""
    shutil.copytree(skewed, even)
    funnel = DeltaTable(even / FUNNEL).to_pyarrow_table()
    emails = DeltaTable(even / ACTIVITY).to_pyarrow_table(columns=["primary_email"])["primary_email"].to_pylist()
    keys = sorted({email.strip().lower() for email in emails if email and email.strip()})
    column = pa.array([keys[row % len(keys)] for row in range(funnel.num_rows)], pa.string())
    position = funnel.schema.get_field_index("primary_email")
    shutil.rmtree(even / FUNNEL)
    write_deltalake(even / FUNNEL, funnel.set_column(position, funnel.schema.field(position), column))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=("spark", "embedded"), default="embedded")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lakes = {name: Path(folder) / name for name in ("skewed", "even")}
        customer360("generate", "--shape", "first", "--lake", str(lakes["skewed"]), "--engine", "embedded")
        spread_evenly(lakes["skewed"], lakes["even"])
        measured: dict[str, list[Measured]] = {name: [] for name in lakes}
        for turn in range(options.runs):
            for name, lake in lakes.items():
                places = [f"--{what}={folder}/{name}-{turn}/{what}" for what in ("results", "reports")]
                arguments = ["run", "special_conversion", "--lake", str(lake), *places, "--engine", options.engine]
                measured[name].append(customer360(*arguments))
    medians = {}
    for name, runs in measured.items():
        seconds = [run.seconds for run in runs]
        memory = [run.peak_mb for run in runs]
        medians[name] = (statistics.median(seconds), statistics.median(memory))
        print(
            f"{options.engine} {name}: {medians[name][0]:.1f} s ({min(seconds):.1f}-{max(seconds):.1f}),"
            f" {medians[name][1]:.0f} MB ({min(memory):.0f}-{max(memory):.0f})"
        )
    time_ratio, memory_ratio = (a / b for a, b in zip(medians["skewed"], medians["even"], strict=True))
    print(f"{options.engine} skewed/even: time {time_ratio:.2f}, memory {memory_ratio:.2f} (bound {BOUND})")
    if max(time_ratio, memory_ratio) > BOUND:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
