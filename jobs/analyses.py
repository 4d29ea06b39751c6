"""All analyses of a run, computed together: each source is read once, views and populations are shared."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from jobs import pause, progress
from jobs.analysis import Computed, compute
from jobs.contracts.findings import Finding
from jobs.contracts.gate import Gate, enforce
from jobs.definition import Definition
from jobs.definition.inputs import mapping_key
from jobs.engines.base import Engine
from jobs.inputs import PinnedInputs
from jobs.secret_key import SecretKey
from jobs.shared_work import SharedWork
from jobs.stored_inputs import store_inputs
from jobs.view import build_view, column_sources

logger = logging.getLogger(__name__)


def compute_all(
    engine: Engine,
    inputs_by_mapping: PinnedInputs,
    definitions: Sequence[Definition],
    key: SecretKey,
    gate: Gate | None = None,
) -> dict[str, Computed]:
    """Compute every definition; each source is read once, and who reads the same columns of it shares one view.

    Raises:
        QualityError: The gate is closed: a table breaks a rule of its contract.
    """
    computed: dict[str, Computed] = {}
    by_mapping: dict[str, list[Definition]] = {}
    for definition in definitions:
        by_mapping.setdefault(mapping_key(definition.inputs), []).append(definition)
    groups: dict[tuple[str, str, tuple[tuple[str, str], ...]], list[Definition]] = {}
    for definition in definitions:
        reads = (mapping_key(definition.inputs), definition.base, tuple(sorted(definition.columns.items())))
        groups.setdefault(reads, []).append(definition)
    progress.expect(len(by_mapping) + len(groups) + len(definitions))
    for number, alike in enumerate(by_mapping.values()):
        progress.step("reading the tables")
        store_inputs(engine, inputs_by_mapping.of(alike[0]), alike, key, f"inputs_{number}")
    pause.reached("read")
    checked = _passed_gate(gate, inputs_by_mapping, definitions)
    for number, ((_, base, chosen), alike) in enumerate(groups.items()):
        inputs = inputs_by_mapping.of(alike[0])
        used = {name for definition in alike for name in definition.used_columns()}
        sources = column_sources(inputs, used, dict(chosen))
        progress.step(f"reducing the tables to customers, base {base}")
        view = build_view(engine, inputs, base=base, sources=sources, name=f"view_{number}")
        logger.info("base=%s customers=%d", base, view.n_customers)
        shared = SharedWork(engine, f"group_{number}")
        for definition in alike:
            progress.step(f"computing {definition.analysis}")
            found = compute(engine, definition, inputs, view, key, shared)
            logger.info("analysis=%s cohort=%s", definition.analysis, found.n_cohort)
            found.rows["quality"] += [finding.row() for finding in checked.get(definition.analysis, ())]
            computed[definition.analysis] = found
    return computed


def _passed_gate(
    gate: Gate | None, inputs: PinnedInputs, definitions: Sequence[Definition]
) -> dict[str, list[Finding]]:
    """Return what became of the contracts' rules, by analysis."""
    if gate is None:
        return {}
    found = {definition.analysis: gate.findings(inputs.of(definition), definition) for definition in definitions}
    enforce([finding for findings in found.values() for finding in findings])
    return found
