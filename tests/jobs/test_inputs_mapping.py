"""Tables that are not called as ours: rename and declared cast, errors in the user's names, one pin per table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from chispa import assert_df_equality
from deltalake import write_deltalake
from pyspark.sql import SparkSession

from jobs.config.overrides import all_overrides
from jobs.config.resolve import resolve
from jobs.definition import Definition
from jobs.definition.inputs import TableSourceModel
from jobs.definition.loading import read_yaml
from jobs.engines import Engine
from jobs.errors import InputError, UsageError
from jobs.inputs import PinnedInputs, quality_rows, read_inputs
from jobs.lake import Lake
from jobs.results import published
from jobs.run import RunOptions, run
from jobs.run_identity import run_id
from jobs.stored_inputs import store_inputs
from tests.jobs.small_lake import KEY
from transforms.input_mapping import ColumnSource, with_contract_names
from transforms.input_tables import TABLES

pytestmark = pytest.mark.usefixtures("no_pictures")

DAY = dt.datetime(2024, 1, 31, tzinfo=dt.UTC)
DEFINITION = """\
analysis: {name}
title: {{en: Mine}}
question: {{en: Which ones}}
languages: [en]
base: {base}
cohort:
  - {{column: estimated_customer_ltv, operator: ">=", value: 100}}
sections:
  cohort_profile:
    measures: [{{column: estimated_customer_ltv, unit: currency}}]
"""
CRM = """\
inputs:
  value:
    table: crm
    columns:
      primary_email: E-Mail
      analysis_timestamp: as of
      estimated_customer_ltv: {column: worth, cast: double}
"""


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CUSTOMER360_HMAC_KEY", "a-key-for-the-tests-only")
    monkeypatch.delenv("CUSTOMER360_SET", raising=False)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake with one table of the user's and nothing else."""
    rows = [
        {"E-Mail": "a@x.org", "as of": DAY, "worth": "150.5", "Tier": "Gold"},
        {"E-Mail": "b@x.org", "as of": DAY, "worth": "90", "Tier": "Gold"},
        {"E-Mail": "c@x.org", "as of": DAY, "worth": "a lot", "Tier": "Gold"},
        {"E-Mail": "d@x.org", "as of": DAY, "worth": None, "Tier": "Basic"},
    ]
    save(
        tmp_path / "lake" / "crm", rows, {"E-Mail": "string", "as of": "timestamp", "worth": "string", "Tier": "string"}
    )
    return Lake.at(str(tmp_path / "lake"))


_ARROW = {"string": pa.string(), "double": pa.float64(), "timestamp": pa.timestamp("us", tz="UTC"), "int": pa.int32()}


def save(place: Path, rows: list[dict[str, Any]], types: Mapping[str, str]) -> None:
    schema = pa.schema([(name, _ARROW[kind]) for name, kind in types.items()])
    place.parent.mkdir(exist_ok=True)
    write_deltalake(place, pa.Table.from_pylist(rows, schema=schema))


def define(name: str, mapping: str = "", base: str = "value") -> Definition:
    Path(f"{name}.yml").write_text(DEFINITION.format(name=name, base=base) + mapping, "utf-8")
    return resolve([f"{name}.yml"])[0].definition


def value(**columns: Any) -> dict[Any, TableSourceModel]:
    given = {"primary_email": "E-Mail", "analysis_timestamp": "as of", **columns}
    return {"value": TableSourceModel.model_validate({"table": "crm", "columns": given})}


WORTH = {"column": "worth", "cast": "double"}


# ---- the transform --------------------------------------------------------------------------------------------------


def test_columns_are_renamed_where_they_stand(spark: SparkSession) -> None:
    rows = spark.createDataFrame([(1, "x", 2.5, "y")], "n int, `E-Mail` string, v double, `a.b` string")
    found = with_contract_names(
        rows, {"primary_email": ColumnSource(column="E-Mail"), "city": ColumnSource(column="a.b")}
    )
    expected = spark.createDataFrame([(1, "x", 2.5, "y")], "n int, primary_email string, v double, city string")
    assert_df_equality(found, expected, ignore_nullable=True)


def test_two_columns_can_change_names(spark: SparkSession) -> None:
    rows = spark.createDataFrame([("x", "y")], "a string, b string")
    found = with_contract_names(rows, {"a": ColumnSource(column="b"), "b": ColumnSource(column="a")})
    assert_df_equality(found, spark.createDataFrame([("x", "y")], "b string, a string"), ignore_nullable=True)


def test_a_column_that_has_our_name_and_is_not_meant_is_set_aside(spark: SparkSession) -> None:
    rows = spark.createDataFrame([("x", "y", "z")], "Tier string, customer_tier string, customer_tier__unmapped string")
    found = with_contract_names(rows, {"customer_tier": ColumnSource(column="Tier")})
    assert found.columns == ["customer_tier", "customer_tier__unmapped_", "customer_tier__unmapped"]
    assert found.collect()[0]["customer_tier"] == "x"
    other_case = spark.createDataFrame([("x", "y")], "Tier string, Customer_Tier string")
    found = with_contract_names(other_case, {"customer_tier": ColumnSource(column="Tier")})
    assert found.columns == ["customer_tier", "Customer_Tier__unmapped"]


def test_a_cast_reads_what_it_can_and_the_rest_is_marked(spark: SparkSession) -> None:
    rows = spark.createDataFrame([("1.5",), ("a lot",), (None,), (" 7 ",)], "worth string")
    sources = {"adjusted_ltv": ColumnSource(column="worth", cast="double")}
    expected = spark.createDataFrame(
        [(1.5, False), (None, True), (None, False), (7.0, False)], "adjusted_ltv double, lost__adjusted_ltv boolean"
    )
    assert_df_equality(with_contract_names(rows, sources), expected, ignore_nullable=True)


# ---- reading --------------------------------------------------------------------------------------------------------


def test_a_mapped_table_is_read_under_our_names_and_called_by_the_users(engine: Engine, lake: Lake) -> None:
    inputs = read_inputs(engine, lake, value(estimated_customer_ltv=WORTH, customer_tier="Tier"))
    store_inputs(engine, inputs, [], KEY)
    assert inputs.rows["value"].columns[:4] == [
        "primary_email",
        "analysis_timestamp",
        "estimated_customer_ltv",
        "customer_tier",
    ]
    assert dict(inputs.rows["value"].dtypes)["estimated_customer_ltv"] == "double"
    assert inputs.pinned["value"].label == "crm@v0"
    assert set(inputs.source_versions()) == {"crm"}
    missing = {(gap.table_name, gap.column_name) for gap in inputs.obstacles}
    assert ("crm", "churn_probability") in missing
    assert ("crm", "customer_tier") not in missing
    lost = [row for row in quality_rows(inputs, "value", {}, {}) if row["check_name"] == "values_not_cast"]
    assert [(row["table_name"], row["observed"], row["params"]) for row in lost] == [
        ("crm", 1.0, {"column": "estimated_customer_ltv", "cast": "double"})
    ]


@pytest.mark.parametrize(
    ("columns", "part"),
    [
        (
            {"customer_tier": "Teir"},
            "crm@v0 has no column 'Teir', which inputs maps to customer_tier; nearest: 'Tier'",
        ),
        (
            {"estimated_customer_ltv": "worth"},
            "crm@v0 column 'worth' has type string; expected double -> cast the column to double where the table is "
            "made, or declare it: inputs.value.columns.estimated_customer_ltv: {column: worth, cast: double}",
        ),
    ],
)
def test_errors_speak_the_users_names(engine: Engine, lake: Lake, columns: dict[str, Any], part: str) -> None:
    with pytest.raises(InputError) as raised:
        read_inputs(engine, lake, value(**columns))
    assert raised.value.exit_code == 3
    assert part in raised.value.line()


def test_a_table_that_is_not_there_is_called_by_the_users_name(engine: Engine, lake: Lake) -> None:
    mapped = {**value(), "funnel": TableSourceModel(table="funl"), "mapping": TableSourceModel(table="ids")}
    gaps = {(gap.table_name, gap.reason) for gap in read_inputs(engine, lake, mapped).obstacles}
    assert {("funl", "missing_table"), ("ids", "missing_table")} <= gaps
    with pytest.raises(InputError, match=r"expected customer360__customer_activity_metrics, funl, crmm"):
        read_inputs(engine, lake, {**mapped, "value": TableSourceModel(table="crmm")})


def test_a_table_is_pinned_once_whatever_reads_it(engine: Engine, lake: Lake) -> None:
    inputs = PinnedInputs(engine, lake)
    first = inputs.of(define("first", CRM))
    second = inputs.of(define("second", CRM.replace("E-Mail", "Tier")))
    assert inputs.of(define("third", CRM)) is first
    assert second is not first
    assert second.pinned["value"].version is first.pinned["value"].version


def test_one_table_can_stand_for_two_of_ours(engine: Engine, lake: Lake) -> None:
    activity = {"primary_email": "E-Mail", "activity_analysis_timestamp": "as of"}
    mapped = {**value(), "activity": TableSourceModel.model_validate({"table": "crm", "columns": activity})}
    inputs = read_inputs(engine, lake, mapped)
    assert {role: table.role for role, table in inputs.pinned.items()} == {"value": "value", "activity": "activity"}


def test_ties_between_snapshots_break_by_the_order_of_the_table_as_read(engine: Engine, tmp_path: Path) -> None:
    """Column `first` is the higher of two in the first row; by our schema order `worth` would decide."""
    rows = [
        {"mail": "a@x.org", "t": DAY, "first": "2", "worth": 1.0},
        {"mail": "a@x.org", "t": DAY, "first": "1", "worth": 500.0},
    ]
    types = {"mail": "string", "t": "timestamp", "first": "string", "worth": "double"}
    save(tmp_path / "lake" / "crm", rows, types)
    mapping = (
        "inputs: {value: {table: crm, columns: {primary_email: mail, analysis_timestamp: t, "
        "estimated_customer_ltv: worth, value_stability: first}}}\n"
    )
    definition = define("mine", mapping)
    options = RunOptions(lake=str(tmp_path / "lake"), results=str(tmp_path / "r"), reports=str(tmp_path / "p"))
    (outcome,) = run(engine, [definition], options)
    assert max(outcome.rows["attrition"], key=lambda row: row["step"])["n_remaining"] == 0


# ---- runs -----------------------------------------------------------------------------------------------------------


def test_a_shared_mapping_becomes_part_of_every_definition_without_its_own(engine: Engine, lake: Lake) -> None:
    Path("shared.yml").write_text(CRM, "utf-8")
    own = "inputs: {value: {table: other}}\n"
    for name, mapping in (("plain", ""), ("own", own)):
        define(name, mapping)
    plain, own_one = resolve(["plain.yml", "own.yml"], (), read_yaml(Path("shared.yml"), "shared.yml"))
    assert plain.definition.inputs["value"].table == "crm"
    assert '"table":"crm"' in plain.definition.canonical()
    assert own_one.definition.inputs["value"].table == "other"
    assert plain.origin(("inputs", "value", "table")) == "shared.yml:2"
    assert own_one.origin(("inputs", "value", "table")) == "own.yml:11"
    inputs = read_inputs(engine, lake, plain.definition.inputs)
    without = define("plain")
    assert run_id(plain.definition, inputs) != run_id(without, inputs)
    changed = resolve(
        ["plain.yml"], all_overrides(["inputs.value.table=crm2"]), read_yaml(Path("shared.yml"), "shared.yml")
    )
    assert changed[0].definition.inputs["value"].table == "crm2"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("inputs: {valeu: {}}", "shared.yml:1: inputs.valeu: unknown key 'valeu'; nearest: 'value'"),
        ("tables: {}", "shared.yml:1: definition: key 'inputs' is missing"),
        (
            "inputs:\n  value:\n    columns:\n      customer_teir: Tier\n",
            "shared.yml:4: inputs.value.columns.customer_teir: unknown column 'customer_teir' of "
            "customer360__customer_value_analysis; nearest: 'customer_tier'",
        ),
        ("inputs:\n", "shared.yml:1: inputs: found nothing; expected a mapping"),
        ("inputs: [", "shared.yml:1: "),
    ],
)
def test_a_broken_mapping_file_is_one_line(text: str, part: str) -> None:
    define("mine")
    Path("shared.yml").write_text(text, "utf-8")
    with pytest.raises(UsageError) as raised:
        resolve(["mine.yml"], (), read_yaml(Path("shared.yml"), "shared.yml"))
    assert part in raised.value.line()
    assert "\n" not in raised.value.line()


def test_definitions_of_one_run_may_read_other_tables(engine: Engine, lake: Lake, tmp_path: Path) -> None:
    """Members are read after all are computed: one view must not overwrite the other."""
    table = TABLES["value"]
    rows = [
        {table.key_column: f"{n}@y.org", table.snapshot_column: DAY, "estimated_customer_ltv": 200.0} for n in range(3)
    ]
    types = {
        str(table.key_column): "string",
        str(table.snapshot_column): "timestamp",
        "estimated_customer_ltv": "double",
    }
    save(tmp_path / "lake" / table.name, rows, types)
    results = str(tmp_path / "results")
    options = RunOptions(lake=lake.base, results=results, reports=str(tmp_path / "reports"))
    mapped, plain = run(engine, [define("mapped", CRM), define("plain")], options)
    sizes = [max(one.rows["attrition"], key=lambda row: row["step"])["n_remaining"] for one in (mapped, plain)]
    assert sizes == [1, 3]
    members = published(engine.spark, results, "cohort_members").groupBy("analysis").count().collect()
    assert {row["analysis"]: row["count"] for row in members} == {"mapped": 1, "plain": 3}
    events = {row["analysis"]: row for row in published(engine.spark, results, "runs").collect()}
    assert set(events["mapped"]["source_versions"]) == {"crm"}
    assert set(events["plain"]["source_versions"]) == {table.name}
    sources = {row["source_table"] for row in mapped.rows["measures"] if row["source_table"]}
    assert sources == {"crm"}
    obstacles = {row["table_name"] for row in mapped.rows["obstacles"]}
    assert table.name not in obstacles
    quality = {row["check_name"]: row["observed"] for row in mapped.rows["quality"]}
    assert quality["values_not_cast"] == 1
    report = (Path(mapped.report_uri) / "report.en.md").read_text("utf-8")
    assert "cannot be read as double, as the mapping declares" in report
