"""The product against what a user would pick instead: whole processes, interleaved, medians and ratios of one run.

    python benchmarks/engines.py --customers 34200 342000 --runs 5
    python benchmarks/engines.py --customers 34200 --check

Two workloads: `core` (benchmarks/core: view, cohort, peers, mixes, cross-tabs, indices, ten tables) by our two engines,
pandas, Polars and Apache Spark as one writes it; `five`, the analyses of the seeds, by our two engines and by DuckDB
with the oracle's SQL. The first turn compares every contender's numbers. Ours publishes, audits and draws; drawing is
taken off, since nobody else draws.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from phases import Phase, drawing, phases_of
from processes import Measured, ProcessFailedError, customer360, run
from seeds import FIVE

sys.path.insert(0, str(Path(__file__).parent / "core"))

import same_numbers

CORE = Path(__file__).parent / "core"
MEASURED = Path(__file__).parent / "measured.json"
# A ratio may grow by this much before `--check` says so: runs of one machine differ by some percent.
SLACK = 1.25
Contender = Callable[[Path, Path], "Timed"]


@dataclass(frozen=True, slots=True)
class Timed:
    """One run of one contender: seconds without drawing, those of the session's start, peak memory, phases."""

    seconds: float
    start: float
    peak_mb: float
    drawn: float = 0.0
    phases: list[Phase] = field(default_factory=list)


def ours(engine: str, *analyses: str) -> Contender:
    """Return our command on an engine."""

    def timed(lake: Path, out: Path) -> Timed:
        places = ["--lake", str(lake), "--results", str(out / "results"), "--reports", str(out / "reports")]
        command = ["-m", "jobs.cli", "--verbose", "--log-format", "json", "run", *analyses, *places]
        found = run(*command, "--engine", engine, log=out / "log")
        phases = phases_of(found.log)
        drawn = drawing(phases)
        return Timed(found.seconds - drawn, phases[0].seconds if phases else 0.0, found.peak_mb, drawn, phases)

    return timed


def script(path: Path) -> Contender:
    """Return a contender that is a script of its own: SCRIPT LAKE OUT."""

    def timed(lake: Path, out: Path) -> Timed:
        found: Measured = run(str(path), str(lake), str(out), log=out.parent / f"{out.name}.log")
        return Timed(found.seconds, 0.0, found.peak_mb)

    return timed


CONTENDERS: Mapping[str, Mapping[str, Contender]] = {
    "core": {
        "embedded": ours("embedded", str(CORE / "definition.yml")),
        "spark": ours("spark", str(CORE / "definition.yml")),
        "pandas": script(CORE / "with_pandas.py"),
        "polars": script(CORE / "with_polars.py"),
        "spark as written": script(CORE / "with_spark.py"),
    },
    "five": {
        "embedded": ours("embedded", *FIVE),
        "spark": ours("spark", *FIVE),
        "duckdb": script(Path(__file__).parent / "five_with_duckdb.py"),
    },
}
# workload, ours, theirs: what is set in relation
RATIOS = (
    ("five", "embedded", "duckdb"),
    ("core", "embedded", "pandas"),
    ("core", "embedded", "polars"),
    ("core", "spark", "spark as written"),
    ("core", "spark beyond start", "embedded"),
)


def main() -> None:
    """Measure, print a table per size, and write or check `measured.json`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="+", default=[34_200, 342_000])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument(
        "--once-above", type=float, default=120, metavar="SECONDS", help="what takes longer is not repeated"
    )
    parser.add_argument("--only", nargs="+", default=[], metavar="WORKLOAD/CONTENDER", help="such as core/pandas")
    parser.add_argument("--check", action="store_true", help="compare ratios with the committed table, write nothing")
    options = parser.parse_args()
    os.environ.setdefault("CUSTOMER360_HMAC_KEY", secrets.token_hex(32))
    known = json.loads(MEASURED.read_text("utf-8")) if MEASURED.exists() else {}
    worse, unfinished = [], []
    for customers in options.customers:
        found = measure(customers, options.runs, options.only, options.once_above)
        ratios = ratios_of(found)
        print(table(customers, found, ratios), flush=True)
        unfinished += [f"{customers:,} customers, {name}" for name, runs in found.items() if not runs]
        before = known.get(str(customers), {}).get("ratios", {})
        worse += [
            f"{customers:,} customers, {name}: {ratio:.2f}, committed {before[name]:.2f}"
            for name, ratio in ratios.items()
            if name in before and ratio > before[name] * SLACK
        ]
        if not options.check:
            # a part measured later, with --only, joins what was measured before
            earlier = known.get(str(customers), {"medians": {}, "ratios": {}})
            known[str(customers)] = {
                "medians": {**earlier["medians"], **medians(found)},
                "ratios": {**earlier["ratios"], **ratios},
            }
            MEASURED.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", "utf-8")
    if unfinished:
        raise SystemExit("did not finish:\n" + "\n".join(unfinished))
    if options.check and worse:
        raise SystemExit("slower than committed:\n" + "\n".join(worse))


def measure(customers: int, runs: int, only: list[str], once_above: float) -> dict[str, list[Timed]]:
    """Run every contender `runs` times, in turn, a slow one once; the first turn also compares the numbers."""
    wanted = {
        f"{workload}/{name}": contender
        for workload, contenders in CONTENDERS.items()
        for name, contender in contenders.items()
        if not only or f"{workload}/{name}" in only
    }
    found: dict[str, list[Timed]] = {name: [] for name in wanted}
    with tempfile.TemporaryDirectory(prefix="customer360-bench-") as folder:
        lake = Path(folder) / "lake"
        places = ("--customers", str(customers), "--mapping", "--lake", str(lake), "--engine", "embedded")
        customer360("generate", "--shape", "scale", *places)
        for turn in range(runs):
            for name, contender in wanted.items():
                if turn and found[name][0].seconds > once_above:
                    continue
                out = Path(folder) / re.sub(r"\W", "_", name)
                shutil.rmtree(out, ignore_errors=True)
                out.mkdir()
                try:
                    found[name].append(contender(lake, out))
                except ProcessFailedError as error:
                    if turn:
                        raise
                    # how far a contender goes on this machine is a result, too
                    said = f"gave up after {error.seconds:.1f} s, {error.peak_mb:,.0f} MB: {error}"
                    print(f"{customers:,} {name}: {said}", file=sys.stderr, flush=True)
                    continue
                print(f"{customers:,} {name}: {found[name][-1].seconds:.1f} s", file=sys.stderr, flush=True)
            if turn == 0:
                _compare(Path(folder), [name for name, runs in found.items() if runs])
            wanted = {name: contender for name, contender in wanted.items() if found[name]}
    return found


def _compare(folder: Path, names: list[str]) -> None:
    """Raise where a contender of the core workload has other numbers than our embedded engine."""
    if "core/embedded" not in names:
        return
    expected = same_numbers.tables(str(folder / "core_embedded" / "results"), ours=True)
    for name in names:
        if not name.startswith("core/") or name == "core/embedded":
            continue
        out = folder / re.sub(r"\W", "_", name)
        is_ours = name == "core/spark"
        theirs = same_numbers.tables(str(out / "results" if is_ours else out), ours=is_ours)
        if differing := same_numbers.differences(expected, theirs):
            raise SystemExit(f"{name} has other numbers:\n" + "\n".join(differing[:10]))


def medians(found: Mapping[str, list[Timed]]) -> dict[str, dict[str, float]]:
    """Return medians and spread of each contender, and the phases of its median run."""
    result: dict[str, dict[str, float]] = {}
    for name, runs in found.items():
        if not runs:
            continue
        seconds = [one.seconds for one in runs]
        result[name] = {
            "seconds": round(statistics.median(seconds), 2),
            "least": round(min(seconds), 2),
            "most": round(max(seconds), 2),
            "start": round(statistics.median(one.start for one in runs), 2),
            "drawing": round(statistics.median(one.drawn for one in runs), 2),
            "peak_mb": round(statistics.median(one.peak_mb for one in runs)),
            "runs": len(runs),
        }
        middle = sorted(runs, key=lambda one: one.seconds)[len(runs) // 2]
        if middle.phases:
            result[name]["phases"] = [asdict(phase) for phase in middle.phases]  # type: ignore[assignment]
    return result


def ratios_of(found: Mapping[str, list[Timed]]) -> dict[str, float]:
    """Return our median over theirs, where both ran."""
    at = medians(found)
    ratios = {}
    for workload, mine, theirs in RATIOS:
        name = mine.removesuffix(" beyond start")
        a, b = at.get(f"{workload}/{name}"), at.get(f"{workload}/{theirs}")
        if a and b:
            seconds = a["seconds"] - (a["start"] if mine != name else 0.0)
            ratios[f"{workload}: {mine} / {theirs}"] = round(seconds / b["seconds"], 3)
    return ratios


def table(customers: int, found: Mapping[str, list[Timed]], ratios: Mapping[str, float]) -> str:
    """Return Markdown: one line per contender, one per ratio."""
    lines = [
        f"\n{customers:,} customers",
        "| workload / contender | runs | seconds (range) | of it start | peak MB |",
        "|---|---|---|---|---|",
    ]
    for name, at in medians(found).items():
        start = f"{at['start']:.1f}" if at["start"] else "–"
        span = f"{at['seconds']:.1f} ({at['least']:.1f}–{at['most']:.1f})"
        lines.append(f"| {name} | {at['runs']} | {span} | {start} | {at['peak_mb']:,.0f} |")
    lines += ["", "| ratio | |", "|---|---|"] + [f"| {name} | {ratio:.2f} |" for name, ratio in ratios.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
