"""Bring a user's own customer360 tables from SQLite, CSV or Parquet into a Delta lake."""

from jobs.ingest.load import ingest
from jobs.ingest.report import IngestReport, format_reports

__all__ = ["IngestReport", "format_reports", "ingest"]
