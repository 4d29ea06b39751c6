"""The proposed mapping: what is found by names and types, what is marked, and that a run with it says the same."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import functions as F

from jobs.config.resolve import resolve
from jobs.definition import strict_yaml
from jobs.definition.loading import read_yaml
from jobs.engines import Engine
from jobs.errors import InputError, UsageError
from jobs.generate import generate
from jobs.init import propose, refuse_existing, write_new
from jobs.lake import Lake
from jobs.mapping.column_names import CERTAIN, LIKELY, likeness
from jobs.mapping.match import match_columns, match_tables
from jobs.run import RunOptions, run
from transforms.input_tables import ACTIVITY, ADDRESS, FUNNEL, MAPPING, TABLES, VALUE

pytestmark = pytest.mark.usefixtures("no_pictures")

# Our table, what the user calls it, and the columns the user calls otherwise.
RENAMED = {
    VALUE: (
        "crm_customer_value",
        {
            "primary_email": "EMail",
            "analysis_timestamp": "snapshotAt",
            "estimated_customer_ltv": "customer_ltv",
            "customer_tier": "Tier",
            "churn_probability": "churn_prob",
            "account_age_days": "tenure_days",
        },
    ),
    ACTIVITY: (
        "web_activity",
        {
            "primary_email": "customer_email",
            "customer_health_score": "health",
            "engagement_velocity": "EngagementVelocity",
        },
    ),
    FUNNEL: ("funnel_v2", {"primary_email": "email_address", "marketing_to_sales_days": "days_marketing_to_sales"}),
    ADDRESS: ("places", {"postal_code": "zip"}),
    MAPPING: ("id_bridge", {}),
}
DECIMAL = "decimal(18,4)"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("CUSTOMER360_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CUSTOMER360_HMAC_KEY", "a-key-for-the-tests-only")


@pytest.fixture(scope="module")
def original(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    lake = Lake.at(str(tmp_path_factory.mktemp("init") / "original"))
    generate(engine.spark, lake=lake.base, shape="first", customers=200, seed=7, mapping=True)
    return lake


@pytest.fixture(scope="module")
def users(engine: Engine, original: Lake) -> Lake:
    """The same rows under the user's names; a number as text, and a table that is none of ours."""
    lake = Lake.at(original.base.replace("original", "users"))
    for ours, (theirs, columns) in RENAMED.items():
        rows = original.read(engine.spark, ours)
        if ours == VALUE:  # what the engine prints as text it reads back as the same number
            rows = rows.withColumn("customer_health_score", F.col("customer_health_score").cast("string"))
        lake.save(rows.select(*(F.col(name).alias(columns.get(name, name)) for name in rows.columns)), theirs)
    lake.save(engine.spark.range(5).toDF("invoice_number"), "invoices")
    (Path(lake.base) / "exports").mkdir()
    return lake


# ---- a lake ---------------------------------------------------------------------------------------------------------


def test_every_renamed_table_and_column_is_found(engine: Engine, users: Lake) -> None:
    text = propose(engine, users)
    found = strict_yaml.load(text)["inputs"]
    for role, table in TABLES.items():
        theirs, columns = RENAMED[table.name]
        assert found[role]["table"] == theirs
        expected: dict[str, Any] = dict(columns)
        if role == "value":
            expected["customer_health_score"] = {"column": "customer_health_score", "cast": "double"}
        assert found[role].get("columns", {}) == expected
    assert "# Not used: invoices" in text.splitlines()
    marked = [line.split(":")[0].strip() for line in text.splitlines() if "# check" in line]
    assert marked == ["customer_health_score"]
    assert "exports" not in text


def test_no_value_of_a_row_is_printed(engine: Engine, users: Lake) -> None:
    text = propose(engine, users)
    assert "@" not in text.replace("snapshotAt", "")
    tiers = {row[0] for row in users.read(engine.spark, "crm_customer_value").select("Tier").distinct().collect()}
    assert not any(tier and tier in text for tier in tiers)


def rows_of(outcome: Any) -> dict[str, list[tuple[tuple[str, Any], ...]]]:
    """Published rows without the run's identity, tables under our names, floats to nine digits."""
    names = {theirs: ours for ours, (theirs, _) in RENAMED.items()}

    def plain(value: Any) -> Any:
        if isinstance(value, Mapping):
            return tuple(sorted((key, plain(item)) for key, item in value.items()))
        if isinstance(value, float):
            return float(f"{value:.9g}")
        return names.get(value, value) if isinstance(value, str) else value

    def comparable(rows: Sequence[Mapping[str, Any]]) -> list[tuple[tuple[str, Any], ...]]:
        skipped = ("run_id", "attempt_id")
        return sorted(
            (tuple((name, plain(item)) for name, item in row.items() if name not in skipped) for row in rows), key=str
        )

    tables = {table: rows for table, rows in outcome.rows.items() if table != "runs"}
    # the user's table holds one number as text: what became of it is said, and nothing else differs
    tables["quality"] = [row for row in tables["quality"] if row["check_name"] != "values_not_cast"]
    return {table: comparable(rows) for table, rows in tables.items()}


def test_a_run_with_the_proposal_publishes_the_rows_of_the_original(
    engine: Engine, original: Lake, users: Lake, tmp_path: Path
) -> None:
    Path("inputs.yml").write_text(propose(engine, users), "utf-8")
    names = ["special_conversion", "win_back"]
    outcomes = {}
    for lake, mapping in ((original, None), (users, read_yaml(Path("inputs.yml"), "inputs.yml"))):
        definitions = [one.definition for one in resolve(names, (), mapping)]
        folder = tmp_path / Path(lake.base).name
        options = RunOptions(lake=lake.base, results=str(folder / "results"), reports=str(folder / "reports"))
        outcomes[lake.base] = run(engine, definitions, options)
    for ours, theirs in zip(outcomes[original.base], outcomes[users.base], strict=True):
        assert ours.run_id != theirs.run_id
        expected, found = rows_of(ours), rows_of(theirs)
        assert expected.keys() == found.keys()
        for table, rows in expected.items():
            assert found[table] == rows, table
        cast = [row for row in theirs.rows["quality"] if row["check_name"] == "values_not_cast"]
        assert [row["observed"] for row in cast] == [0.0]
    steps = max(outcomes[users.base][1].rows["attrition"], key=lambda row: row["step"])
    assert steps["n_remaining"] > 0


# ---- the command ----------------------------------------------------------------------------------------------------


def test_the_command_writes_a_file_once(users: Lake, tmp_path: Path) -> None:
    def process(*arguments: str) -> subprocess.CompletedProcess[str]:
        # its own process: the engine of these tests and that of the command would share a session
        return subprocess.run(
            [sys.executable, "-m", "jobs.cli", "init", "--lake", users.base, "--engine", "embedded", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONUTF8": "1"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    printed = process()
    assert (printed.returncode, printed.stderr) == (0, "")
    written = process("--out", "inputs.yml")
    assert (written.returncode, written.stderr) == (0, "")
    assert written.stdout.startswith("wrote inputs.yml; ")
    assert Path("inputs.yml").read_text("utf-8").rstrip() == printed.stdout.rstrip()
    before = Path("inputs.yml").stat().st_mtime_ns
    again = process("--out", "inputs.yml")
    assert (again.returncode, again.stdout, again.stderr.count("\n")) == (2, "", 1)
    assert "inputs.yml exists already" in again.stderr
    assert Path("inputs.yml").stat().st_mtime_ns == before


def test_tables_can_be_named(engine: Engine, users: Lake) -> None:
    found = strict_yaml.load(propose(engine, users, ["funnel_v2", "places"]))["inputs"]
    assert {role: part["table"] for role, part in found.items()} == {"funnel": "funnel_v2", "address": "places"}
    with pytest.raises(InputError, match=r"users has no table 'funel'"):
        propose(engine, users, ["funel"])


def test_a_lake_without_a_fitting_table_is_refused(engine: Engine, users: Lake, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no table that looks like one of .*; looked at invoices$") as raised:
        propose(engine, users, ["invoices"])
    assert raised.value.exit_code == 3
    with pytest.raises(InputError, match=r"there is no Delta table$"):
        propose(engine, Lake.at(str(tmp_path)))
    with pytest.raises(InputError, match=r"nowhere is no folder"):
        propose(engine, Lake.at(str(tmp_path / "nowhere")))


def test_a_place_that_cannot_be_listed_asks_for_the_tables(engine: Engine) -> None:
    with pytest.raises(UsageError, match=r"s3://bucket/lake cannot be listed") as raised:
        propose(engine, Lake.at("s3://bucket/lake"))
    assert "--table" in raised.value.line()


def test_a_broken_table_is_named_and_the_others_are_proposed(engine: Engine, users: Lake, tmp_path: Path) -> None:
    shutil.copytree(users.base, tmp_path / "lake")
    log = tmp_path / "lake" / "funnel_v2" / "_delta_log" / f"{0:020}.json"
    log.write_text("this is no JSON", "utf-8")
    text = propose(engine, Lake.at(str(tmp_path / "lake")))
    assert "# No readable Delta tables: funnel_v2" in text.splitlines()
    assert f"  # funnel: no table like {FUNNEL} was found" in text.splitlines()
    assert "funnel" not in strict_yaml.load(text)["inputs"]


def test_an_existing_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "inputs.yml"
    write_new(path, "mine\n")
    for attempt in (lambda: refuse_existing(path), lambda: write_new(path, "other\n")):
        with pytest.raises(UsageError, match=r"inputs.yml exists already"):
            attempt()
    assert path.read_text("utf-8") == "mine\n"
    with pytest.raises(UsageError, match=r"absent.inputs.yml cannot be written"):
        write_new(tmp_path / "absent" / "inputs.yml", "x")


# ---- names and types ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("primary_email", "PRIMARY_EMAIL"),
        ("primary_email", "primaryEmail"),
        ("primary_email", "E-Mail"),
        ("primary_email", "EMail"),
        ("primary_email", "cust_email"),
        ("primary_email", "client e-mail"),
        ("estimated_customer_ltv", "LTV"),
        ("estimated_customer_ltv", "estCustLTV"),
        ("churn_probability", "churn_prob"),
        ("portfolio_contribution_pct", "portfolio_contribution_percent"),
        ("active_30_days", "Active30Days"),
        ("analysis_timestamp", "snapshot_ts"),
    ],
)
def test_other_spellings_and_common_synonyms_are_certain(ours: str, theirs: str) -> None:
    assert likeness(ours, theirs) >= CERTAIN


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("engagement_velocity", "engagment_velocity"),
        ("customer360_id", "customer_id"),
        ("activity_risk_level", "activity_risk_levels"),
    ],
)
def test_what_is_only_near_has_to_be_checked(ours: str, theirs: str) -> None:
    assert LIKELY <= likeness(ours, theirs) < CERTAIN


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("active_30_days", "active_60_days"),
        ("state", "state_code"),
        ("customer_tier", "customer_name"),
        ("city", "country"),
    ],
)
def test_other_columns_are_not_proposed(ours: str, theirs: str) -> None:
    assert likeness(ours, theirs) < LIKELY


@pytest.mark.parametrize(
    ("actual", "cast", "is_certain"),
    [
        ("double", None, True),
        ("float", None, True),
        ("int", None, True),
        ("string", "double", False),
        (DECIMAL, "double", False),
    ],
)
def test_a_type_that_is_not_ours_is_cast_and_marked(actual: str, cast: str | None, is_certain: bool) -> None:
    found = match_columns({"churn_probability": "double"}, {"churn": actual})["churn_probability"]
    assert (found.theirs, found.cast, found.certain) == ("churn", cast, is_certain)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [("double", "timestamp"), ("double", "array<double>"), ("int", "double"), ("timestamp", "bigint"), ("int", "date")],
)
def test_a_type_that_cannot_be_read_as_ours_is_no_candidate(expected: str, actual: str) -> None:
    assert match_columns({"churn": expected}, {"churn": actual}) == {}


def test_a_column_is_proposed_once_and_the_likest_wins() -> None:
    ours = {"primary_email": "string", "customer_tier": "string", "revenue_tier": "string"}
    found = match_columns(ours, {"email": "string", "primary_email": "string", "tier": "string"})
    assert {name: match.theirs for name, match in found.items()} == {
        "primary_email": "primary_email",
        "customer_tier": "tier",
    }
    rivals = match_columns({"primary_email": "string"}, {"email": "string", "customer_email": "string"})
    assert rivals["primary_email"].certain is False


def test_a_table_is_proposed_once_for_the_role_it_fits_best() -> None:
    lake = {
        "a": dict(TABLES["activity"].columns),
        "a_copy": {name: kind for name, kind in TABLES["activity"].columns.items() if name != "in_stripe"},
        "small": {"email": "string", "snapshot_at": "timestamp", "ltv": "double", "tier": "string", "note": "string"},
    }
    found = match_tables(lake)
    assert {role: match.table for role, match in found.items()} == {"activity": "a", "value": "small"}
    assert "churn_probability" in found["value"].missing
