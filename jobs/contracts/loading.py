"""Find and load contracts: the shipped one of each table, or the user's in its place."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from jobs.conf_files import conf_folder
from jobs.contracts.model import Contract, Contracts, contract_problems
from jobs.definition.loading import YamlFile, read_yaml
from jobs.definition.problems import DefinitionError, Problem, located, parsed
from jobs.errors import UsageError
from transforms.input_tables import TABLES

_SUFFIXES = (".yml", ".yaml")


def load_contracts(folder: str | None = None) -> dict[str, Contract]:
    """Return a contract per table: the shipped ones, and in their place those of a folder, by table.

    Raises:
        UsageError: No such folder, no contract in it, two for one table, or one that is not valid.
    """
    shipped = conf_folder() / "contracts"
    found = {role: _contract(read_yaml(shipped / f"{role}.yml", f"{role}.yml")) for role in TABLES}
    return found if folder is None else {**found, **_of_folder(folder)}


def _of_folder(folder: str) -> dict[str, Contract]:
    place = Path(folder)
    if not place.is_dir():
        raise UsageError(f"folder {folder} of contracts does not exist")
    paths = sorted(path for path in place.iterdir() if path.suffix in _SUFFIXES)
    if not paths:
        raise UsageError(f"folder {folder} holds no contract; expected files like value.yml")
    found: dict[str, Contract] = {}
    labels: dict[str, str] = {}
    problems: list[Problem] = []
    for path in paths:
        file = read_yaml(path, str(path))
        try:
            contract = _contract(file)
        except DefinitionError as error:
            problems += error.problems
            continue
        if contract.contract in found:
            raise UsageError(
                f"{file.where(('contract',))}: contract: {labels[contract.contract]} is for {contract.contract} too",
                advice="keep one contract per table",
            )
        found[contract.contract], labels[contract.contract] = contract, str(path)
    if problems:
        raise DefinitionError(problems)
    return found


def _contract(file: YamlFile) -> Contract:
    contract = parsed(Contract, file.raw, file.tree, file.where)
    problems = located(contract_problems(contract), file.where)
    if problems:
        raise DefinitionError(problems)
    return contract


def contracts_digest(contracts: Contracts) -> str:
    """Return a text that two sets of contracts share only when they ask the same."""
    asked = {role: contract.model_dump(mode="json") for role, contract in contracts.items()}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
