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
    titles = _titles(schema["$defs"])
    parts = [_HEAD, "## Definition", _table(schema, titles), ""]
    for name, title in sorted(titles.items(), key=lambda item: item[1]):
        model = schema["$defs"][name]
        parts += [f"## {title}", " ".join(model.get("description", "").split()), "", _table(model, titles), ""]
    return "\n".join(parts)


def _titles(models: Mapping[str, Any]) -> dict[str, str]:
    """Return a title of its own for each part that has keys: what it is called in code, without the kind of class."""
    short = {name: name.removesuffix("Model") for name, model in models.items() if model.get("properties")}
    taken = set(short.values())
    return {
        name: title if (shorter := title.removesuffix("Section")) in taken else shorter for name, title in short.items()
    }


def _table(model: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    required = set(model.get("required", ()))
    rows = [
        (f"`{name}`{' !' if name in required else ''}", _kind(value, titles), _default(value))
        for name, value in model["properties"].items()
    ]
    return table(("key", "value", "default"), rows)


def _kind(value: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    """Return the type as a reader would say it."""
    if "$ref" in value:
        title = titles.get(str(value["$ref"]).rpartition("/")[2])
        # a part without keys is switched on by being there
        return f"[{title}](#{title.lower()})" if title else "`{}`"
    if "anyOf" in value:
        kinds = [_kind(one, titles) for one in value["anyOf"] if one.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if "const" in value:
        return f"`{str(value['const']).lower()}`"
    if "enum" in value:
        listed = value["enum"]
        return "column" if len(listed) > _MANY else ", ".join(f"`{one}`" for one in listed)
    if value.get("type") == "array":
        return f"list of {_kind(value.get('items', {}), titles)}"
    if value.get("type") == "object":
        inner = value.get("additionalProperties")
        return f"mapping to {_kind(inner, titles)}" if isinstance(inner, Mapping) else "mapping"
    kind = {"string": "text", "integer": "number", "boolean": "true or false"}.get(value.get("type", ""), "number")
    limits = [f"{sign} {value[key]}" for key, sign in _LIMITS.items() if key in value]
    return f"{kind} {', '.join(limits)}".strip()


_LIMITS = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "ge": ">=", "gt": ">", "le": "<="}


def _default(value: Mapping[str, Any]) -> str:
    found = value.get("default")
    return "" if found is None else f"`{found}`"
