"""Contracts out of a file of the Open Data Contract Standard."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.cli import main
from jobs.contracts.loading import load_contracts
from transforms.input_tables import TABLES

pytest.importorskip("open_data_contract_standard", reason="the package open-data-contract-standard is not installed")

FILE = """\
apiVersion: v3.1.0
kind: DataContract
id: value-mart
version: 1.0.0
status: active
schema:
  - name: values
    physicalName: customer360__customer_value_analysis
    quality:
      - {type: library, metric: rowCount, mustBeGreaterThan: 999, severity: warning}
      - {type: sql, name: our own, query: SELECT 1, mustBe: 1}
    properties:
      - {name: primary_email, logicalType: string, required: true}
      - {name: churn_probability, logicalType: number, logicalTypeOptions: {minimum: 0, maximum: 1}}
      - name: tier
        physicalName: customer_tier
        logicalType: string
        required: true
        quality:
          - metric: invalidValues
            arguments: {validValues: [Basic, Gold]}
            mustBeLessOrEqualTo: 2
            unit: percent
            severity: info
      - {name: revenue_tier, logicalType: string, enum: [{value: High}, {value: Low}]}
      - {name: analysis_timestamp, logicalType: date, logicalTypeOptions: {minimum: "2020-01-01"}}
      - {name: nickname, logicalType: string}
  - {name: orders, physicalName: orders}
slaProperties:
  - {property: latency, value: 36, unit: h, element: values.analysis_timestamp}
  - {property: retention, value: 3, unit: y, element: values.analysis_timestamp}
"""


def test_what_has_a_rule_is_imported_and_the_rest_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mart.odcs.yaml").write_text(FILE)
    out = tmp_path / "contracts"
    assert main(["config", "import-contract", str(tmp_path / "mart.odcs.yaml"), "--out", str(out)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "not imported: values: check 'our own' of the table",
        "not imported: values: 'required' of column 'customer_tier': missing values are counted, not limited",
        "not imported: values: ranges of column 'analysis_timestamp': limits of another type",
        f"not imported: values: unknown column 'nickname' of {TABLES['value'].name}",
        "not imported: values: service level 'retention' of values.analysis_timestamp",
        "not imported: orders: none of our tables",
        f"wrote {out}/value.yml; it replaces the shipped contract with: --contracts {out}",
    ]
    found = load_contracts(str(out))["value"].model_dump(mode="json", exclude_defaults=True)
    columns = ("primary_email", "churn_probability", "customer_tier", "revenue_tier", "analysis_timestamp")
    assert found == {
        "contract": "value",
        "columns": [{"column": name, "severity": "error"} for name in columns],
        "key": [{"severity": "error"}],
        "snapshot": [{"maximum_age_days": 1.5, "severity": "error"}],
        "ranges": [{"column": "churn_probability", "minimum": 0, "maximum": 1, "severity": "error"}],
        "values": [
            {"column": "customer_tier", "allowed": ["Basic", "Gold"], "tolerance": 0.02, "severity": "info"},
            {"column": "revenue_tier", "allowed": ["High", "Low"], "severity": "error"},
        ],
        "rows": [{"minimum": 1000, "severity": "warning"}],
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind: DataContract\nschema: []\n", "describes none of the input tables; expected one of customer360__"),
        ("kind: DataContract\nschemas: []\n", "mart.yaml:2: schemas: does not fit the Open Data Contract Standard 3"),
        ("- 1\n", "mart.yaml:1: file: does not fit the Open Data Contract Standard 3"),
    ],
)
def test_another_file_is_one_line(tmp_path: Path, text: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mart.yaml").write_text(text)
    assert main(["config", "import-contract", str(tmp_path / "mart.yaml"), "--out", str(tmp_path / "out")]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_contract_that_is_there_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mart.yaml").write_text(FILE)
    (tmp_path / "value.yml").write_text("contract: value\n")
    assert main(["config", "import-contract", str(tmp_path / "mart.yaml"), "--out", str(tmp_path)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert (tmp_path / "value.yml").read_text() == "contract: value\n"
