"""Numbers, money, percentages and dates as readers of one language expect them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from babel.dates import format_datetime
from babel.numbers import (
    format_currency,
    format_decimal,
    format_percent,
    get_currency_name,
    get_currency_precision,
    get_currency_symbol,
)

from jobs.reporting.trace import printed

DIGITS = {"score_1_5": 2, "points": 2, "days": 1, "share": 1, "count": 0}
_LOCALES = {"en": "en_US", "zh": "zh_Hans_CN"}
SMALLEST_P = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberFormat:
    """Formats for one language; rounding is the only thing done to a number."""

    language: str
    currency: str = "USD"

    @property
    def locale(self) -> str:
        """The Babel locale of the language."""
        return _LOCALES.get(self.language, self.language)

    def count(self, value: int) -> str:
        """Return a whole number with group separators."""
        return printed(value, str(format_decimal(int(value), format="#,##0", locale=self.locale)))

    def number(self, value: float, digits: int = 2) -> str:
        """Return a decimal number with a fixed number of digits."""
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return printed(value, _minus(format_decimal(_unsigned_zero(value, digits), format=pattern, locale=self.locale)))

    def percent(self, share: float, digits: int = 1) -> str:
        """Return a share between 0 and 1 as a percentage."""
        pattern = "#,##0" + ("." + "0" * digits if digits else "") + "%"
        return printed(
            share, _minus(format_percent(_unsigned_zero(share, digits + 2), format=pattern, locale=self.locale))
        )

    def money(self, value: float) -> str:
        """Return an amount; without cents from 10 on, or where the currency has none."""
        digits = 0 if abs(value) >= 10 or value == 0 else get_currency_precision(self.currency)
        # A symbol that ends in a letter stands apart from the figure: 'CHF 120', but '$120'.
        space = "\u00a0" if get_currency_symbol(self.currency, self.locale)[-1:].isalpha() else ""
        pattern = f"¤{space}#,##0" + ("." + "0" * digits if digits else "")
        text = _minus(
            format_currency(
                _unsigned_zero(value, digits),
                self.currency,
                format=pattern,
                locale=self.locale,
                currency_digits=False,
            )
        )
        return printed(value, text)

    def currency_name(self) -> str:
        """Return what amounts are in: 'US dollars', '美元'; the code where nobody knows a name."""
        return str(get_currency_name(self.currency, count=2, locale=self.locale))

    def by_unit(self, value: float, unit: str | None) -> str:
        """Return a value in the way its unit is read."""
        if unit == "currency":
            return self.money(value)
        if unit == "share":
            return self.percent(value)
        return self.number(value, DIGITS.get(unit or "", 2))

    def p_value(self, value: float) -> str:
        """Return 'p < 0.001' or 'p = 0.012'."""
        if value < SMALLEST_P:
            return "p < " + printed(value, self.number(SMALLEST_P, 3))
        return f"p = {self.number(value, 3)}"

    def moment(self, value: dt.datetime) -> str:
        """Return a UTC moment in the language's long form."""
        return str(
            format_datetime(
                value, "d MMMM yyyy, HH:mm" if self.language == "en" else "yyyy年M月d日 HH:mm", locale=self.locale
            )
        )


def _minus(text: object) -> str:
    """Return a formatted number with a true minus sign, as wide as a plus."""
    return str(text).replace("-", "−")


def _unsigned_zero(value: float, digits: int) -> float:
    """Return 0.0 for what would print as '-0', else the value itself."""
    return 0.0 if round(value, digits) == 0 else value
