"""docs/definition-keys.md: every key of a definition file, from the models that read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobs.config.schema import definition_schema
from jobs.reference.markdown_table import table

_HEAD = """\
# Keys of a definition

What `conf/analyses/*.yml` and your own files may hold; anything else is refused with file, line and the nearest
key. A guide by example: [write-an-analysis.md](write-an-analysis.md). For editors: `customer360 config schema >
analysis.schema.json`. Written by `make docs` from `jobs/definition`. `!` marks keys that must be there;
`column` is a column of the customer view ([metrics.md](metrics.md)).
"""
_MANY = 30


def definition_keys_page() -> str:
    """Return the page: the definition first, then its parts by name."""
    schema = definition_schema()
    parts = [_HEAD, "## Definition", _table(schema), ""]
    for name, model in sorted(schema["$defs"].items()):
        if not model.get("properties"):
            continue
        parts += [f"## {_title(name)}", " ".join(model.get("description", "").split()), "", _table(model), ""]
    return "\n".join(parts)


def _title(name: str) -> str:
    return name.removesuffix("Model").removesuffix("Section") or name


def _table(model: Mapping[str, Any]) -> str:
    required = set(model.get("required", ()))
    rows = [
        (f"`{name}`{' !' if name in required else ''}", _kind(value), _default(value))
        for name, value in model["properties"].items()
    ]
    return table(("key", "value", "default"), rows)


def _kind(value: Mapping[str, Any]) -> str:
    """Return the type as a reader would say it."""
    if "$ref" in value:
        name = _title(str(value["$ref"]).rpartition("/")[2])
        return f"[{name}](#{name.lower()})"
    if "anyOf" in value:
        kinds = [_kind(one) for one in value["anyOf"] if one.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if "const" in value:
        return f"`{str(value['const']).lower()}`"
    if "enum" in value:
        listed = value["enum"]
        return "column" if len(listed) > _MANY else ", ".join(f"`{one}`" for one in listed)
    if value.get("type") == "array":
        return f"list of {_kind(value.get('items', {}))}"
    if value.get("type") == "object":
        inner = value.get("additionalProperties")
        return f"mapping to {_kind(inner)}" if isinstance(inner, Mapping) else "mapping"
    kind = {"string": "text", "integer": "number", "boolean": "true or false"}.get(value.get("type", ""), "number")
    limits = [f"{sign} {value[key]}" for key, sign in _LIMITS.items() if key in value]
    return f"{kind} {', '.join(limits)}".strip()


_LIMITS = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "ge": ">=", "gt": ">", "le": "<="}


def _default(value: Mapping[str, Any]) -> str:
    found = value.get("default")
    return "" if found is None else f"`{found}`"
