"""The independent oracle: the published numbers, computed again from the raw tables in DuckDB SQL.

It shares no code with `transforms` or `jobs`; `docs/definitions.md` is the only thing they have in common.
What the lake cannot answer is taken out of the definition first (`availability`). Then views are stacked: raw rows
-> latest and first snapshots -> customers with derived columns -> cohort, peers, levels, alerts, segments, indices
-> one module per result table.
"""

from __future__ import annotations

from tests.oracle.lake import connect, load_lake
from tests.oracle.method_sensitivity import naive_join_executed
from tests.oracle.report import oracle

__all__ = ["connect", "load_lake", "naive_join_executed", "oracle"]
