"""What became of every item of the hand-made reports: seeds_coverage.yaml, resolved on the demo lake."""

from __future__ import annotations

import html
import operator
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from jobs.definition import shipped_names
from jobs.engines import Engine
from jobs.reporting.numbers_format import NumberFormat
from jobs.run import Outcome
from tests.demo_lake import demo_outcomes
from transforms import result_tables

COVERAGE = yaml.safe_load((Path(__file__).parent / "seeds_coverage.yaml").read_text("utf-8"))
ENTRIES: list[dict[str, Any]] = COVERAGE["entries"]
REASONS: dict[str, str] = COVERAGE["reasons"]

LANGUAGES = ("en", "zh")
HEAD = {"id", "seed", "where", "kind", "quote"}
KINDS = {"figure", "table", "chart", "claim", "recommendation"}
RESOLUTIONS = {"figure", "rows", "chart", "refuted_by", "not_computable_because"}
# The analysis that regenerates a seed.
ANALYSIS_OF = {
    "000": "high_value_cohort",
    "001": "conversion_behaviour",
    "002": "limited_data_value",
    "003": "low_consistency_high_value",
    "004": "special_conversion",
}
# Counted in the seeds: an entry may be added or resolved otherwise, never dropped.
MINIMUM = {"000": 77, "001": 78, "002": 51, "003": 64, "004": 101}
# The seeds' pictures, counted in the seeds.
PICTURES = {"000": 3, "001": 4, "002": 1, "003": 2, "004": 2}
# The rest of a seed is theirs; a few words are enough to find an item.
LONGEST_QUOTE = 70

OPERATORS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "between": lambda value, limits: limits[0] <= value <= limits[1],
}


# Columns that hold values of a measure; the others are counts, shares and figures without a unit.
IN_THE_UNIT = {"mean", "mean_a", "mean_b", "median", "p10", "p25", "p75", "p90", "ci_low", "ci_high", "kpi_now"}


def resolved_by(*names: str) -> list[Any]:
    return [pytest.param(entry, id=entry["id"]) for entry in ENTRIES if set(names) & set(entry)]


def figures_of(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The single values that an entry rests on."""
    return [entry["figure"]] if "figure" in entry else entry["refuted_by"]["evidence"]


# --- the file itself


def test_every_entry_has_its_head_and_exactly_one_resolution() -> None:
    wrong = [e["id"] for e in ENTRIES if len(RESOLUTIONS & set(e)) != 1 or set(e) - RESOLUTIONS != HEAD]
    assert wrong == []


def test_ids_and_places_are_unique() -> None:
    ids = Counter(entry["id"] for entry in ENTRIES)
    places = Counter((entry["seed"], entry["where"], entry["quote"]) for entry in ENTRIES)
    assert [key for key, n in (ids + places).items() if n > 1] == []


def test_kinds_are_known_and_quotes_are_a_few_words() -> None:
    assert {entry["kind"] for entry in ENTRIES} == KINDS
    assert [entry["id"] for entry in ENTRIES if not 0 < len(entry["quote"]) <= LONGEST_QUOTE] == []
    assert [entry["id"] for entry in ENTRIES if not entry["id"].startswith(f"{entry['seed']}-")] == []


def test_no_item_of_a_seed_was_dropped() -> None:
    counts = Counter(entry["seed"] for entry in ENTRIES)
    assert set(counts) == set(MINIMUM)
    assert {seed: n for seed, n in counts.items() if n < MINIMUM[seed]} == {}
    pictures = Counter(entry["seed"] for entry in ENTRIES if entry["kind"] == "chart")
    assert pictures == PICTURES


def test_a_picture_of_a_seed_is_answered_by_a_picture_of_the_same_name() -> None:
    for entry in ENTRIES:
        if entry["kind"] == "chart" and "chart" in entry:
            assert entry["quote"] == f"{entry['chart']['name']}.png", entry["id"]
            assert entry["chart"]["analysis"] == ANALYSIS_OF[entry["seed"]], entry["id"]


def test_every_reason_is_one_of_the_list_and_every_one_is_used() -> None:
    used = {entry["not_computable_because"] for entry in ENTRIES if "not_computable_because" in entry}
    assert used == set(REASONS)


def test_every_seed_has_its_analysis() -> None:
    assert {entry["seed"] for entry in ENTRIES} == set(ANALYSIS_OF)
    assert set(ANALYSIS_OF.values()) <= set(shipped_names())


def test_a_number_of_a_seed_is_answered_by_a_number_or_refuted() -> None:
    for entry in ENTRIES:
        if entry["kind"] == "figure":
            assert {"figure", "refuted_by"} & set(entry), entry["id"]


def test_every_column_named_is_a_column_of_the_contract() -> None:
    for entry in ENTRIES:
        references = [entry["rows"]] if "rows" in entry else []
        if {"figure", "refuted_by"} & set(entry):
            references = figures_of(entry)
        for reference in references:
            than = reference.get("expect", {}).get("than", {})
            named = {*reference["where"], *than, *([reference["column"]] if "column" in reference else [])}
            assert named <= set(result_tables.columns(reference["table"])), entry["id"]


# --- the demo lake


@pytest.fixture(scope="module")
def outcomes(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    return demo_outcomes(engine, tmp_path_factory)[1]


@pytest.fixture(scope="module")
def printed(outcomes: dict[str, Outcome]) -> dict[str, list[tuple[str, str]]]:
    """Per analysis: each block of the English report, unescaped, and the source line that ends it."""
    blocks = {}
    for analysis, outcome in outcomes.items():
        parts = re.split(r"<sub>Source: (.*?)</sub>", (Path(outcome.report_uri) / "report.en.md").read_text("utf-8"))
        texts = [html.unescape(part).replace("\\", "") for part in parts[::2]]
        blocks[analysis] = list(zip(texts, parts[1::2], strict=False))
    return blocks


def rows_where(outcomes: Mapping[str, Outcome], reference: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    rows = outcomes[reference["analysis"]].rows[reference["table"]]
    return [row for row in rows if all(row[name] == value for name, value in reference["where"].items())]


def the_row(outcomes: Mapping[str, Outcome], reference: Mapping[str, Any]) -> Mapping[str, Any]:
    found = rows_where(outcomes, reference)
    assert len(found) == 1, f"{len(found)} rows of {reference['table']} where {reference['where']}"
    assert found[0][reference["column"]] is not None, reference
    return found[0]


def assert_as_expected(outcomes: Mapping[str, Outcome], reference: Mapping[str, Any]) -> None:
    value = the_row(outcomes, reference)[reference["column"]]
    expect = reference.get("expect")
    if expect is None:
        return
    (other,) = set(expect) - {"op"}
    limit = (
        expect["value"]
        if other == "value"
        else the_row(outcomes, {**reference, "where": expect["than"]})[reference["column"]]
    )
    assert OPERATORS[expect["op"]](value, limit), f"{value} is not {expect['op']} {limit}"


@pytest.mark.parametrize("entry", resolved_by("figure"))
def test_a_figure_is_one_value_of_one_published_row(entry: dict[str, Any], outcomes: dict[str, Outcome]) -> None:
    assert_as_expected(outcomes, entry["figure"])


@pytest.mark.parametrize("entry", resolved_by("rows"))
def test_a_table_is_answered_by_rows(entry: dict[str, Any], outcomes: dict[str, Outcome]) -> None:
    assert len(rows_where(outcomes, entry["rows"])) >= entry["rows"]["at_least"] > 0


@pytest.mark.parametrize("entry", resolved_by("chart"))
def test_a_chart_exists_in_both_languages_and_stands_in_both_reports(
    entry: dict[str, Any], outcomes: dict[str, Outcome]
) -> None:
    folder = Path(outcomes[entry["chart"]["analysis"]].report_uri)
    for language in LANGUAGES:
        name = f"charts/{entry['chart']['name']}.{language}.png"
        assert (folder / name).read_bytes().startswith(b"\x89PNG"), name
        assert f"]({name})" in (folder / f"report.{language}.md").read_text("utf-8"), name


@pytest.mark.parametrize("entry", resolved_by("refuted_by"))
def test_a_claim_is_refuted_only_while_the_rows_refute_it(entry: dict[str, Any], outcomes: dict[str, Outcome]) -> None:
    refuted = entry["refuted_by"]
    assert refuted["because"]
    assert refuted["evidence"]
    for evidence in refuted["evidence"]:
        assert "expect" in evidence
        assert_as_expected(outcomes, evidence)


@pytest.mark.parametrize("entry", resolved_by("figure", "refuted_by"))
def test_the_report_prints_what_an_entry_rests_on_above_the_source_that_holds_it(
    entry: dict[str, Any], outcomes: dict[str, Outcome], printed: dict[str, list[tuple[str, str]]]
) -> None:
    for figure in figures_of(entry):
        row = the_row(outcomes, figure)
        source = f"`{figure['table']}`"
        if row.get("section") and figure["table"] != "obstacles":  # they stand in one chapter, whatever they touch
            source += f", section `{row['section']}`"
        texts = [text for text, sources in printed[figure["analysis"]] if source in sources.split("; ")]
        assert texts, f"no block of the report names {source}"
        form = as_printed(figure, row, unit_of(row, outcomes[figure["analysis"]]))
        if form is None:
            continue
        whole = re.compile(rf"(?<![\d.,]){re.escape(form)}(?![%\d]|[.,]\d)")
        assert any(whole.search(text) for text in texts), f"{form} stands in no block from {source}"


def unit_of(row: Mapping[str, Any], outcome: Outcome) -> str | None:
    """What the values of a row are measured in; a comparison and a strategy have the unit of their measure."""
    measure = row.get("measure") or row.get("kpi")
    units = {found["unit"] for found in outcome.rows["measures"] if measure and found["measure"] == measure}
    return units.pop() if len(units) == 1 else None


def as_printed(figure: Mapping[str, Any], row: Mapping[str, Any], unit: str | None) -> str | None:
    """The number as a reader finds it, without its sign; None for what is a word of the texts."""
    column, value = figure["column"], row[figure["column"]]
    if isinstance(value, str):
        return None
    form = NumberFormat(language="en")
    if isinstance(value, int):
        return form.count(value)
    if column in ("share", "match_rate", "relative_difference"):
        return form.percent(abs(value))
    if column == "p_adjusted":
        return form.p_value(value)
    if column == "index":
        return form.number(value, 0)
    if column == "kpi_now" and row["kpi"] == "churn_probability":
        return form.percent(value)
    if row.get("section") == "tier_ltv" or column == "value_at_stake":
        return form.money(abs(value))
    return form.by_unit(value, unit if column in IN_THE_UNIT else None)
