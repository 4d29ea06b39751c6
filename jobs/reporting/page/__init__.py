"""A report as one self-contained HTML page, and the index of all reports."""

from jobs.reporting.page.html import render_page
from jobs.reporting.page.index import index_page

__all__ = ["index_page", "render_page"]
