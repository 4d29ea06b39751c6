"""The reference pages of docs/, written from the code they describe: `python -m jobs.reference docs`."""

from __future__ import annotations

from jobs.reference.definition_keys import definition_keys_page
from jobs.reference.metrics import metrics_page
from jobs.reference.result_tables import result_tables_page

PAGES = {
    "definition-keys.md": definition_keys_page,
    "metrics.md": metrics_page,
    "result-tables.md": result_tables_page,
}

__all__ = ["PAGES"]
