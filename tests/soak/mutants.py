"""Bugs that are put in, one at a time, into a copy of the code: tests must turn red for each.

    python -m tests.soak.mutants [NAME ...]

Each names the tests that stand for what it breaks; a bug that they let pass fails the soak.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.soak.record import record

ROOT = Path(__file__).parents[2]
_COPIED = ("jobs", "transforms", "conf", "tests", "docs", "pyproject.toml", "README.md", "CHANGELOG.md", "notebooks")


@dataclass(frozen=True, slots=True)
class Mutant:
    """A bug: `old` becomes `new` once in a file, and these tests are to notice."""

    name: str
    file: str
    old: str
    new: str
    tests: str


MUTANTS = (
    Mutant(
        "no tie-break between equal snapshots",
        "transforms/snapshots.py",
        "[F.col(timestamp).desc_nulls_last(), *total_order(rows.schema, (timestamp, c.CUSTOMER_KEY))]",
        "[F.col(timestamp).desc_nulls_last()]",
        "tests/transforms/test_snapshots.py",
    ),
    Mutant(
        "oldest snapshot for newest",
        "transforms/snapshots.py",
        "newest_first = [F.col(timestamp).desc_nulls_last()",
        "newest_first = [F.col(timestamp).asc_nulls_last()",
        "tests/transforms/test_snapshots.py",
    ),
    Mutant(
        "rows without a key are a customer",
        "transforms/snapshots.py",
        "c.IS_LATEST: has_key & (",
        "c.IS_LATEST: (",
        "tests/transforms/test_snapshots.py",
    ),
    Mutant(
        "customers with two rows count as those with one",
        "transforms/snapshots.py",
        "(F.col(_ROWS) > 1)",
        "(F.col(_ROWS) > 2)",
        "tests/transforms/test_snapshots.py",
    ),
    Mutant(
        "keys are not lower-cased",
        "transforms/keys.py",
        "key = F.lower(trimmed(email))",
        "key = trimmed(email)",
        "tests/transforms/test_keys.py",
    ),
    Mutant(
        "inner for left join in the customer view",
        "transforms/customer_view.py",
        'on=c.CUSTOMER_KEY, how="left"',
        'on=c.CUSTOMER_KEY, how="inner"',
        "tests/transforms/test_customer_view.py",
    ),
    Mutant(
        "NaN is a value",
        "transforms/customer_view.py",
        "return with_missing_as_null(source.rows.filter(F.col(chosen)).select(c.CUSTOMER_KEY, *source.columns))",
        "return source.rows.filter(F.col(chosen)).select(c.CUSTOMER_KEY, *source.columns)",
        "tests/transforms/test_customer_view.py",
    ),
    Mutant(
        "< for <=",
        "transforms/rules.py",
        '"<=": value <= other',
        '"<=": value < other',
        "tests/transforms/test_rules.py",
    ),
    Mutant(
        "a missing value satisfies a rule",
        "transforms/rules.py",
        "F.coalesce(holds(condition), F.lit(False))",
        "F.coalesce(holds(condition), F.lit(True))",
        "tests/transforms/test_rules.py",
    ),
    Mutant(
        "peers from tiers the cohort is not in",
        "transforms/cohort.py",
        'is_peer = ~F.col(c.IS_COHORT) & F.coalesce(F.col("_tier_in_cohort"), F.lit(False))',
        "is_peer = ~F.col(c.IS_COHORT)",
        "tests/transforms/test_cohort.py",
    ),
    Mutant(
        "cohort customers among their own peers",
        "transforms/peers.py",
        '"peers": F.when(~is_cohort, ltv)',
        '"peers": ltv',
        "tests/transforms/test_peers.py",
    ),
    Mutant(
        "undecidable customers are not counted",
        "transforms/cohort.py",
        "undecidable = left & holds(predicate).isNull()",
        "undecidable = left & F.lit(False)",
        "tests/transforms/test_cohort.py",
    ),
    Mutant(
        "index level: < for <=",
        "transforms/indices.py",
        "(value <= F.col(percentile_column(index, name)) + TIED_WITHIN",
        "(value < F.col(percentile_column(index, name)) - TIED_WITHIN",
        "tests/transforms/test_indices.py",
    ),
    Mutant(
        "a missing part counts as 0 in an index",
        "transforms/indices.py",
        "F.lit(float(part.weight)) * F.col(part_column(index, part.column))",
        "F.lit(float(part.weight)) * F.coalesce(F.col(part_column(index, part.column)), F.lit(0.0))",
        "tests/transforms/test_indices.py",
    ),
    Mutant(
        "population for sample variance in the interval",
        "jobs/inference.py",
        "half = _t_quantile(group.n - 1) * group.stddev / math.sqrt(group.n)",
        "half = _t_quantile(group.n - 1) * group.stddev / math.sqrt(group.n - 1)",
        "tests/jobs/test_inference.py",
    ),
    Mutant(
        "Student's for Welch's degrees of freedom",
        "jobs/inference.py",
        "df = (va + vb) ** 2 / (va**2 / (a.n - 1) + vb**2 / (b.n - 1))",
        "df = float(a.n + b.n - 2)",
        "tests/jobs/test_inference.py",
    ),
    Mutant(
        "p-values are not corrected",
        "jobs/inference.py",
        "least = min(least, p * len(known) / rank)",
        "least = p",
        "tests/jobs/test_inference.py",
    ),
    Mutant(
        "a hidden cell without a partner",
        "jobs/reporting/disclosure.py",
        "candidates = _partners(small, hidden, totals)\n        if not candidates:",
        "candidates = []\n        if True:\n            return frozenset(hidden)\n        if not candidates:",
        "tests/reporting/test_disclosure.py",
    ),
    Mutant(
        "a group of the minimum size is hidden, one below it shown",
        "jobs/reporting/disclosure.py",
        "return n is not None and 0 < n < minimum",
        "return n is not None and 0 < n < minimum - 1",
        "tests/reporting/test_disclosure.py",
    ),
    Mutant(
        "formulas reach the spreadsheet",
        "jobs/reporting/csv_tables.py",
        """return f"'{cell}" if _FORMULA.match(cell) else cell""",
        "return cell",
        "tests/reporting/test_csv_tables.py",
    ),
    Mutant(
        "markup in values reaches the report",
        "jobs/reporting/markdown.py",
        'line = "".join(_ENTITIES.get(character, character) for character in line)',
        "",
        "tests/reporting",
    ),
    Mutant(
        "published before the audit",
        "jobs/attempt.py",
        "        audit(computed, rows, staged.members.get(analysis, 0))\n",
        "",
        "tests/jobs/test_run.py",
    ),
    Mutant(
        "the audit does not count members",
        "jobs/audit.py",
        "if not n_members == computed.n_cohort == last:",
        "if computed.n_cohort != last:",
        "tests/jobs/test_run.py tests/jobs/test_audit.py",
    ),
    Mutant(
        "the pointer moves whatever its generation",
        "jobs/results.py",
        'f" WHEN MATCHED AND t.generation = {int(expected_generation)} THEN UPDATE SET {moved}"',
        'f" WHEN MATCHED THEN UPDATE SET {moved}"',
        "tests/jobs/test_results.py",
    ),
    Mutant(
        "tables are read as they are now, not as pinned",
        "jobs/lake.py",
        'reader = reader.option("versionAsOf", version)',
        "pass",
        "tests/jobs/test_lake.py tests/jobs/test_inputs.py",
    ),
    Mutant(
        "a failed rule of severity error lets the run pass",
        "jobs/contracts/gate.py",
        "    if error is not None:\n        raise error\n",
        "",
        "tests/contracts",
    ),
    Mutant(
        "other rows under the same run replay silently",
        "jobs/attempt.py",
        "            refuse_other_content(self._store, same[0], self.attempt_id, rows)\n",
        "            pass\n",
        "tests/jobs/test_republication.py",
    ),
    Mutant(
        "clean removes what is kept",
        "jobs/publications/clean.py",
        "kept = [one for current in store.publications() for one in current.kept()]",
        "kept = []",
        "tests/publications",
    ),
    Mutant(
        "the HMAC key is not used",
        "transforms/keys.py",
        'inner = F.sha2(F.concat(F.col("inner_pad"), F.encode(F.col(name), "UTF-8")), 256)',
        'inner = F.sha2(F.encode(F.col(name), "UTF-8"), 256)',
        "tests/transforms/test_keys.py",
    ),
)


def main(names: list[str]) -> int:
    """Try every bug, or those named; return how many no test noticed."""
    unknown = set(names) - {mutant.name for mutant in MUTANTS}
    if unknown:
        print(f"no bug called {sorted(unknown)}", file=sys.stderr)
        return 2
    survivors = []
    chosen = [mutant for mutant in MUTANTS if not names or mutant.name in names]
    with tempfile.TemporaryDirectory(prefix="customer360-mutants-") as made:
        copy = Path(made)
        for name in _COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, copy / name)
        for mutant in chosen:
            began = time.monotonic()
            noticed = _noticed(copy, mutant)
            said = "noticed" if noticed else "NOT NOTICED"
            print(f"{said:<12} {time.monotonic() - began:5.0f} s  {mutant.name}", flush=True)
            if not noticed:
                survivors.append(mutant.name)
    if not names:
        record("seeded bugs", f"{len(chosen) - len(survivors)} of {len(chosen)} noticed by the tests")
    return len(survivors)


def _noticed(copy: Path, mutant: Mutant) -> bool:
    """Whether a test fails because of the bug. A copy that cannot even be collected proves nothing."""
    path = copy / mutant.file
    good = path.read_text("utf-8")
    if good.count(mutant.old) != 1:
        raise SystemExit(f"{mutant.name}: its text stands {good.count(mutant.old)} times in {mutant.file}")
    path.write_text(good.replace(mutant.old, mutant.new), "utf-8")
    try:
        command = [sys.executable, "-m", "pytest", "-x", "-q", "--engine", "embedded", "-p", "no:cacheprovider"]
        done = subprocess.run(
            [*command, *mutant.tests.split()], cwd=copy, capture_output=True, text=True, timeout=900, check=False
        )
    finally:
        path.write_text(good, "utf-8")
    if done.returncode not in (0, 1):
        raise SystemExit(f"{mutant.name}: the tests did not run\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.returncode == 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
