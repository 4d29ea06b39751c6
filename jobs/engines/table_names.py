"""How SQL writes the name of a table."""

from __future__ import annotations


def sql_name(target: str) -> str:
    """Return how SQL names a path (`delta.`path``) or a catalog table."""
    if "/" in target or ":" in target:
        return f"delta.`{target.replace('`', '``')}`"
    return ".".join(f"`{part}`" for part in target.split("."))
