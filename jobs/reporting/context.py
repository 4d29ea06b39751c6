"""What every section needs: rows, definition, words, and how a figure may be printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jobs.reporting.disclosure import is_small
from jobs.reporting.model import Note, Source, Table
from jobs.reporting.rows import Rows
from jobs.reporting.verdicts import Verdict, of_comparison, of_correlation, ranks_go_together
from jobs.reporting.words import Words

NOTHING = "–"
_PLAIN = ("points", "score_1_5")  # units whose values print as bare numbers of two digits
WITHHELD = "*"
_WORDS = ("reading", "kpi")  # columns of words among figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Everything a section is made from."""

    rows: Rows
    definition: Mapping[str, Any]
    words: Words
    chart_words: Words
    minimum: int

    @property
    def for_charts(self) -> Context:
        """The same rows in the language the charts can be drawn in."""
        return Context(
            rows=self.rows,
            definition=self.definition,
            words=self.chart_words,
            chart_words=self.chart_words,
            minimum=self.minimum,
        )

    def wants(self, section: str) -> bool:
        """Tell whether the definition asks for a section and the data allow it."""
        return (self.definition.get("sections") or {}).get(section) is not None and not self.is_dropped(section)

    def is_dropped(self, section: str) -> bool:
        """Tell whether data are missing that the section, its cohort or the whole analysis cannot do without."""
        lacks_cohort = not self.is_cohort_known and section not in ("segments", "consistency", "recommendations")
        return lacks_cohort or any(
            row.get("effect") == "analysis_not_computed"
            or (row.get("effect") == "section_dropped" and row.get("section") == section)
            for row in self.rows.all("obstacles")
        )

    @property
    def is_cohort_known(self) -> bool:
        """Tell whether the data say who belongs to the cohort."""
        unknown = ("analysis_not_computed", "cohort_not_computed")
        return not any(row.get("effect") in unknown for row in self.rows.all("obstacles"))

    def options(self, section: str) -> Mapping[str, Any]:
        """Return the definition's settings of a section."""
        return (self.definition.get("sections") or {}).get(section) or {}

    @property
    def is_about_cohort(self) -> bool:
        """Tell whether the analysis has a cohort; else it is about segments of all customers."""
        return bool(self.definition.get("cohort")) or not self.definition.get("segments")

    def has_cohort(self) -> bool:
        """Tell whether there is a cohort, large enough to be described."""
        return self.is_about_cohort and self.rows.cohort_size() >= self.minimum

    def least_in_headlines(self) -> int:
        """Return how many customers a tier, cell or combination needs to lead a sentence: 1% of the cohort.

        Whoever is fewer is in the tables; odd spellings of a few customers are no highest and no lowest.
        """
        return max(self.minimum, -(-self.rows.cohort_size() // 100))

    def no_cohort(self) -> str:
        """Return the sentence that stands where a cohort too small leaves nothing to show."""
        key = "sections.cohort_empty" if self.rows.cohort_size() == 0 else "sections.cohort_small"
        key = key if self.is_cohort_known else "sections.cohort_unknown"
        return self.words.text(key, minimum=self.words.numbers.count(self.minimum))

    def n(self, value: int | None, *, hidden: bool = False) -> str:
        """Return a count: '<5' where it is small (a hidden zero, too), '*' where withheld, else the number."""
        if value is None:
            return NOTHING
        if is_small(value, self.minimum) or (hidden and value == 0):
            return f"<{self.minimum}"
        return WITHHELD if hidden else self.words.numbers.count(value)

    def n_text(self, value: int | None, *, hidden: bool = False) -> str:
        """Return a count as charts print it: 'n = 120', 'n < 5'."""
        text = self.n(value, hidden=hidden)
        return f"n {text[0]} {text[1:]}" if text.startswith("<") else f"n = {text}"

    def unit(self, measure: str) -> str:
        """Return the unit of a measure, from its row or the definition."""
        if measure == "estimated_customer_ltv":
            return "currency"
        if measure in ("churn_probability", "portfolio_contribution_pct"):
            return "share"
        row = self.rows.one("measures", measure=measure)
        return str((row or {}).get("unit") or self._declared_unit(measure) or "points")

    def _declared_unit(self, measure: str) -> str | None:
        """Return the unit that the definition gives a measure: where nothing was computed there is no row."""
        for section in (self.definition.get("sections") or {}).values():
            for declared in (section.get("measures") if isinstance(section, Mapping) else None) or ():
                if isinstance(declared, Mapping) and declared.get("column") == measure:
                    return declared.get("unit")
        return None

    def figure(self, measure: str, value: float | None) -> str:
        """Return the value of a measure in its unit, a dash where there is none."""
        return NOTHING if value is None else self._in_unit(value, self.unit(measure))

    def _in_unit(self, value: float, unit: str) -> str:
        text = self.words.numbers.by_unit(value, unit)
        return text + self.words.text("units.days") if unit == "days" else text

    def change(self, measure: str, value: float | None, *, signed: bool = True) -> str:
        """Return a difference of a measure; shares differ by percentage points."""
        if value is None:
            return NOTHING
        if self.unit(measure) == "share":
            text = self.words.text("labels.points", n=self.words.numbers.number(abs(value) * 100, 1))
        else:
            text = self._in_unit(abs(value), self.unit(measure))
        # What prints as zero has no sign.
        is_signed = signed and not _prints_as_zero(text)
        return ("+" if value > 0 else "−" if value < 0 else "") + text if is_signed else text

    def change_interval(self, measure: str, row: Mapping[str, Any]) -> str:
        """Return the interval of a difference."""
        if row.get("ci_low") is None or row.get("ci_high") is None:
            return NOTHING
        if self.unit(measure) == "share":
            low, high = (self._points(row[name], 1) for name in ("ci_low", "ci_high"))
            if _hides_zero(row, low, high):
                low, high = (self._points(row[name], 3) for name in ("ci_low", "ci_high"))
            return self.words.text("labels.points", n=self.words.text("labels.interval", low=low, high=high))
        ends = [self.change(measure, row[name]) for name in ("ci_low", "ci_high")]
        if self.unit(measure) in _PLAIN and _hides_zero(row, *ends):
            ends = [self._finely(row[name]) for name in ("ci_low", "ci_high")]
        return self._ends(measure, *ends)

    def _finely(self, value: float) -> str:
        """Return a change with two digits more than usual, so that an end beside zero is not printed as zero."""
        return ("+" if value > 0 else "−") + self.words.numbers.number(abs(value), 4)

    def _points(self, share: float, digits: int) -> str:
        return ("+" if share > 0 else "") + self.words.numbers.number(share * 100, digits)

    def interval(self, measure: str, low: float | None, high: float | None) -> str:
        """Return the interval of a mean."""
        if low is None or high is None:
            return NOTHING
        ends = (self.figure(measure, low), self.figure(measure, high))
        if self.unit(measure) in _PLAIN and ends[0] == ends[1] and low != high:
            # an interval, though a narrow one
            ends = (self.words.numbers.number(low, 4), self.words.numbers.number(high, 4))
        return self._ends(measure, *ends)

    def _ends(self, measure: str, low: str, high: str) -> str:
        """Return both ends of an interval; days are named once, at the end."""
        if self.unit(measure) == "days":
            low = low.removesuffix(self.words.text("units.days"))
        return self.words.text("labels.interval", low=low, high=high)

    def share_interval(self, low: float | None, high: float | None) -> str:
        """Return the interval of a share."""
        if low is None or high is None:
            return NOTHING
        numbers = self.words.numbers
        return self.words.text("labels.interval", low=numbers.percent(low), high=numbers.percent(high))

    def signed_percent(self, value: float | None) -> str:
        """Return a relative difference with its sign."""
        if value is None:
            return NOTHING
        text = self.words.numbers.percent(abs(value))
        # What prints as zero has no sign.
        is_signed = not _prints_as_zero(text)
        return ("+" if value > 0 else "−") + text if is_signed else text

    def reading(self, verdict: Verdict) -> str:
        """Return the few words of a verdict for a table."""
        return self.words.text(f"verdict.{verdict}")

    def p(self, value: float | None) -> str:
        """Return a p-value as it stands in a sentence."""
        return NOTHING if value is None else self.words.numbers.p_value(value)

    def effect(self, row: Mapping[str, Any]) -> str:
        """Return the effect size of a comparison (Hedges' g), a dash where there is none."""
        value = row.get("effect_size")
        return NOTHING if value is None else self.words.numbers.number(value, 2)

    def comparison(self, row: Mapping[str, Any], *, group: str, baseline: str) -> str:
        """Return the one sentence that the rule allows about two means."""
        verdict = of_comparison(row, self.minimum)
        measure = str(row["measure"])
        key = f"compare.{verdict}"
        if verdict is Verdict.DIFFERENCE:
            key += ".higher" if row["difference"] > 0 else ".lower"
        parts = {
            "measure": self.words.measure(measure),
            "group": group,
            "baseline": baseline,
            "mean_a": self.figure(measure, row.get("mean_a")),
            "mean_b": self.figure(measure, row.get("mean_b")),
            "difference": self.change(measure, row.get("difference"), signed=False),
            "interval": self.change_interval(measure, row),
            "p": self.p(row.get("p_adjusted")),
            "n_a": self.n(row.get("n_a")),
            "n_b": self.n(row.get("n_b")),
            "minimum": self.words.numbers.count(self.minimum),
        }
        return self.words.text(key, **parts)

    def correlation(self, row: Mapping[str, Any], *, group: str) -> str:
        """Return the one sentence that the rule allows about two numbers of one group."""
        verdict = of_correlation(row, self.minimum)
        numbers = self.words.numbers
        key = f"correlation.{verdict}"
        r, low, high = row.get("pearson_r"), row.get("ci_low"), row.get("ci_high")
        if verdict is Verdict.DIFFERENCE:
            key += ".positive" if (r or 0) > 0 else ".negative"
        interval = NOTHING
        if low is not None and high is not None:
            interval = self.words.text("labels.interval", low=numbers.number(low, 3), high=numbers.number(high, 3))
        text = self.words.text(
            key,
            group=group,
            x=self.words.title(str(row["x"])),
            y=self.words.measure(str(row["y"])),
            r=NOTHING if r is None else numbers.number(r, 3),
            spearman=NOTHING if row.get("spearman_r") is None else numbers.number(row["spearman_r"], 3),
            interval=interval,
            p=self.p(row.get("p_adjusted")),
            n=self.n(row.get("n")),
            minimum=numbers.count(self.minimum),
        )
        if verdict in (Verdict.NONE, Verdict.NOT_AFTER_CORRECTION) and ranks_go_together(row):
            side = "positive" if row["spearman_r"] > 0 else "negative"
            text += self.words.text("labels.sentence_space") + self.words.text(f"correlation.ranks.{side}")
        return text

    def table(
        self,
        columns: tuple[str, ...],
        rows: Sequence[tuple[str, ...]],
        *,
        texts: int = 1,
        caption: str = "",
        sources: tuple[Source, ...] = (),
    ) -> Table:
        """Return a table whose first `texts` columns are words and the rest figures."""
        return Table(
            headers=tuple(self.words.text(f"columns.{name}") for name in columns),
            rows=tuple(rows),
            numeric=frozenset(i for i in range(texts, len(columns)) if columns[i] not in _WORDS),
            caption=caption,
            sources=sources,
        )

    def action(self, text: str) -> Note:
        """Return what to do, as a remark."""
        return Note(self.words.text("labels.what_to_do"), text)

    def chart_note(self, key: str, *, has_stray: bool, has_hidden: bool) -> str:
        """Return a chart's note, and which values it leaves to the table: rare other spellings, and hidden ones."""
        texts = [self.words.joined(key, "charts.other_spellings" if has_stray else None)]
        if has_hidden:
            texts.append(self.words.text("charts.small_left_out", minimum=self.words.numbers.count(self.minimum)))
        return self.words.text("labels.sentence_space").join(texts)

    def hidden_note(self) -> Note:
        """Return the remark under a table with hidden cells."""
        text = self.words.text("labels.hidden_note", minimum=self.words.numbers.count(self.minimum))
        return Note(self.words.text("labels.small_groups"), text)


def _hides_zero(row: Mapping[str, Any], *ends: str) -> bool:
    """Tell whether an end of an interval prints as zero and is none: nobody could see on which side of it it lies."""
    return any(row[name] and _prints_as_zero(end) for name, end in zip(("ci_low", "ci_high"), ends, strict=True))


def _prints_as_zero(text: str) -> bool:
    return not any(digit in text for digit in "123456789")
