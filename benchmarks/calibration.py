"""What reports claim of lakes in which nothing differs, and what they find of effects that were planted.

One engine session, many small lakes; everything is computed as `customer360 run` computes it, but nothing is
published or drawn. One JSON line per lake is appended to --out: run the command again to go on where it stopped.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import json
import os
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jobs.analyses import compute_all
from jobs.definition import Definition, load_definition, shipped_names
from jobs.engines import Engine, start_engine
from jobs.inputs import PinnedInputs
from jobs.lake import Lake
from jobs.reporting.verdicts import Verdict, of_association, of_comparison, of_correlation
from jobs.run_identity import code_version
from jobs.secret_key import ENVIRONMENT_NAME, secret_key
from jobs.sections import SECTIONS
from transforms import synthetic
from transforms.input_tables import TABLES
from transforms.synthetic import effects

# A true 5% stays at or below it in 98% of such trials.
MOST_FALSE_CLAIMS = 17
LEAST_FOUND = 0.95
CUSTOMERS = {"none": 800, "planted": 10_000}
LAKES = {"none": 200, "planted": 30}
# They test nothing: without them the p-values, and so the claims, are the same, and a lake takes half the time.
UNTESTED = ("geography", "value_risk", "indices", "alerts")
ALWAYS_UNTESTED = ("method_sensitivity", "recommendations")
ROLES = ("activity", "funnel", "value")

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]


def definitions() -> list[Definition]:
    """Return the shipped analyses without the sections that test nothing."""
    found = [load_definition(name) for name in shipped_names()]
    nothing = {"recommend": None, "strategies": {}}
    return [
        d.model_copy(update={**nothing, "sections": d.sections.model_copy(update=dict.fromkeys(UNTESTED))})
        for d in found
    ]


def measure_lake(engine: Engine, wanted: Sequence[Definition], *, planted: bool, customers: int, seed: int) -> Row:
    """Generate one lake, compute the analyses and return what their tests say."""
    plan = synthetic.plan_lake("first", customers=customers, seed=seed, effects=planted, giants=False)
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        lake = Lake.at(folder)
        for role, count in synthetic.rows_per_table(plan).items():
            # addresses are not read without geography
            if role in ROLES:
                lake.save(synthetic.input_table(engine.spark.range(count), plan, role), TABLES[role].name)
        generated = time.monotonic()
        computed = compute_all(engine, PinnedInputs(engine, lake), wanted, secret_key(lake))
        engine.release()
        analyses = {}
        for definition in wanted:
            rows = computed[definition.analysis].rows
            analyses[definition.analysis] = {
                "tests": dict(tests(rows, definition.minimum_group)),
                "planted": dict(planted_effects(rows, definition.minimum_group)) if planted else {},
            }
        seconds = {"generate": generated - started, "compute": time.monotonic() - generated}
    return {"analyses": analyses, "seconds": {name: round(value, 1) for name, value in seconds.items()}}


def tests(rows: Tables, minimum: int) -> Iterator[tuple[str, list[Any]]]:
    """Yield every test of a report: its name, p-value, corrected p-value, verdict and smallest group."""
    for row in rows["comparisons"]:
        name = f"{row['section']}/{row['stratum']}/{row['measure']}/{row['group_a']}~{row['group_b']}"
        yield from _test(f"comparisons/{name}", row, of_comparison(row, minimum), min(row["n_a"], row["n_b"]))
    for row in rows["correlations"]:
        name = f"{row['section']}/{row['group_name']}/{row['x']}~{row['y']}"
        yield from _test(f"correlations/{name}", row, of_correlation(row, minimum), row["n"])
    for row in rows["associations"]:
        name = f"{row['section']}/{row['group_name']}/{row['x']}~{row['y']}"
        smallest = smallest_group(rows, row)
        verdict = of_association(row, minimum, smallest_group=smallest)
        yield from _test(f"associations/{name}", row, verdict, smallest)


def _test(name: str, row: Row, verdict: Verdict, smallest: int) -> Iterator[tuple[str, list[Any]]]:
    if row["p_value"] is not None:
        p_values = [float(f"{row[column]:.3g}") for column in ("p_value", "p_adjusted")]
        yield name, [*p_values, str(verdict), smallest]


def smallest_group(rows: Tables, row: Row) -> int:
    """Return the size of the smaller group of a test, as far as it compares two."""
    steps = sorted(rows["attrition"], key=lambda step: int(step["step"]))
    population = steps[0]["n_remaining"]
    if row["x"] == "cohort":
        cohort = int(steps[-1]["n_remaining"])
        return min(cohort, population - cohort)
    if "_vs_" in row["x"]:
        sizes = {
            share["value"]: int(share["n"])
            for share in rows["distributions"]
            if share["section"] == "segments" and share["dimension"] == "segment"
        }
        sizes |= {f"not_{name}": population - n for name, n in sizes.items()}
        return min(sizes[name] for name in row["x"].split("_vs_"))
    return int(row["n"])


def planted_effects(rows: Tables, minimum: int) -> Iterator[tuple[str, str]]:
    """Yield every planted effect that the analysis looks at: `found`, `missed` or `wrong_sign`."""
    for row in rows["comparisons"]:
        effect = effects.LTV_EFFECT.get(row["stratum"], 0.0)
        if row["section"] == "tier_ltv" and row["group_b"] == "peers" and effect:
            verdict = of_comparison(row, minimum)
            yield f"LTV in {row['stratum']}", _outcome(verdict, (row["difference"] or 0.0) * effect > 0)
    for row in rows["associations"]:
        verdict = of_association(row, minimum, smallest_group=smallest_group(rows, row))
        if (row["section"], row["y"]) == ("channels", "primary_engagement_channel"):
            yield "channel", _outcome(verdict, _index_of_boosted(rows) > 100)
        if (row["section"], row["x"]) == ("risk_velocity", "activity_risk_level"):
            group = row["group_name"]
            low, high = (_mean_health(rows, group, levels) for levels in (effects.LOW_RISK, effects.HIGH_RISK))
            yield f"health by risk level, {group}", _outcome(verdict, low > high)


def _outcome(verdict: Verdict, has_right_sign: bool) -> str:
    if verdict is not Verdict.DIFFERENCE:
        return "missed"
    return "found" if has_right_sign else "wrong_sign"


def _index_of_boosted(rows: Tables) -> float:
    return next(
        float(row["index"])
        for row in rows["distributions"]
        if (row["section"], row["group_name"], row["value"]) == ("channels", "cohort", effects.BOOSTED_CHANNEL)
    )


def _mean_health(rows: Tables, group: str, levels: Sequence[str]) -> float:
    cells = [
        row
        for row in rows["crosstabs"]
        if row["section"] == "risk_velocity"
        and row["column_dimension"]
        and row["group_name"] == group
        and row["row_value"] in levels
    ]
    n = sum(row["n_health"] for row in cells)
    return float(sum(row["n_health"] * row["mean_health"] for row in cells if row["n_health"]) / n)


def claims(lake: Row, analysis: str) -> list[str]:
    """Return the tests of an analysis that its report calls a difference."""
    found = lake["analyses"][analysis]["tests"]
    return [name for name, (_, _, verdict, _) in found.items() if verdict == Verdict.DIFFERENCE]


def summary(lakes: Sequence[Row], planted: bool) -> tuple[str, bool]:
    """Return a Markdown table of all lakes measured, and whether the bounds hold."""
    names = sorted(lakes[0]["analyses"])
    if planted:
        return _summary_of_planted(lakes, names)
    lines = [
        "| analysis | tests per report | reports that claim a difference | claims by kind of test |",
        "|---|---|---|---|",
    ]
    holds = True
    for name in names:
        found = [claims(lake, name) for lake in lakes]
        kinds = collections.Counter("/".join(test.split("/")[:2]) for listed in found for test in listed)
        n_tests = sorted(len(lake["analyses"][name]["tests"]) for lake in lakes)
        false = sum(bool(listed) for listed in found)
        holds &= false <= MOST_FALSE_CLAIMS * len(lakes) / LAKES["none"]
        by_kind = ", ".join(f"{kind} {n}" for kind, n in kinds.most_common()) or "none"
        lines.append(f"| `{name}` | {n_tests[0]}-{n_tests[-1]} | {false} of {len(lakes)} | {by_kind} |")
    return "\n".join(lines), holds


def _summary_of_planted(lakes: Sequence[Row], names: Sequence[str]) -> tuple[str, bool]:
    lines = ["| analysis | planted effect | found | missed | wrong sign |", "|---|---|---|---|---|"]
    total: collections.Counter[str] = collections.Counter()
    for name in names:
        by_effect: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
        for lake in lakes:
            for effect, outcome in lake["analyses"][name]["planted"].items():
                by_effect[effect][outcome] += 1
        for effect, n in by_effect.items():
            total += n
            lines.append(f"| `{name}` | {effect} | {n['found']} | {n['missed']} | {n['wrong_sign']} |")
    lines.append(f"| all | | {total['found']} | {total['missed']} | {total['wrong_sign']} |")
    return "\n".join(lines), total["found"] >= LEAST_FOUND * total.total() and not total["wrong_sign"]


def rejections(lakes: Sequence[Row]) -> str:
    """Return how often each test rejects by itself: where a test is not honest, it shows here first."""
    counts: dict[str, list[int]] = collections.defaultdict(lambda: [0, 0, 0, 0])
    for lake in lakes:
        once = {test: result for found in lake["analyses"].values() for test, result in found["tests"].items()}
        for test, (p_value, *_) in once.items():
            cells = counts[test]
            cells[0] += 1
            for place, level in enumerate((0.05, 0.005, 0.0005), start=1):
                cells[place] += p_value < level
    lines = ["| test | lakes | p < 0.05 | p < 0.005 | p < 0.0005 |", "|---|---|---|---|---|"]
    for test, (n, *below) in sorted(counts.items(), key=lambda item: [-count / item[1][0] for count in item[1][2:]]):
        lines.append(f"| {test} | {n} | {' | '.join(f'{count / n:.4f}' for count in below)} |")
    return "\n".join(lines)


def read_lines(path: Path, like: Row) -> dict[int, Row]:
    """Return the lakes measured already, by seed: with the same code, effects and size."""
    if not path.exists():
        return {}
    found = []
    for line in path.read_text("utf-8").splitlines():
        # a line that an interruption cut short is measured again
        with contextlib.suppress(json.JSONDecodeError):
            found.append(json.loads(line))
    return {lake["seed"]: lake for lake in found if all(lake[name] == value for name, value in like.items())}


def seeds(first: int, lakes: int, done: Iterable[int]) -> list[int]:
    """Return the seeds still to do."""
    return sorted(set(range(first, first + lakes)) - set(done))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--effects", choices=("none", "planted"), default="none")
    parser.add_argument("--lakes", type=int, help="default: 200 without effects, 30 with")
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--customers", type=int, help="default: 800 without effects, 10,000 with")
    parser.add_argument("--engine", choices=("spark", "embedded"), default="embedded")
    parser.add_argument("--out", type=Path, default=Path("calibration.jsonl"))
    parser.add_argument("--tests", action="store_true", help="list how often each test rejects by itself")
    options = parser.parse_args()
    os.environ.setdefault(ENVIRONMENT_NAME, "members-of-these-lakes-are-made-up")
    # tables of a few hundred rows: dividing the work costs more than it saves
    os.environ.setdefault("SAIL_EXECUTION__DEFAULT_PARALLELISM", "1")
    planted = options.effects == "planted"
    customers = options.customers or CUSTOMERS[options.effects]
    like = {"effects": options.effects, "customers": customers, "engine": options.engine, "code": code_version()}
    n_lakes = options.lakes or LAKES[options.effects]
    lakes = read_lines(options.out, like)
    left = seeds(options.first_seed, n_lakes, lakes)
    if left:
        engine = start_engine(options.engine, {})
        for name in ALWAYS_UNTESTED:
            del SECTIONS[name]
        wanted = definitions()
        with options.out.open("a", encoding="utf-8") as out:
            for seed in left:
                found = measure_lake(engine, wanted, planted=planted, customers=customers, seed=seed)
                lakes[seed] = {**like, "seed": seed, **found}
                out.write(json.dumps(lakes[seed]) + "\n")
                out.flush()
        engine.stop()
    chosen = [lakes[seed] for seed in seeds(options.first_seed, n_lakes, ())]
    text, holds = summary(chosen, planted)
    seconds = sum(sum(lake["seconds"].values()) for lake in chosen)
    print(f"{len(chosen)} lakes of {customers:,} customers, effects: {options.effects}; {seconds:,.0f} s\n\n{text}")
    if options.tests:
        print(f"\n{rejections(chosen)}")
    raise SystemExit(0 if holds else 1)


if __name__ == "__main__":
    main()
