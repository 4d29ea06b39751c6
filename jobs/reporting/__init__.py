"""The report of one publication: result rows in, words and pictures out. Knows no engine and no lake."""

from jobs.reporting.report import changes_text, write_report

__all__ = ["changes_text", "write_report"]
