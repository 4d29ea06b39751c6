"""YAML without its traps: duplicate keys are refused, NO, 010 and 12:30 stay text."""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any

import yaml


def load(text: str) -> Any:
    """Parse one document.

    Raises:
        yaml.YAMLError: The text is not YAML, or a key comes twice or is not plain.
    """
    return yaml.load(text, Loader=_StrictLoader)


def compose(text: str) -> yaml.Node | None:
    """Parse one document into its nodes, which know their lines; None for an empty one.

    Raises:
        yaml.YAMLError: The text is not YAML. Duplicate keys are not looked for.
    """
    found: yaml.Node | None = yaml.compose(text, Loader=_StrictLoader)
    return found


class _StrictLoader(yaml.SafeLoader):
    """The safe loader with fewer implicit types."""


def _construct_mapping(loader: yaml.SafeLoader, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
    mapping: dict[Hashable, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, Hashable):
            raise yaml.constructor.ConstructorError(None, None, "a key must be text", key_node.start_mark)
        if key in mapping:
            raise yaml.constructor.ConstructorError(None, None, f"duplicate key '{key}'", key_node.start_mark)
        mapping[key] = loader.construct_object(value_node, deep=True)
    return mapping


_StrictLoader.add_constructor("tag:yaml.org,2002:map", _construct_mapping)
# YAML 1.1 reads `NO` as false, `12:30` as 750, `12:30.5` as 750.5 and `010` as 8; only true/false and
# plain decimals are kept.
_StrictLoader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag.removeprefix("tag:yaml.org,2002:") not in ("bool", "int", "float", "timestamp")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_StrictLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_StrictLoader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$"), list("-+0123456789")
)
_StrictLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]+(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)$"),
    list("-+0123456789"),
)
