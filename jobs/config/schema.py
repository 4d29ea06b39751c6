"""The JSON schema of a definition file, for editors."""

from __future__ import annotations

import json
from typing import Any

from jobs.definition import Definition
from jobs.definition.checks import UNITS
from transforms import derived
from transforms.input_tables import TABLES
from transforms.rules import STATISTIC

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
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found, "title": "customer360 analysis"}


def schema_text() -> str:
    """Return the schema as JSON text."""
    return json.dumps(definition_schema(), indent=2, ensure_ascii=False)


def _texts(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a schema that is about text: itself, or the alternative beside null."""
    parts: list[dict[str, Any]] = schema.get("anyOf", [schema])
    return next(part for part in parts if part.get("type") == "string")
