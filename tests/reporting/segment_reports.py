"""What tests of segment reports read them by: the Markdown, a chapter, a row, a finding of the summary."""

from jobs.reporting.markdown import render
from jobs.reporting.report import build_report
from jobs.reporting.rows import Rows
from jobs.reporting.words import words_for

PARADOX = "low_consistency_high_value"


def markdown(results, definition, language="en"):
    return render(build_report(Rows(results), definition, language), words_for(language, definition))


def chapter_text(markdown, title):
    return markdown.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]


def row_of(results, table, **where):
    (row,) = [r for r in results[table] if all(r.get(name) == value for name, value in where.items())]
    return row


def finding_text(markdown, lead):
    return next(line for line in markdown.split("\n") if f"**{lead}**" in line)
