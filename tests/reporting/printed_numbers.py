"""Parse every number out of a finished report, and find those that no figure and no rule explains."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

Rows = Mapping[str, Sequence[Mapping[str, Any]]]

_NUMBER = re.compile(r"(?<![\w.#])(\d[\d,]*(?:\.\d+)?)(%?)")
_NAMED = r"customer360\w*|md5|\b[0-9a-f]{16,}\b"
# What is printed and is no figure, each with why.
_RULES = (
    re.compile(_NAMED),  # names of tables, ids of runs, digests
    re.compile(r"\d+ [A-Z][a-z]+ \d{4}, \d\d:\d\d|\d+年\d+月\d+日 \d\d:\d\d"),  # moments
    re.compile(r"^\d+\. ", re.MULTILINE),  # numbering of lists in Markdown
    re.compile(r"(?:95%|\b0\.05\b|p < 0\.001|\b30\.44\b)"),  # conventions of the product: intervals, limit, a month
    re.compile(r"= 100\b"),  # the base of an index
    re.compile(
        r"1 / \(1 \+|(?<![\d.,])(?:0 (?:and|to|至|到) 1(?![\d.,])|[01] (?:when|where|at|表示|为))"
    ),  # formulas and scales
    re.compile(r"\btop \d+%|前 ?\d+%"),  # how the statistic top_25 of a definition reads
    re.compile(r"\d+ further (?:values|cells|places)|其余 \d+ 个(?:取值|单元格|地区)"),  # how many rows are left out
)


@dataclass
class Printed:
    """What a reader sees of a report: the text of each chapter by its name, and the chapters' titles."""

    texts: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)


class _Page(HTMLParser):
    _SILENT = ("style", "script", "details", "nav", "title")
    _BLOCKS = ("p", "li", "td", "th", "h1", "h2", "h3", "caption", "figure", "pre")

    def __init__(self) -> None:
        super().__init__()
        self.found = Printed()
        self._section, self._heading, self._silent = "header", False, 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in self._SILENT:
            self._silent += 1
        elif tag == "section":
            self._section = str(given["aria-labelledby"])
        self._heading = tag == "h2" and given.get("id") == self._section
        for name in ("alt", "title", "aria-label"):
            if given.get(name):
                self._add(f"{given[name]}\n")
        if tag in self._BLOCKS:
            self._add("\n")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in self._SILENT
        self._heading = False

    def handle_data(self, data: str) -> None:
        if self._heading:
            self.found.titles[self._section] = data
        if not self._silent:
            self._add(data)

    def _add(self, text: str) -> None:
        if not self._silent:
            self.found.texts[self._section] = self.found.texts.get(self._section, "") + text


def parse_html(text: str) -> Printed:
    page = _Page()
    page.feed(text)
    return page.found


def parse_markdown(text: str, titles: Mapping[str, str]) -> Printed:
    """Split by chapters, whose titles the page tells; undo the escapes."""
    names = {title: name for name, title in titles.items()}
    text = re.sub(r"<sub>.*?</sub>|\(charts/[^)]*\)", " ", text)
    found = Printed()
    for part in re.split(r"^## ", text, flags=re.MULTILINE):
        title, _, body = part.partition("\n")
        name = "header" if title.startswith("# ") else names[_unescaped(title)]
        found.titles[name] = title
        found.texts[name] = _unescaped(body if name != "header" else part)
    return found


def _unescaped(text: str) -> str:
    text = re.sub(r"\\([^\w\s])", r"\1", text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def figures_of(folder: Path, language: str) -> list[dict[str, Any]]:
    entries = json.loads((folder / "figures.json").read_text("utf-8"))
    return [entry for entry in entries if entry["language"] == language]


def unexplained(
    printed: Printed, figures: Sequence[Mapping[str, Any]], rows: Rows, definition: Mapping[str, Any]
) -> list[str]:
    """Return 'chapter: number' of each number that is neither a figure of its chapter nor allowed by a rule."""
    allowed = set(_allowed(rows, definition))
    found = []
    for name, text in printed.texts.items():
        known = {token for entry in figures if entry["section"] == name for token in _tokens(entry["text"])}
        for rule in _RULES:
            text = rule.sub(" ", text)
        if name == "queries":
            # the statements are run, and their figures compared, by a test of their own
            text = re.sub(r"(?:```sql\n|\n)SELECT [^\n]*", " ", text)
            known = {token for entry in figures if entry["section"] == "summary" for token in _tokens(entry["text"])}
        found += [f"{name}: {token}" for token in _tokens(text) if token not in known and token not in allowed]
    return found


def _tokens(text: str) -> Iterator[str]:
    for number, percent in _NUMBER.findall(text):
        yield number.rstrip(",") + percent


def _allowed(rows: Rows, definition: Mapping[str, Any]) -> Iterator[str]:
    """Yield numbers of the definition, of band names, steps, versions, and shares of the population."""
    for number in _numbers(definition):
        yield from _forms(number)
    for table in ("distributions", "crosstabs"):
        for row in rows.get(table, ()):
            for name in ("dimension", "value", "row_dimension", "row_value", "column_dimension", "column_value"):
                yield from _tokens(re.sub(r"[-<>=]", " ", str(row.get(name))))
    for row in rows.get("quality", ()):
        for value in dict(row["params"] or {}).values():
            yield from _tokens(str(value))
            if re.fullmatch(r"-?\d+(\.\d+)?(e[-+]\d+)?", str(value)):
                yield from _forms(abs(float(value)))
    for row in rows.get("runs", ()):
        yield from (str(version) for version in dict(row["source_versions"] or {}).values())
    steps = sorted(rows.get("attrition", ()), key=lambda row: row["step"])
    yield from (str(row["step"]) for row in steps)
    if steps and steps[0]["n_remaining"]:
        for row in steps:
            yield f"{row['n_remaining'] / steps[0]['n_remaining']:.1%}"


def _forms(number: float) -> Iterator[str]:
    """Yield how a setting is printed: as it is, with decimals, as a percentage, or in percent."""
    for value, sign in ((number, ""), (number * 100, "%")):
        short = f"{value:,.10f}".rstrip("0").rstrip(".")
        yield from (short + sign, f"{value:,.1f}{sign}", f"{value:,.2f}{sign}", f"{value:,.0f}{sign}")


def _numbers(tree: Any) -> Iterator[float]:
    if isinstance(tree, Mapping):
        for value in tree.values():
            yield from _numbers(value)
    elif isinstance(tree, list | tuple):
        yield len(tree)
        for value in tree:
            yield from _numbers(value)
    elif isinstance(tree, int | float) and not isinstance(tree, bool):
        yield abs(float(tree))
    elif isinstance(tree, str):
        yield from (float(token.rstrip("%").replace(",", "")) for token in _tokens(tree))


def not_its_cell(figures: Sequence[Mapping[str, Any]], rows: Rows) -> list[Mapping[str, Any]]:
    """Return the entries of `figures.json` whose text is no cell of the row they name, rounded."""
    return [entry for entry in figures if not any(is_rounded(entry["text"], cell) for cell in _cells(entry, rows))]


def _cells(entry: Mapping[str, Any], rows: Rows) -> Iterator[float]:
    for row in rows[entry["table"]]:
        if all(row.get(name) == value for name, value in entry["row"].items()) and row[entry["column"]] is not None:
            yield float(row[entry["column"]])


def is_rounded(text: str, value: float) -> bool:
    """Tell whether a printed figure is a value rounded: as it is, as a percentage, or '0.001' for a smaller p."""
    (token,) = re.findall(r"\d[\d,]*(?:\.\d+)?", text)
    number, digits = float(token.replace(",", "")), len(token.partition(".")[2])
    scales = (100,) if text.endswith("%") else (1, 100)
    close = any(abs(number - abs(value) * scale) <= 0.5 * 10**-digits + 1e-9 for scale in scales)
    return close or (token == "0.001" and 0 <= value < 0.001)
