"""Read every source once: what all analyses of a run use of it is stored under hidden keys, and counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.bounded import collect_one
from jobs.contracts.row_rules import flags_of, relations_of
from jobs.countries import country_names
from jobs.definition import Definition
from jobs.engines.base import Engine
from jobs.engines.failures import reading
from jobs.inputs import CUSTOMER_ROLES, DEFAULT_ROLE, FALLBACK_ROLE, Inputs, note, table_obstacle
from jobs.local_frames import local_frame
from jobs.secret_key import SecretKey
from transforms import columns as c
from transforms.contract_checks import relation_counts
from transforms.geography import ID, ids_of_mapping, located_addresses
from transforms.input_checks import check_rows
from transforms.input_mapping import lost_in_cast
from transforms.input_tables import TABLES
from transforms.keyed_rows import KEYED_DDL, keyed_rows
from transforms.keys import hmac_pads, trimmed

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
    engine: Engine,
    inputs: Inputs,
    definitions: Sequence[Definition],
    key: SecretKey,
    label: str = "inputs",
    *,
    addresses: bool = False,
) -> None:
    """Fill `inputs.stored` and `inputs.counts` with one read per source, and note tables without rows.

    `definitions` are all that read these inputs; `label` tells their stored frames from those of other inputs;
    `addresses` has the tables of places read although no definition asks. What the contracts ask of rows is computed
    and counted in the same read.
    """
    pads = secret_pads(engine, key)
    # addresses are looked for by the MD5 of a key, too
    located = {definition.base for definition in definitions if definition.sections.geography}
    for role in _ORDER:
        columns = _columns_read(inputs, role, definitions)
        if role in inputs.pinned:
            lost = [lost_in_cast(ours) for ours in inputs.cast_columns.get(role, ())]
            timestamp = str(TABLES[role].snapshot_column)
            contract = inputs.contracts.get(role)
            newest = timestamp if contract and contract.snapshot else None
            if newest and newest not in columns:
                columns = [*columns, newest]
            flags = flags_of(contract)
            read = keyed_rows(
                inputs.rows[role],
                timestamp=timestamp,
                columns=[*columns, *lost],
                pads=pads,
                flags=flags,
                with_md5=role in located,
                repeated_apart=engine.joins_cheaply,
            )
            with reading(inputs.pinned[role].label):
                stored = engine.materialise(read, f"{label}_{role}")
            doubles = [name for name in columns if TABLES[role].columns[name] == "double"]
            _add(inputs, role, stored, collect_one(check_rows(stored, doubles, [*lost, *flags], newest), role))
        else:
            declared = "".join(f", {name} {TABLES[role].columns[name]}" for name in columns)
            empty = local_frame(engine.spark, [], KEYED_DDL + declared)
            _add(inputs, role, empty, {"n_rows": 0, "n_keys": 0})
    if addresses or any(definition.sections.geography for definition in definitions):
        _store_addresses(engine, inputs, pads, label)
    _count_relations(inputs)


def _store_addresses(engine: Engine, inputs: Inputs, pads: DataFrame, label: str) -> None:
    if "address" in inputs.pinned:
        flags = flags_of(inputs.contracts.get("address"))
        located = located_addresses(inputs.rows["address"], country_names(), pads, flags)
        with reading(inputs.pinned["address"].label):
            stored = engine.materialise(located, f"{label}_address")
        _add(inputs, "address", stored, collect_one(_id_counts(stored, flags), "address"))
    if "mapping" in inputs.pinned:
        flags = flags_of(inputs.contracts.get("mapping"))
        read = inputs.rows["mapping"].select(ID, *SOURCE_IDS, *(flag.alias(name) for name, flag in flags.items()))
        with reading(inputs.pinned["mapping"].label):
            stored = engine.materialise(read, f"{label}_mapping")
        inputs.counts["mapping"] = collect_one(_id_counts(stored, flags), "mapping")
        inputs.stored["mapping"] = engine.materialise(ids_of_mapping(stored, SOURCE_IDS), f"{label}_mapping_ids")


def _id_counts(rows: DataFrame, flags: Iterable[str]) -> DataFrame:
    has_id = F.coalesce(trimmed(F.col(ID)) != "", F.lit(False))
    return rows.agg(
        F.count(F.lit(1)).alias("n_rows"),
        F.count_if(~has_id).alias("rows_without_key"),
        *(F.count_if(F.col(name)).alias(name) for name in flags),
    )


def _count_relations(inputs: Inputs) -> None:
    """Count the relations that contracts name between tables with rows, from what is stored."""
    pairs = [pair for pair in relations_of(inputs.contracts) if all(inputs.has_rows(role) for role in pair)]
    if pairs:
        roles = [role for role in CUSTOMER_ROLES if any(role in pair for pair in pairs)]
        counted = relation_counts({role: inputs.stored[role] for role in roles}, pairs)
        inputs.relations = collect_one(counted, "relations")


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
