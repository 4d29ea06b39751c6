"""What a lake may lack or hold otherwise: written up as an obstacle, or refused in one line."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.definition import Definition, Empty, GeographySection, MeasureModel, ProfileSection, Sections, load_definition
from jobs.engines import Engine
from jobs.errors import InputError
from jobs.generate import generate
from jobs.inputs import Inputs, _refuse_alike, quality_rows, read_inputs
from jobs.lake import Lake
from jobs.results import published
from jobs.run import Outcome, RunOptions, run
from transforms.input_tables import ACTIVITY, ADDRESS, FUNNEL, MAPPING, TABLES, VALUE

pytestmark = pytest.mark.usefixtures("key")


@pytest.fixture(scope="module")
def key() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUSTOMER360_HMAC_KEY", "a-key-for-the-tests-only")
        yield


@pytest.fixture(scope="module")
def whole(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inputs") / "lake"
    generate(engine.spark, lake=str(folder), shape="scale", customers=200, seed=7)
    return folder


@pytest.fixture
def lake(whole: Path, tmp_path: Path) -> Lake:
    """A copy of the lake, to be damaged."""
    shutil.copytree(whole, tmp_path / "lake")
    return Lake.at(str(tmp_path / "lake"))


def rewrite(engine: Engine, lake: Lake, table: str, change: Callable[[DataFrame], DataFrame]) -> None:
    """Replace a table, schema and all."""
    changed = engine.materialise(change(lake.read(engine.spark, table)), f"changed_{table}")
    changed.count()  # Apache Spark stores at first use, and then the source may go
    shutil.rmtree(lake.target(table))
    lake.save(changed, table)
    engine.release()


def refusal(engine: Engine, lake: Lake) -> str:
    """The one line that a user sees."""
    with pytest.raises(InputError) as raised:
        read_inputs(engine, lake)
    line = raised.value.line()
    assert raised.value.exit_code == 3
    assert line.startswith("C360-INPUT exit=3: ")
    assert "\n" not in line
    assert "@example" not in line
    return line


@pytest.mark.parametrize("column", ["primary_email", "funnel_analysis_timestamp"])
def test_a_table_without_key_or_snapshot_column_is_refused(engine: Engine, lake: Lake, column: str) -> None:
    rewrite(engine, lake, FUNNEL, lambda rows: rows.drop(column))
    assert f"{FUNNEL}@v0 has no column '{column}'" in refusal(engine, lake)


@pytest.mark.parametrize(
    ("table", "column", "found", "expected"),
    [
        pytest.param(VALUE, "estimated_customer_ltv", "string", "double", id="number_as_text"),
        pytest.param(ACTIVITY, "in_marketo", "boolean", "int", id="flag_as_boolean"),
        pytest.param(FUNNEL, "marketing_to_sales_days", "double", "int", id="narrowing"),
    ],
)
def test_a_column_of_another_type_is_refused_with_what_was_found_and_expected(
    engine: Engine, lake: Lake, table: str, column: str, found: str, expected: str
) -> None:
    rewrite(engine, lake, table, lambda rows: rows.withColumn(column, F.col(column).cast(found)))
    line = refusal(engine, lake)
    assert f"{table}@v0 column '{column}' has type {found}; expected {expected} -> " in line


def test_a_lake_without_any_customer_table_is_refused(engine: Engine, lake: Lake) -> None:
    for table in (ACTIVITY, FUNNEL, VALUE):
        shutil.rmtree(lake.target(table))
    line = refusal(engine, lake)
    assert f"{lake.base} holds none of the input tables; expected {ACTIVITY}, {FUNNEL}, {VALUE}" in line
    assert "customer360 ingest" in line


def test_a_folder_that_does_not_exist_is_refused(engine: Engine, tmp_path: Path) -> None:
    assert "holds none of the input tables" in refusal(engine, Lake.at(str(tmp_path / "nowhere")))


def test_a_folder_of_files_that_is_no_delta_table_is_refused(engine: Engine, lake: Lake) -> None:
    shutil.rmtree(Path(lake.target(VALUE)) / "_delta_log")
    line = refusal(engine, lake)
    assert lake.target(VALUE) in line
    assert "Delta table" in line


@pytest.mark.parametrize("content", ["this is no JSON", '{"commitInfo": {}}', ""])
def test_a_table_with_a_broken_log_is_refused(engine: Engine, lake: Lake, content: str) -> None:
    log = Path(lake.target(ACTIVITY)) / "_delta_log"
    (log / f"{0:020}.json").write_text(content)
    for checksum in log.glob("*.crc"):
        checksum.unlink()
    assert f"{lake.target(ACTIVITY)} cannot be read as a Delta table" in refusal(engine, lake)


def test_a_narrower_integer_is_widened_and_extra_columns_pass(engine: Engine, lake: Lake) -> None:
    def change(rows: DataFrame) -> DataFrame:
        small = F.when(F.col("marketo_lead_id") < 2**31, F.col("marketo_lead_id").cast("int"))
        return rows.withColumn("marketo_lead_id", small).withColumn("house_column", F.lit("x"))

    rewrite(engine, lake, VALUE, change)
    inputs = read_inputs(engine, lake)
    rows = inputs.rows["value"]
    assert dict(rows.dtypes)["marketo_lead_id"] == "bigint"
    assert "house_column" in rows.columns
    assert rows.filter("marketo_lead_id is not null").count() > 0
    assert [gap for gap in inputs.obstacles if gap.table_name == VALUE] == []


def test_an_int_where_a_double_is_declared_is_widened(engine: Engine, lake: Lake) -> None:
    rewrite(engine, lake, VALUE, lambda rows: rows.withColumn("adjusted_ltv", F.lit(7).cast("int")))
    rows = read_inputs(engine, lake).rows["value"]
    assert dict(rows.dtypes)["adjusted_ltv"] == "double"
    assert {row[0] for row in rows.select("adjusted_ltv").collect()} == {7.0}


def test_the_mapping_table_may_be_absent_without_a_word(engine: Engine, whole: Path) -> None:
    inputs = read_inputs(engine, Lake.at(str(whole)))
    assert not (whole / MAPPING).exists()
    assert inputs.obstacles == []
    assert set(inputs.pinned) == {"activity", "funnel", "value", "address"}
    assert inputs.rows["mapping"].columns == list(TABLES["mapping"].columns)


def test_a_missing_column_is_read_as_missing_values_of_its_type(engine: Engine, lake: Lake) -> None:
    rewrite(engine, lake, ACTIVITY, lambda rows: rows.drop("customer_health_score"))
    inputs = read_inputs(engine, lake)
    rows = inputs.rows["activity"]
    assert dict(rows.dtypes)["customer_health_score"] == "double"
    assert rows.filter("customer_health_score is not null").count() == 0
    gaps = [(gap.table_name, gap.column_name, gap.reason) for gap in inputs.obstacles]
    assert gaps == [(ACTIVITY, "customer_health_score", "missing_column")]


def definition() -> Definition:
    shipped = load_definition("conversion_behaviour")
    columns = ("monetary_score", "customer_health_score", "revenue_velocity_monthly")
    measures = [MeasureModel(column=column, unit="points") for column in columns]
    sections = Sections(
        cohort_profile=ProfileSection(measures=measures),
        tier_ltv=Empty(),
        geography=GeographySection(minimum_match_rate=0.5),
    )
    # the tier of the funnel, so that there is one where the value table is empty
    columns = {"customer_tier": "funnel"}
    return shipped.model_copy(
        update={"sections": sections, "languages": ["en"], "columns": columns, "recommend": None, "strategies": {}}
    )


def outcome_on(engine: Engine, lake: Lake, folder: Path) -> Outcome:
    results, reports = str(folder / "results"), str(folder / "reports")
    (found,) = run(engine, [definition()], RunOptions(lake=lake.base, results=results, reports=reports))
    assert found.published_now
    assert published(engine.spark, results, "obstacles").count() == len(found.rows["obstacles"])
    return found


def gaps(outcome: Outcome) -> set[tuple[str, str | None, str]]:
    return {(row["table_name"], row["column_name"], row["reason"]) for row in outcome.rows["obstacles"]}


def test_gaps_are_obstacles_and_ltv_comes_from_the_funnel_where_the_value_table_is_empty(
    engine: Engine, lake: Lake, tmp_path: Path
) -> None:
    rewrite(engine, lake, VALUE, lambda rows: rows.limit(0))
    rewrite(engine, lake, ACTIVITY, lambda rows: rows.drop("customer_health_score", "activity_momentum"))
    shutil.rmtree(lake.target(ADDRESS))
    outcome = outcome_on(engine, lake, tmp_path)
    found = gaps(outcome)
    assert {
        (VALUE, "monetary_score", "empty_table"),
        (VALUE, "estimated_customer_ltv", "empty_table"),
        (ADDRESS, None, "missing_table"),
        (ACTIVITY, "customer_health_score", "missing_column"),
    } <= found
    # a column that no section reads is not wanted, so its absence is no obstacle
    assert "activity_momentum" not in {column for _, column, _ in found}
    measures = {(row["group_name"], row["measure"]): row for row in outcome.rows["measures"]}
    ltv = measures["population", "estimated_customer_ltv"]
    assert ltv["source_table"] == FUNNEL
    rows = lake.read(engine.spark, FUNNEL)
    assert ltv["n"] > 100
    assert ltv["mean"] < rows.agg(F.max("estimated_customer_ltv")).collect()[0][0]
    # what has no values is dropped, and said to be
    assert {measure for _, measure in measures} == {"revenue_velocity_monthly", "estimated_customer_ltv"}


def test_ltv_comes_from_the_value_table_where_it_has_rows(engine: Engine, whole: Path, tmp_path: Path) -> None:
    outcome = outcome_on(engine, Lake.at(str(whole)), tmp_path)
    assert {row["source_table"] for row in outcome.rows["measures"] if row["section"] == "tier_ltv"} == {VALUE}
    assert not {reason for _, _, reason in gaps(outcome)} & {"missing_table", "empty_table", "missing_column"}


def test_a_cohort_that_needs_a_missing_table_is_not_computed_and_published(
    engine: Engine, lake: Lake, tmp_path: Path
) -> None:
    shutil.rmtree(lake.target(FUNNEL))
    outcome = outcome_on(engine, lake, tmp_path)
    assert (FUNNEL, None, "missing_table") in gaps(outcome)
    steps = {row["step"]: (row["n_remaining"], row["n_undecidable"]) for row in outcome.rows["attrition"]}
    assert steps[0] == (200, 0)
    assert steps[1] == (0, 200)


def test_two_columns_that_differ_in_case_only_are_refused_by_name(engine: Engine, lake: Lake) -> None:
    rewrite(engine, lake, VALUE, lambda rows: rows.withColumn("Customer_Tie_", F.col("customer_tier")))
    # no writer makes such a table; a catalog of another system may hold one
    log = Path(lake.target(VALUE)) / "_delta_log" / f"{0:020}.json"
    log.write_text(log.read_text("utf-8").replace("Customer_Tie_", "Customer_Tier"), "utf-8")
    (log.parent / f".{log.name}.crc").unlink(missing_ok=True)
    assert VALUE in refusal(engine, lake)
    with pytest.raises(InputError, match="t@v0 has the columns 'a' and 'A', which differ in case only") as raised:
        _refuse_alike("t@v0", ["a", "b", "A"])
    assert "\n" not in raised.value.line()


def test_values_that_are_no_numbers_are_told_of_the_table_a_measure_is_taken_from_alone() -> None:
    health, score = "not_finite__customer_health_score", "not_finite__composite_engagement_score"
    counts = {"activity": {health: 1710, score: 4}, "funnel": {}, "value": {health: 2}}
    inputs = Inputs(pinned={}, rows={}, counts=counts)
    rows = quality_rows(inputs, "value", {}, {"customer_health_score": "value"})
    assert [(row["table_name"], row["observed"]) for row in rows] == [(TABLES["value"].name, 2.0)]
