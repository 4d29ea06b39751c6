"""Read every source once: what all analyses of a run use of it is stored under hidden keys, and counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.bounded import collect_one
from jobs.countries import country_names
from jobs.definition import Definition
from jobs.engines.base import Engine
from jobs.inputs import CUSTOMER_ROLES, DEFAULT_ROLE, FALLBACK_ROLE, Inputs, note, table_obstacle
from jobs.local_frames import local_frame
from jobs.secret_key import SecretKey
from transforms import columns as c
from transforms.geography import ids_of_mapping, located_addresses
from transforms.input_checks import check_rows
from transforms.input_mapping import lost_in_cast
from transforms.input_tables import TABLES
from transforms.keyed_rows import KEYED_DDL, keyed_rows
from transforms.keys import hmac_pads

# What the sections read whatever a definition names.
ALWAYS = (
    c.TIER,
    c.LTV,
    c.HEALTH,
    c.CHURN,
    c.RECENCY,
    c.FREQUENCY,
    c.MONETARY,
    c.RISK,
    c.VELOCITY,
    *c.PLATFORM_FLAGS,
    "marketo_lead_id",
    "stripe_customer_id",
    "zendesk_user_id",
)
SOURCE_IDS = ("marketo_lead_id", "stripe_customer_id", "zendesk_user_id")

# A table that others fall back to comes after them: by then it is known whether they have rows.
_ORDER = sorted(CUSTOMER_ROLES, key=("activity", "value", "funnel").index)


def store_inputs(
    engine: Engine, inputs: Inputs, definitions: Sequence[Definition], key: SecretKey, label: str = "inputs"
) -> None:
    """Fill `inputs.stored` and `inputs.counts` with one read per source, and note tables without rows.

    `definitions` are all that read these inputs; `label` tells their stored frames from those of other inputs.
    """
    pads = secret_pads(engine, key)
    for role in _ORDER:
        columns = _columns_read(inputs, role, definitions)
        if role in inputs.pinned:
            lost = [lost_in_cast(ours) for ours in inputs.cast_columns.get(role, ())]
            timestamp = str(TABLES[role].snapshot_column)
            rows = keyed_rows(inputs.rows[role], timestamp=timestamp, columns=[*columns, *lost], pads=pads)
            stored = engine.materialise(rows, f"{label}_{role}")
            doubles = [name for name in columns if TABLES[role].columns[name] == "double"]
            _add(inputs, role, stored, collect_one(check_rows(stored, doubles, lost), role))
        else:
            declared = "".join(f", {name} {TABLES[role].columns[name]}" for name in columns)
            empty = local_frame(engine.spark, [], KEYED_DDL + declared)
            _add(inputs, role, empty, {"n_rows": 0, "n_keys": 0})
    if any(definition.sections.geography for definition in definitions):
        _store_addresses(engine, inputs, pads, label)


def _store_addresses(engine: Engine, inputs: Inputs, pads: DataFrame, label: str) -> None:
    if "address" in inputs.pinned:
        located = located_addresses(inputs.rows["address"], country_names(), pads)
        stored = engine.materialise(located, f"{label}_address")
        _add(inputs, "address", stored, collect_one(stored.agg(F.count(F.lit(1)).alias("n_rows")), "address"))
    if "mapping" in inputs.pinned:
        ids = ids_of_mapping(inputs.rows["mapping"], SOURCE_IDS)
        inputs.stored["mapping"] = engine.materialise(ids, f"{label}_mapping")


def _add(inputs: Inputs, role: str, stored: DataFrame, counts: Mapping[str, Any]) -> None:
    inputs.stored[role] = stored
    inputs.counts[role] = dict(counts)
    if role in inputs.pinned and not counts["n_rows"]:
        note(inputs, table_obstacle(inputs, role, "empty"))


def _columns_read(inputs: Inputs, role: str, definitions: Iterable[Definition]) -> list[str]:
    """Return the columns that some definition takes from a table, in the order of the contract."""
    read = {
        name
        for definition in definitions
        for name in {*definition.used_columns(), *ALWAYS}
        if role in _possible_roles(inputs, name, definition.columns)
    }
    return [name for name in TABLES[role].columns if name in read]


def _possible_roles(inputs: Inputs, column: str, chosen: Mapping[str, str]) -> set[str]:
    """Return where a column may come from: the second choice too, once the first is known to have no rows."""
    if column in chosen:
        return {chosen[column]}
    first = DEFAULT_ROLE.get(column) or next(r for r in CUSTOMER_ROLES if column in TABLES[r].columns)
    if column in FALLBACK_ROLE and first in inputs.counts and not inputs.has_rows(first):
        return {first, FALLBACK_ROLE[column]}
    return {first}


def secret_pads(engine: Engine, key: SecretKey) -> DataFrame:
    """Return the HMAC pads as a one-row frame: data, never a literal in a plan."""
    inner, outer = hmac_pads(key.secret)
    row = {"inner_pad": inner, "outer_pad": outer}
    return local_frame(engine.spark, [row], "inner_pad binary, outer_pad binary")
