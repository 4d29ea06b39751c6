"""Contract files: what they hold, what replaces what, and one line per mistake."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from jobs.cli import main
from jobs.conf_files import conf_folder
from jobs.config.schema import contract_schema
from jobs.contracts.loading import contracts_digest, load_contracts
from jobs.contracts.model import SEVERITIES, Contract
from jobs.definition import strict_yaml
from jobs.errors import UsageError
from transforms.input_tables import TABLES

FILE = """\
contract: value
ranges:
  - {column: churn_probability, minimum: 0, maximum: 1, severity: error}
"""


def refused(folder: Path) -> str:
    with pytest.raises(UsageError) as caught:
        load_contracts(str(folder))
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_a_folder_replaces_the_shipped_contract_of_the_tables_it_has(tmp_path: Path) -> None:
    (tmp_path / "any_name.yaml").write_text(FILE)
    (tmp_path / "notes.txt").write_text("no contract")
    shipped, found = load_contracts(), load_contracts(str(tmp_path))
    assert [rule.severity for rule in found["value"].ranges] == ["error"]
    assert found["value"].rows == []
    assert {role: found[role] for role in found if role != "value"} == {
        role: shipped[role] for role in shipped if role != "value"
    }
    assert contracts_digest(found) != contracts_digest(shipped) == contracts_digest(load_contracts())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("contract: valu\n", ":1: contract: the text 'valu' is not allowed; expected one of"),
        ("contract: value\nrange: []\n", ":2: range: unknown key 'range'; nearest: 'ranges'"),
        ("contract: value\nkey:\n  - {tolerance: 0.1}\n", ":3: key.0: key 'severity' is missing"),
        (
            "contract: value\nkey:\n  - {tolerance: 0.1, severity: warn}\n",
            ":3: key.0.severity: the text 'warn' is not allowed; expected one of 'error', 'warning', 'info'; "
            "nearest: 'warning'",
        ),
        (
            "contract: value\nkey:\n  - {tolerance: 1.1, severity: info}\n",
            ":3: key.0.tolerance: found 1.1; expected at",
        ),
        (
            "contract: value\nranges:\n  - {column: churn, minimum: 0, severity: info}\n",
            ":3: ranges.0.column: unknown column 'churn' of customer360__customer_value_analysis; "
            "nearest: 'churn_probability'",
        ),
        (
            "contract: value\nranges:\n  - {column: customer_tier, minimum: 0, severity: info}\n",
            ":3: ranges.0.column: 'customer_tier' is string; a range is for numbers",
        ),
        (
            "contract: value\nranges:\n  - {column: churn_probability, minimum: 2, maximum: 1, severity: info}\n",
            ":3: ranges.0.minimum: 2 is more than the maximum 1",
        ),
        (
            "contract: value\nranges:\n  - {column: churn_probability, severity: info}\n",
            ":3: ranges.0: says nothing; give minimum or maximum",
        ),
        (
            "contract: activity\nvalues:\n  - {column: in_stripe, allowed: [0, true], severity: info}\n",
            ":3: values.0.allowed.1: 'in_stripe' is int; expected a whole number",
        ),
        (
            "contract: value\nvalues:\n  - {column: churn_probability, allowed: [1], severity: info}\n",
            ":3: values.0.column: 'churn_probability' is double; allowed values are for texts and whole numbers",
        ),
        (
            "contract: address\nsnapshot:\n  - {maximum_age_days: 1, severity: info}\n",
            ":2: snapshot: customer360__address has no snapshot column",
        ),
        (
            "contract: address\nrelations:\n  - {to: value, maximum_fan_out: 1, severity: info}\n",
            ":2: relations: customer360__address has no e-mail address; only activity, funnel and value have relations",
        ),
        (
            "contract: value\nrelations:\n  - {to: value, maximum_fan_out: 1, severity: info}\n",
            ":3: relations.0.to: a table has no relation to itself",
        ),
        (
            "contract: value\nsnapshot:\n  - {severity: info}\n",
            ":3: snapshot.0: says nothing; give maximum_age_days or maximum_ahead_days",
        ),
        ("contract: value\nrows:\n  - {severity: info}\n", ":3: rows.0: says nothing; give minimum or maximum_drop or"),
        ("contract: value\nrows:\n  minimum: 1\n", ": rows: found a mapping; expected a list"),
        ("contract: value\ncontract: value\n", ":2: duplicate key 'contract'"),
        ("", "found nothing; expected a mapping"),
    ],
)
def test_a_mistake_is_one_line_with_file_line_and_what_is_expected(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "value.yml"
    path.write_text(text)
    found = refused(tmp_path)
    assert str(path) in found
    assert said in found


def test_two_contracts_for_one_table_are_refused(tmp_path: Path) -> None:
    for name in ("a.yml", "b.yml"):
        (tmp_path / name).write_text(FILE)
    assert refused(tmp_path) == f"{tmp_path}/b.yml:1: contract: {tmp_path}/a.yml is for value too"


def test_the_mistakes_of_all_files_are_told(tmp_path: Path) -> None:
    for name in ("a.yml", "b.yml"):
        (tmp_path / name).write_text("contract: x\n")
    assert refused(tmp_path).count("is not allowed") == 2


def test_a_folder_that_is_not_there_or_holds_nothing_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "no") == f"folder {tmp_path}/no of contracts does not exist"
    assert refused(tmp_path) == f"folder {tmp_path} holds no contract; expected files like value.yml"


def test_the_schema_of_a_contract_is_printed_and_names_columns_and_severities(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["config", "schema", "contract"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert set(schema["properties"]) == set(Contract.model_fields)
    assert not schema["additionalProperties"]
    assert "churn_probability" in schema["$defs"]["RangeRule"]["properties"]["column"]["enum"]
    assert schema["$defs"]["KeyRule"]["properties"]["severity"]["enum"] == list(SEVERITIES)
    assert main(["config", "schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "customer360 analysis"


@pytest.mark.parametrize("role", TABLES)
def test_a_validator_of_json_schema_accepts_every_shipped_contract(role: str) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="the package jsonschema is not installed")
    validator = jsonschema.Draft202012Validator(contract_schema())
    raw = strict_yaml.load((conf_folder() / "contracts" / f"{role}.yml").read_text("utf-8"))
    assert [error.message for error in validator.iter_errors(raw)] == []
    assert not validator.is_valid({**raw, "extra": 1})


def test_the_contract_of_the_guide_is_valid_and_shows_every_key(tmp_path: Path) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "contracts.md").read_text("utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)
    (tmp_path / "value.yml").write_text(example)
    found = load_contracts(str(tmp_path))["value"]
    assert found.model_fields_set == set(Contract.model_fields)
    for listed in (getattr(found, name) for name in Contract.model_fields if name != "contract"):
        shown = set().union(*(rule.model_fields_set for rule in listed))
        assert set(type(listed[0]).model_fields) - {"tolerance"} <= shown
    tabled = set(re.findall(r"^\| `(\w+)` \|", guide, re.MULTILINE))
    assert tabled == set(Contract.model_fields) - {"contract"}
