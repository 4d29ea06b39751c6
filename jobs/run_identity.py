"""What makes a run the same run: definition, source versions and the code that computes."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from functools import cache
from pathlib import Path

from jobs.contracts.gate import dates_matter
from jobs.contracts.loading import contracts_digest
from jobs.definition import Definition
from jobs.inputs import Inputs

# Words, pictures, the command line and the makers of lakes cannot change a published number; all else might.
_NOT_COMPUTING = (
    "reporting",
    "ingest",
    "cli.py",
    "command_line.py",
    "config",
    "demo.py",
    "generate.py",
    "headlines.py",
    "init.py",
    "mapping",
    "publications",
    "report.py",
)


@cache
def code_version() -> str:
    """Return a digest of the source files that compute."""
    jobs = Path(__file__).parent
    transforms = jobs.parent / "transforms"
    files = [
        *(path for path in transforms.rglob("*.py") if "synthetic" not in path.parts),
        *(path for path in jobs.rglob("*.py") if path.relative_to(jobs).parts[0] not in _NOT_COMPUTING),
    ]
    digest = hashlib.sha256()
    for path in sorted(files, key=lambda p: p.relative_to(jobs.parent).as_posix()):
        digest.update(path.relative_to(jobs.parent).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def run_id(definition: Definition, inputs: Inputs, as_of: dt.datetime | None = None) -> str:
    """Return the deterministic id of a run of `definition` on these table versions with this code.

    `as_of` counts only where a contract limits the age of snapshots: then the result depends on the moment itself,
    and else on the versions it led to.
    """
    identity = {
        "analysis": definition.analysis,
        "definition": definition.canonical(),
        "sources": {table.name: [table.version.table_id, table.version.version] for table in inputs.pinned.values()},
        "code": code_version(),
        "contracts": contracts_digest(inputs.contracts),
        "moment": as_of.isoformat() if as_of and dates_matter(inputs.contracts) else None,
    }
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]
