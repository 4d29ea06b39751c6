"""Overrides, their precedence and origins; `config show`, `validate` and `schema`."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from jobs.cli import main
from jobs.conf_files import conf_folder
from jobs.config.overrides import Override, all_overrides
from jobs.config.resolve import resolve
from jobs.config.schema import definition_schema
from jobs.config.show import flow, scalar, shown
from jobs.definition import load_definition, shipped_names, strict_yaml
from jobs.definition.loading import read_yaml
from jobs.errors import UsageError

ROOT = Path(__file__).parents[2]
MINE = """\
analysis: mine
title: {en: Mine}
question: {en: Which ones}
languages: [en]
base: value
cohort:
  - {column: churn_probability, operator: ">=", value: 0.6}
sections:
  cohort_profile:
    measures: [{column: recency_score, unit: score_1_5}]
"""


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in a folder with one definition, without options of the environment."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("CUSTOMER360_"):
            monkeypatch.delenv(name)
    Path("mine.yml").write_text(MINE, "utf-8")


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The standard output of a command that succeeds in silence."""
    assert main(arguments) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line of a command that ends with exit code 2."""
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    assert line.startswith("C360-USAGE exit=2: ")
    return line


def line_of(text: str, key: str) -> str:
    """The first line of a shown definition for a key, without the padding before its origin."""
    return next(
        re.sub(r" +# ", "  # ", line.strip()) for line in text.splitlines() if line.strip().startswith(f"{key}:")
    )


# ---- overrides ------------------------------------------------------------------------------------------------------


def test_the_stronger_origin_wins_and_is_named(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    show = ("config", "show", "mine.yml")
    assert line_of(said(capsys, *show), "minimum_group") == "minimum_group: 5  # default"
    Path("mine.yml").write_text(f"{MINE}minimum_group: 6\n", "utf-8")
    assert line_of(said(capsys, *show), "minimum_group") == "minimum_group: 6  # mine.yml:11"
    Path("options.yml").write_text("lake: l\nset:\n  minimum_group: 7\n", "utf-8")
    with_file = ("--config", "options.yml", *show)
    assert line_of(said(capsys, *with_file), "minimum_group") == "minimum_group: 7  # options.yml:3"
    monkeypatch.setenv("CUSTOMER360_SET", "minimum_group=8; currency=EUR")
    out = said(capsys, *with_file)
    assert line_of(out, "minimum_group") == "minimum_group: 8  # environment"
    assert line_of(out, "currency") == "currency: EUR  # environment"
    out = said(capsys, *with_file, "--set", "minimum_group=9")
    assert line_of(out, "minimum_group") == "minimum_group: 9  # command line"
    assert line_of(out, "currency") == "currency: EUR  # environment"
    assert line_of(out, "base") == "base: value  # mine.yml:5"


@pytest.mark.parametrize(
    ("entry", "place", "value"),
    [
        ("cohort.0.value=0.7", ("cohort", 0, "value"), 0.7),
        ("cohort.0.operator=>", ("cohort", 0, "operator"), ">"),
        ("cohort.0.operator='='", ("cohort", 0, "operator"), "="),
        ("sections.cohort_profile.measures.0.column=monetary_score", ("sections", "cohort_profile"), None),
        ("languages=[en, zh]", ("languages",), ["en", "zh"]),
        ("languages.0=zh", ("languages", 0), "zh"),
        ("sections.tier_ltv={}", ("sections", "tier_ltv"), {}),
        ("columns.lifecycle_stage=value", ("columns", "lifecycle_stage"), "value"),
        ("inputs.value.table=crm", ("inputs", "value", "table"), "crm"),
        ("inputs.value.columns.primary_email=EMAIL", ("inputs", "value", "columns", "primary_email"), "EMAIL"),
        ("mine:minimum_group=7", ("minimum_group",), 7),
    ],
)
def test_a_path_reaches_into_lists_mappings_and_defaults(entry: str, place: tuple[Any, ...], value: object) -> None:
    (found,) = resolve(["mine.yml"], all_overrides([entry]))
    content: Any = found.definition.model_dump(mode="json", exclude_none=True)
    for part in place:
        content = content[part]
    assert value is None or content == value
    assert found.definition.digest() != load_definition("mine.yml").digest()


def test_a_part_of_a_default_is_set_and_the_rest_stays_default() -> None:
    changes = ["sections.segments.age_bands.1=400", "sections.segments.rfm_weights={recency: 0.4, monetary: 0.3}"]
    (found,) = resolve(["limited_data_value"], all_overrides(changes))
    options = found.definition.sections.segments
    assert options is not None
    assert options.age_bands == [180, 400, 730]
    assert (options.rfm_weights.recency, options.rfm_weights.frequency, options.rfm_weights.monetary) == (0.4, 0.3, 0.3)
    place = ("sections", "segments")
    assert found.origin((*place, "age_bands", 1)) == "command line"
    assert found.origin((*place, "age_bands", 0)) == "default"
    assert found.origin((*place, "rfm_weights", "recency")) == "command line"
    assert found.origin((*place, "rfm_weights", "frequency")) == "default"
    assert found.origin((*place, "compare", 0, "a")).startswith("limited_data_value.yml:")


def test_null_takes_an_optional_section_out() -> None:
    (found,) = resolve(["win_back"], all_overrides(["sections.channels=null"]))
    assert found.definition.sections.channels is None


def test_an_override_without_a_name_goes_to_every_analysis_that_has_the_path() -> None:
    changes = ["sections.geography.minimum_match_rate=0.25", "win_back:minimum_group=9"]
    found = {one.definition.analysis: one.definition for one in resolve(shipped_names(), all_overrides(changes))}
    rates = {name: d.sections.geography.minimum_match_rate for name, d in found.items() if d.sections.geography}
    assert rates == dict.fromkeys(("conversion_behaviour", "high_value_cohort", "special_conversion"), 0.25)
    assert {name: d.minimum_group for name, d in found.items() if d.minimum_group != 5} == {"win_back": 9}


def test_an_alias_is_changed_in_one_place() -> None:
    text = MINE.replace("sections:", "derived_from:\n  adjusted_ltv: &x [customer_tier]\n  ltv: *x\nsections:")
    Path("mine.yml").write_text(text.replace("  ltv:", "  expected_annual_revenue:"), "utf-8")
    (found,) = resolve(["mine.yml"], all_overrides(["derived_from.adjusted_ltv.0=revenue_tier"]))
    expected = {"adjusted_ltv": ["revenue_tier"], "expected_annual_revenue": ["customer_tier"]}
    assert found.definition.derived_from == expected


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        (["minimum_grup=9"], "command line (--set): unknown path 'minimum_grup'; nearest: 'minimum_group'"),
        (["cohort.0.valeu=1"], "unknown path 'cohort.0.valeu'; nearest: 'cohort.0.value'"),
        (["cohort.7.value=1"], "no analysis of this run has 'cohort.7.value'; nearest: 'cohort.0.value'"),
        (["minimum_group.0=1"], "unknown path 'minimum_group.0'; nearest: 'minimum_group'"),
        (["sections.geography.minimum_match_rate=1"], "no analysis of this run has 'sections.geography."),
        (["mien:minimum_group=1"], "no analysis 'mien' in this run; expected one of mine; nearest: 'mine'"),
        (["mine:sections.geography.minimum_match_rate=1"], "mine has no 'sections.geography.minimum_match_rate'"),
        (["minimum_group"], "'minimum_group' is not of the form PATH=VALUE -> for example minimum_group=10"),
        (["=5"], "'=5' is not of the form PATH=VALUE"),
        (["minimum_group=[1"], "the value of 'minimum_group' is not valid YAML"),
        (["minimum_group=0"], "command line (--set) for mine: minimum_group: found 0; expected at least 1"),
        (["minimum_group=010"], "found the text '010'; expected a whole number (a number has no leading zero)"),
        (["minimum_group="], "minimum_group: found nothing; expected a whole number"),
        (["cohort.0.column=churn"], "cohort.0.column: unknown column 'churn'; nearest: 'churn_probability'"),
        (["cohort.0.value=low"], "cohort.0.column: column 'churn_probability' is compared with numbers"),
        (["cohort=null"], "command line (--set) for mine: cohort: give a cohort, segments, or both"),
        (["cohort=5", "cohort.0.value=1"], "'cohort.0.value' does not fit what is set for a part of this path"),
    ],
)
def test_a_wrong_override_is_one_line_that_names_its_place(
    changes: list[str], part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [option for change in changes for option in ("--set", change)]
    assert part in refused(capsys, "config", "show", "mine.yml", *options)


def test_a_wrong_override_of_the_environment_and_of_the_file_names_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("options.yml").write_text("set:\n  minimum_group: 7\n  minimum_grup: 7\n", "utf-8")
    line = refused(capsys, "--config", "options.yml", "config", "show", "mine.yml")
    assert "options.yml:3: unknown path 'minimum_grup'; nearest: 'minimum_group'" in line
    Path("options.yml").write_text("set: [minimum_group]\n", "utf-8")
    line = refused(capsys, "--config", "options.yml", "config", "show", "mine.yml")
    assert "options.yml:1: set: expected a mapping of path to value" in line
    monkeypatch.setenv("CUSTOMER360_SET", "minimum_group=0")
    line = refused(capsys, "config", "show", "mine.yml")
    assert "environment (CUSTOMER360_SET) for mine: minimum_group: found 0" in line


def test_what_a_file_sets_for_other_analyses_is_left_alone() -> None:
    """A configuration file serves many runs; the command line is written for one."""
    file = [
        Override(path="minimum_group", value=9, origin="options.yml:2", analysis="other"),
        Override(path="sections.geography.minimum_match_rate", value=0.1, origin="options.yml:3"),
    ]
    (found,) = resolve(["mine.yml"], file)
    assert found.definition.digest() == load_definition("mine.yml").digest()


def test_two_definitions_of_one_name_are_refused() -> None:
    Path("again.yml").write_text(MINE, "utf-8")
    with pytest.raises(UsageError, match=r"again.yml:1: analysis: 'mine' is the name of mine.yml too"):
        resolve(["mine.yml", "again.yml"])
    assert len(resolve(["mine.yml", "mine.yml"])) == 1


def test_run_takes_overrides_before_an_engine_starts(capsys: pytest.CaptureFixture[str]) -> None:
    places = ("--lake", "l", "--results", "r", "--reports", "p")
    line = refused(capsys, "run", "mine.yml", *places, "--set", "minimum_grup=1")
    assert "nearest: 'minimum_group'" in line


# ---- config show ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", shipped_names())
def test_a_shown_definition_is_a_file_of_the_same_definition(name: str) -> None:
    (found,) = resolve([name], all_overrides(["minimum_group=9", "title.en=NO"]))
    Path("shown.yml").write_text(shown(found), "utf-8")
    assert load_definition("shown.yml").digest() == found.definition.digest()


@pytest.mark.parametrize("name", shipped_names())
def test_every_value_of_a_shown_definition_has_an_origin(name: str) -> None:
    lines = shown(resolve([name])[0]).splitlines()
    without = [line for line in lines if "  # " not in line]
    assert all(re.fullmatch(r" *(- )?\S[^#]*:", line) for line in without)
    source = (conf_folder() / "analyses" / f"{name}.yml").read_text("utf-8").splitlines()
    for line in lines:
        found = re.fullmatch(rf" *(?:- )?(\w+): .*  # {name}\.yml:(\d+)", line)
        if found:
            assert found.group(1) in source[int(found.group(2)) - 1]


@pytest.mark.parametrize(
    "text",
    ["NO", "off", "010", "12:30", "1e3", "null", "true", "", " x ", "a: b", "# x", "-", "=", "[x", "小", "x\ny", "'"],
)
def test_text_that_yaml_would_read_otherwise_is_quoted(text: str) -> None:
    assert strict_yaml.load(f"a: {scalar(text)}") == {"a": text}
    assert strict_yaml.load(f"a: {flow([text, 1, {text: 0.5}])}") == {"a": [text, 1, {text: 0.5}]}
    assert yaml.safe_load(f"a: {scalar(text)}") == {"a": text}


# ---- config validate ------------------------------------------------------------------------------------------------


def test_validate_prints_a_line_per_valid_definition(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "config", "validate").splitlines() == [f"ok {name}" for name in shipped_names()]
    assert said(capsys, "config", "validate", "mine.yml", "win_back") == "ok mine.yml (mine)\nok win_back\n"


def test_validate_prints_a_line_per_problem_of_all_files(capsys: pytest.CaptureFixture[str]) -> None:
    Path("two.yml").write_text(MINE.replace("base: value", "base: x\nextra: 1"), "utf-8")
    Path("broken.yml").write_text("a: [", "utf-8")
    arguments = ("config", "validate", "two.yml", "mine.yml", "broken.yml", "absent.yml", "win_bak")
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == "ok mine.yml (mine)\n"
    starts = ("two.yml:5: base: ", "two.yml:6: extra: ", "broken.yml:1: ", "definition file absent", "unknown analysis")
    lines = err.splitlines()
    assert len(lines) == len(starts)
    for line, start in zip(lines, starts, strict=True):
        assert line.startswith(f"C360-USAGE exit=2: {start}")


def test_the_config_commands_as_processes(tmp_path: Path) -> None:
    Path("broken.yml").write_text(MINE.replace("base: value", "base: x"), "utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CUSTOMER360_")}

    def process(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "jobs.cli", "config", *arguments],
            cwd=tmp_path,
            env={**environment, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    broken = process("validate", "broken.yml")
    assert (broken.returncode, broken.stdout) == (2, "")
    assert broken.stderr.splitlines() == [
        "C360-USAGE exit=2: broken.yml:5: base: the text 'x' is not allowed; expected one of 'activity', 'value'"
    ]
    schema = process("schema")
    assert (schema.returncode, schema.stderr) == (0, "")
    assert json.loads(schema.stdout)["title"] == "customer360 analysis"
    show = process("show", "mine.yml")
    assert (show.returncode, show.stderr) == (0, "")
    assert strict_yaml.load(show.stdout)["analysis"] == "mine"
    wrong = process("shwo")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "no command 'shwo'; nearest: 'show'" in wrong.stderr


# ---- config schema --------------------------------------------------------------------------------------------------


def test_the_schema_is_what_an_editor_needs() -> None:
    schema = definition_schema()
    assert schema["title"] == "customer360 analysis"
    assert schema["$schema"].startswith("https://json-schema.org/")
    models = [schema, *schema["$defs"].values()]
    assert all(model["additionalProperties"] is False for model in models)
    condition = schema["$defs"]["ConditionModel"]["properties"]
    assert {"churn_probability", "rfm_mean"} <= set(condition["column"]["enum"])
    assert "between" in condition["operator"]["enum"]
    assert re.search(next(part["pattern"] for part in condition["statistic"]["anyOf"] if "pattern" in part), "top_30")


@pytest.mark.parametrize("name", shipped_names())
def test_the_schema_knows_every_key_of_a_shipped_definition(name: str) -> None:
    """Without a validator: keys, required keys, and values of lists of choices, along the references."""
    schema = definition_schema()

    def resolved_schema(node: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = schema["$defs"][node["$ref"].rpartition("/")[2]] if "$ref" in node else node
        return found

    def check(node: dict[str, Any], value: Any, place: str) -> None:
        node = resolved_schema(node)
        if "anyOf" in node:
            kinds = {"object": dict, "array": list, "string": str, "null": type(None)}
            fitting = [
                one
                for one in map(resolved_schema, node["anyOf"])
                if isinstance(value, kinds.get(one.get("type", ""), int | float))
            ]
            assert fitting, place
            node = fitting[0]
        if "enum" in node:
            assert value in node["enum"], place
        if isinstance(value, list):
            for number, item in enumerate(value):
                check(node["items"], item, f"{place}.{number}")
        if isinstance(value, dict):
            properties = node.get("properties", {})
            assert set(node.get("required", ())) <= set(value), place
            for key, item in value.items():
                if key in properties:
                    check(properties[key], item, f"{place}.{key}")
                else:
                    assert isinstance(node.get("additionalProperties"), dict), f"{place}.{key}"
                    assert key in node.get("propertyNames", {}).get("enum", [key]), f"{place}.{key}"
                    check(node["additionalProperties"], item, f"{place}.{key}")

    check(schema, read_yaml(conf_folder() / "analyses" / f"{name}.yml", name).raw, name)


@pytest.mark.parametrize("name", shipped_names())
def test_a_validator_of_json_schema_accepts_every_shipped_definition(name: str) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="the package jsonschema is not installed")
    validator = jsonschema.Draft202012Validator(definition_schema())
    validator.check_schema(definition_schema())
    raw = read_yaml(conf_folder() / "analyses" / f"{name}.yml", name).raw
    assert [error.message for error in validator.iter_errors(raw)] == []
    assert not validator.is_valid({**raw, "extra": 1})
    assert not validator.is_valid({**raw, "minimum_group": 0})
    assert not validator.is_valid({**raw, "cohort": [{"column": "churn", "operator": ">", "value": 1}]})
