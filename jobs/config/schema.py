"""The JSON schemas of definition and contract files, for editors."""

from __future__ import annotations

import json
from typing import Any

from jobs.contracts.model import Contract
from jobs.definition import Definition
from jobs.definition.checks import UNITS
from transforms import derived
from transforms.input_tables import TABLES
from transforms.rules import STATISTIC

_DIALECT = "https://json-schema.org/draft/2020-12/schema"

# The keys whose value is a column of the customer view, by model.
_COLUMN_KEYS = {
    "ConditionModel": ("column", "within"),
    "MeasureModel": ("column",),
    "PartModel": ("column", "measure"),
    "CrosstabModel": ("row", "column"),
    "NumberPairModel": ("x", "y"),
    "KpiModel": ("measure",),
}
_COLUMN_LISTS = {"ChannelsSection": ("dimensions",), "SegmentsSection": ("dimensions",)}
_COLUMN_MAPPINGS = ("columns", "scales", "derived_from")


def definition_schema() -> dict[str, Any]:
    """Return the schema; it also lists the columns, units and tables that a definition may name."""
    found = Definition.model_json_schema()
    roles = ("activity", "funnel", "value")
    columns = sorted({name for role in roles for name in TABLES[role].columns} | set(derived.PARENTS))
    models = found["$defs"]
    for model, keys in _COLUMN_KEYS.items():
        for key in keys:
            _texts(models[model]["properties"][key]).update(enum=columns)
    for model, keys in _COLUMN_LISTS.items():
        for key in keys:
            models[model]["properties"][key]["items"] = {"enum": columns}
    for key in _COLUMN_MAPPINGS:
        found["properties"][key]["propertyNames"] = {"enum": columns}
    found["properties"]["required"]["items"] = {"enum": [*TABLES, *columns]}
    models["MeasureModel"]["properties"]["unit"]["enum"] = list(UNITS)
    # JSON schema knows no named groups
    _texts(models["ConditionModel"]["properties"]["statistic"])["pattern"] = f"^({STATISTIC.pattern})$".replace(
        "?P<percentile>", ""
    ).replace("?P<share>", "")
    return {"$schema": _DIALECT, **found, "title": "customer360 analysis"}


def contract_schema() -> dict[str, Any]:
    """Return the schema of a contract; it also lists the columns that one may name."""
    found = Contract.model_json_schema()
    columns = sorted({name for table in TABLES.values() for name in table.columns})
    for model in ("ColumnRule", "RangeRule", "ValuesRule"):
        found["$defs"][model]["properties"]["column"]["enum"] = columns
    return {"$schema": _DIALECT, **found, "title": "customer360 contract"}


def schema_text(kind: str) -> str:
    """Return the schema of an `analysis` or a `contract` as JSON text."""
    schema = contract_schema() if kind == "contract" else definition_schema()
    return json.dumps(schema, indent=2, ensure_ascii=False)


def _texts(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a schema that is about text: itself, or the alternative beside null."""
    parts: list[dict[str, Any]] = schema.get("anyOf", [schema])
    return next(part for part in parts if part.get("type") == "string")
