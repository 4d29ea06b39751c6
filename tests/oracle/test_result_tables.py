"""Every published number against the oracle, over generated lakes of all three shapes."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from jobs.definition import load_definition, shipped_names
from jobs.engines import Engine
from jobs.reporting import report as reporting
from jobs.results import published
from jobs.run import Outcome, RunOptions, run
from jobs.sql import register_views
from tests.demo_lake import CUSTOMERS, SECRET, demo_outcomes, make_lake
from tests.oracle import load_lake, oracle
from tests.oracle.compare import CONTRACT, KEYS, assert_tables_equal
from tests.oracle.conftest import SAMPLE
from tests.oracle.contracts import contract_rows, shipped_contracts, sort_key
from tests.pictures import not_drawn
from tests.reporting import printed_numbers as numbers
from transforms import result_tables

ROOT = Path(__file__).parents[2]
CONF = ROOT / "conf" / "analyses"

# name, shape, customers, mapping: giants, empty tables, and a lake whose addresses can be reached
LAKES = (
    ("first", "first", CUSTOMERS, False),
    ("second", "second", 300, False),
    ("scale", "scale", 900, True),
)


@pytest.fixture(scope="module", params=LAKES, ids=lambda lake: f"{lake[0]}_lake")
def lake(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    name, shape, customers, mapping = request.param
    if name == "first" and not request.getfixturevalue("sample"):
        return demo_outcomes(request.getfixturevalue("engine"), tmp_path_factory)[0]
    folder = tmp_path_factory.mktemp(name)
    make_lake(folder / "lake", shape=shape, customers=customers, seed=7, mapping=mapping)
    return folder


@pytest.fixture(scope="module")
def outcomes(lake: Path, engine: Engine, sample: bool, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    if lake.name == "demo":
        return demo_outcomes(engine, tmp_path_factory)[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUSTOMER360_HMAC_KEY", SECRET)
        patch.setattr(reporting, "write_chart", not_drawn)
        options = RunOptions(
            lake=str(lake / "lake"), results=str(lake / "results"), reports=str(lake / "reports"), languages=("en",)
        )
        wanted = [SAMPLE[lake.name.rstrip("0123456789")]] if sample else shipped_names()
        found = run(engine, [load_definition(name) for name in wanted], options)
    return {outcome.definition.analysis: outcome for outcome in found}


def hidden(key: str) -> str:
    return hmac.new(SECRET.encode(), key.encode(), hashlib.sha256).hexdigest()


def published_tables(outcome: Outcome, lake: Path, engine: Engine) -> dict[str, list[Mapping[str, Any]]]:
    """What readers see: published rows without the identity columns."""
    analysis = outcome.definition.analysis
    tables = {}
    for table in KEYS:
        frame = published(engine.spark, str(lake / "results"), table)
        rows = [row.asDict(recursive=True) for row in frame.filter(frame["analysis"] == analysis).collect()]
        tables[table] = [{name: value for name, value in row.items() if name in CONTRACT[table]} for row in rows]
    return tables


@lru_cache(maxsize=1)
def raw_tables(lake: Path) -> duckdb.DuckDBPyConnection:
    """Read a lake once for all its analyses: its latest and first snapshots are the same for every one."""
    return load_lake(lake / "lake")


def written(outcome: Outcome) -> dict[str, Any]:
    """The definition as its file says, not as the product read it."""
    return dict(yaml.safe_load((CONF / f"{outcome.definition.analysis}.yml").read_text("utf-8")))


def assert_published_equals_oracle(
    outcome: Outcome, lake: Path, engine: Engine, definition: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Compare what readers see with the oracle over the same lake; return the oracle's tables."""
    theirs = oracle(raw_tables(lake), written(outcome) if definition is None else definition)
    for member in theirs["cohort_members"]:
        member["customer_key"] = hidden(member["customer_key"])
    ours = published_tables(outcome, lake, engine)
    key_ids = {member.pop("key_id") for member in ours["cohort_members"]}
    assert len(key_ids) <= 1
    for member in ours["cohort_members"]:
        member["key_id"] = None
    assert_tables_equal(ours, theirs)
    return theirs


@pytest.mark.parametrize("analysis", shipped_names())
def test_every_published_number_equals_the_oracle(
    analysis: str, outcomes: dict[str, Outcome], lake: Path, engine: Engine
) -> None:
    outcome = outcomes[analysis]
    theirs = assert_published_equals_oracle(outcome, lake, engine)
    assert quality_counts(outcome) == theirs["quality_counts"]
    assert contract_findings(outcome) == contract_rows(
        raw_tables(lake), shipped_contracts(), places="geography" in written(outcome)["sections"]
    )
    assert obstacles(outcome) == {tuple(row[name] for name in OBSTACLE) for row in theirs["obstacles"]}


COUNTED = {"rows_without_key": "keys_missing"} | {
    name: name
    for name in (
        *("keys_non_ascii", "customers_absent_from_base", "customers_without_address_system", "invalid_country"),
        *("customers_without_index", "constant_index_part", "rfm_mean_differs"),
    )
}
ROLES = {
    "customer360__customer_activity_metrics": "activity",
    "customer360__conversion_funnel_analysis": "funnel",
    "customer360__customer_value_analysis": "value",
}


def quality_counts(outcome: Outcome) -> dict[str, float]:
    """The counts of `quality` that the oracle takes too: name, and what it is a count of."""
    counts = {}
    for row in outcome.rows["quality"]:
        name, params = COUNTED.get(row["check_name"]), dict(row["params"] or {})
        if name in ("keys_missing", "keys_non_ascii", "customers_absent_from_base"):
            counts[f"{name}:{ROLES[row['table_name']]}"] = row["observed"]
        elif name == "customers_without_index":
            counts[f"{name}:{params['index']}"] = row["observed"]
        elif name == "constant_index_part":
            counts[f"{name}:{params['index']}.{params['column']}"] = row["observed"]
        elif name:
            counts[name] = row["observed"]
    return counts


def contract_findings(outcome: Outcome) -> list[dict[str, Any]]:
    """The rows of `quality` that the contracts give, without the run's identity."""
    identity = ("run_id", "attempt_id", "analysis")
    rows = (row for row in outcome.rows["quality"] if row["check_name"].startswith("contract_"))
    found = [{name: value for name, value in row.items() if name not in identity} for row in rows]
    return sorted(({**row, "params": dict(row["params"])} for row in found), key=sort_key)


OBSTACLE = ("section", "table_name", "column_name", "reason", "effect", "replaced_by", "remedy")


def obstacles(outcome: Outcome) -> set[tuple[str | None, ...]]:
    """What took sections and measures away, or their place; not what only reads as missing."""
    taken = {"analysis_not_computed", "cohort_not_computed", "section_dropped", "measure_dropped"}
    return {
        tuple(row[name] for name in OBSTACLE)
        for row in outcome.rows["obstacles"]
        if row["effect"] in taken or (row["section"], row["effect"]) == ("consistency", "replaced")
    }


def test_every_column_of_the_contract_is_compared() -> None:
    compared = {table: set(CONTRACT[table]) for table in KEYS}
    identity = {"run_id", "attempt_id", "analysis"}
    contract = {table: set(result_tables.columns(table)) - identity for table in KEYS}
    assert compared == contract
    not_computed_from_data = {"obstacles", "quality", "runs", "publications"}
    assert set(result_tables.NAMES) - set(KEYS) == not_computed_from_data


def test_the_cohort_is_counted_in_customers_where_the_naive_join_counts_rows(
    outcomes: dict[str, Outcome], lake: Path
) -> None:
    if not any(giants in lake.name for giants in ("first", "demo")):
        pytest.skip("only shape first holds the giant e-mails")
    methods = {row["method"]: row for row in outcomes["conversion_behaviour"].rows["method_sensitivity"]}
    assert 500 < methods["latest_snapshot"]["cohort_customers"] < 2_000
    assert methods["naive_join"]["joined_rows"] > 100_000


def test_no_email_stands_in_any_result_table_or_report(lake: Path, outcomes: dict[str, Outcome]) -> None:
    addresses = (b"@example.com", b"@example.org")
    for place in (lake / "results", lake / "reports"):
        for path in place.rglob("*"):
            if path.is_file():
                content = path.read_bytes().lower()
                assert not any(address in content for address in addresses), path.name


@pytest.fixture(scope="module")
def views(outcomes: dict[str, Outcome], lake: Path, engine: Engine) -> list[str]:
    """The published rows under the names that printed statements use."""
    return register_views(engine, str(lake / "results"))


@pytest.mark.parametrize("analysis", shipped_names())
def test_every_printed_statement_returns_the_figures_it_is_printed_for(
    analysis: str, outcomes: dict[str, Outcome], views: list[str], engine: Engine
) -> None:
    folder = Path(outcomes[analysis].report_uri)
    page = numbers.parse_html((folder / "report.en.html").read_text("utf-8"))
    chapter = page.texts.get("queries", "")  # none where nothing could be computed
    asked = re.findall(r"^(.+)\n(SELECT .+)$", chapter, re.MULTILINE)
    assert len(asked) == chapter.count("SELECT ")
    for caption, statement in asked:
        frame = engine.spark.sql(statement)
        (row,) = frame.collect()
        figures = caption.split("; ")
        for figure in figures:
            assert any(numbers.is_rounded(figure, value) for value in row), statement
        for name, value in zip(frame.columns, row, strict=True):
            assert any(numbers.is_rounded(figure, value) for figure in figures), (name, statement)
    headlines = {entry["text"] for entry in numbers.figures_of(folder, "en") if entry["section"] == "summary"}
    assert headlines == {figure for caption, _ in asked for figure in caption.split("; ")}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("analysis", shipped_names())
def test_every_number_of_a_report_is_a_cell_of_a_result_row(
    analysis: str, language: str, outcomes: dict[str, Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = outcomes[analysis]
    folder = Path(outcome.report_uri)
    definition = outcome.definition.model_dump(mode="json", exclude_none=True)
    if language != "en":
        # the run wrote English alone: drawing is what costs, and no number is read from the pictures here
        folder = tmp_path
        (folder / "charts").mkdir()
        monkeypatch.setattr(reporting, "write_chart", not_drawn)
        reporting.write_report(outcome.rows, definition, [language], folder)
    figures = numbers.figures_of(folder, language)
    assert figures
    assert numbers.not_its_cell(figures, outcome.rows) == []
    page = numbers.parse_html((folder / f"report.{language}.html").read_text("utf-8"))
    markdown = numbers.parse_markdown((folder / f"report.{language}.md").read_text("utf-8"), page.titles)
    assert list(markdown.texts) == list(page.texts)
    for printed in (page, markdown):
        assert numbers.unexplained(printed, figures, outcome.rows, definition) == []
