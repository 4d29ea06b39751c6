"""Contracts of the input tables: what must hold of them before anything is published."""

from jobs.contracts.loading import contracts_digest, load_contracts
from jobs.contracts.model import Contract, Contracts

__all__ = ["Contract", "Contracts", "contracts_digest", "load_contracts"]
