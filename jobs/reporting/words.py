"""The message catalogue of one language: sentences, labels and names of values."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pycountry
import yaml
from babel import Locale
from babel.lists import format_list

from jobs.conf_files import conf_folder
from jobs.errors import UsageError
from jobs.reporting import bands, spacing
from jobs.reporting.numbers_format import NumberFormat

# Ordered categories; any other value follows alphabetically, the missing one last.
ORDERS: dict[str, tuple[str, ...]] = {
    "customer_tier": ("Basic", "Bronze", "Silver", "Gold", "Platinum"),
    "activity_risk_level": ("Very Low", "Low", "Medium", "High", "High Activity Risk", "Critical"),
    "engagement_velocity": ("Accelerating", "Stable", "Volatile", "Declining", "Stagnant"),
    "lifecycle_stage": (
        "Lead",
        "MQL",
        "SQL",
        "Opportunity",
        "Customer",
        "Champion",
        "Activation",
        "Growth",
        "Maturity",
        "Retention",
        "Dormant",
    ),
    "customer_segment": (
        "Enterprise",
        "Mid-Market",
        "SMB",
        "Startup",
        "Champion",
        "Loyal Customer",
        "Potential Loyalist",
        "New Customer",
        "At Risk",
        "Hibernating",
        "Lost",
    ),
    "rfm_segment": (
        "Champion",
        "Loyal Customer",
        "Potential Loyalist",
        "New Customer",
        "At Risk",
        "Hibernating",
        "Lost",
    ),
    "risk_category": ("Minimal", "Low", "Medium", "High Risk"),
    "value_level": ("high", "medium", "low", "(none)"),
    "risk_level": ("high", "medium", "low", "(none)"),
    "zendesk_active": ("1", "0"),
    "number_of_platforms": ("0", "1", "2", "3"),
}
REMAINDERS = ("(uncovered)", "(none)", "(invalid)", "(invalid country)", "unknown", "(missing)")


def in_order(dimension: str, values: Sequence[str]) -> list[str]:
    """Return the values in the order of their scale: known ones, other spellings of them, unknown ones, remainders."""
    known = ORDERS.get(dimension, ())
    folded = [name.casefold() for name in known]

    def rank(value: str) -> tuple[int, float, str]:
        if value in known:
            return (0, known.index(value), "")
        if dimension in bands.DIMENSIONS and (place := bands.rank(value)) is not None:
            return (0, place, "")
        if value in REMAINDERS:
            return (2, REMAINDERS.index(value), "")
        alike = value.strip().casefold()
        return (1, folded.index(alike) if alike in folded else len(folded), value)

    return sorted(values, key=rank)


def other_spellings(sizes: Mapping[str, int]) -> set[str]:
    """Return the values that a more frequent one equals but for case and blanks."""
    leading: dict[str, str] = {}
    for value in sorted(sizes, key=lambda value: (-sizes[value], value)):
        leading.setdefault(value.strip().casefold(), value)
    return {value for value in sizes if leading[value.strip().casefold()] != value}


def is_on_scale(dimension: str, value: str) -> bool:
    """Tell whether a value is one of the scale of its dimension, a band or a remainder: known before the data are."""
    is_band = dimension in bands.DIMENSIONS and bands.rank(value) is not None
    return is_band or value in REMAINDERS or value in ORDERS.get(dimension, ())


@functools.cache
def load_catalogue(language: str) -> dict[str, str]:
    """Return the flat catalogue of a language: 'section.key' to text.

    Raises:
        UsageError: there is no catalogue for the language.
    """
    path = conf_folder() / "texts" / f"{language}.yml"
    if not path.is_file():
        known = sorted(item.stem for item in path.parent.glob("*.yml"))
        raise UsageError(f"no texts for language {language!r}; expected one of {', '.join(known)}")
    # in C where PyYAML brings it, ten times as fast: every command waits for it
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return flatten(yaml.load(path.read_text(encoding="utf-8"), Loader=loader))


def flatten(tree: Mapping[Any, Any], prefix: str = "") -> dict[str, str]:
    """Return nested mappings as one mapping with dotted keys."""
    flat: dict[str, str] = {}
    for key, value in tree.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            flat.update(flatten(value, f"{name}."))
        else:
            flat[name] = str(value)
    return flat


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Texts and number formats of one language, for one definition."""

    language: str
    numbers: NumberFormat
    definition: Mapping[str, Any]

    def has(self, key: str) -> bool:
        """Tell whether the catalogue holds a key."""
        return key in load_catalogue(self.language)

    def text(self, key: str, **parts: str) -> str:
        """Return the sentence of a key with its placeholders filled."""
        return self._filled(load_catalogue(self.language)[key], parts)

    def _filled(self, template: str, parts: Mapping[str, str]) -> str:
        if self.language == "zh":
            return spacing.filled(template, parts)
        return template.format(**parts)

    def measure(self, name: str) -> str:
        """Return the name of a column or measure; its identifier where the catalogue has none."""
        return self._name("measures", name)

    def title(self, name: str) -> str:
        """Return the name of a column or measure as it stands at the head of a line."""
        text = self.measure(name)
        return text[:1].upper() + text[1:]

    def value(self, dimension: str, value: str) -> str:
        """Return the name of a category; as spelled in the data where the catalogue has none."""
        if dimension in bands.DIMENSIONS and (band := bands.in_words(value, dimension, self.text, self._bound)):
            return band
        for key in (dimension, "any"):
            if self.has(f"values.{key}.{value}"):
                return self.text(f"values.{key}.{value}")
        return self._country(value) if dimension == "country" and self.language != "en" else value

    def joined(self, *keys: str | None) -> str:
        """Return some texts without placeholders one after the other."""
        return self.text("labels.sentence_space").join(self.text(key) for key in keys if key)

    def further_values(self, n: int) -> str:
        """Return the head of the line that stands for so many values too rare to be named."""
        if n == 1:
            return self.text("labels.further_value")
        return self.text("labels.further_values", n=self.numbers.count(n))

    def more_values(self, n: int) -> str:
        """Return the head of the line that stands for so many values that are not printed."""
        return self.text("channels.more_one" if n == 1 else "channels.more", n=self.numbers.count(n))

    def dimension(self, name: str) -> str:
        """Return the name of a category column at the head of a line."""
        return self.text(f"dimensions.{name}") if self.has(f"dimensions.{name}") else self.title(name)

    def dimension_in_sentence(self, name: str) -> str:
        """Return the name of a category column inside a sentence: only English has capitals to take away."""
        text = self.dimension(name)
        if self.language != "en" or text[:2].isupper():
            return text
        return self.measure(name) if text == self.title(name) else text[:1].lower() + text[1:]

    def platforms(self, combination: str) -> str:
        """Return 'Marketo + Zendesk' for '1-0-1'."""
        names = ("Marketo", "Stripe", "Zendesk")
        flags = combination.split("-")
        if len(flags) != len(names) or set(flags) - {"0", "1"}:
            return self.value("any", combination)
        active = [name for name, flag in zip(names, flags, strict=True) if flag == "1"]
        if len(active) == 1:
            return self.text("labels.only", name=active[0])
        return " + ".join(active) if active else self.text("labels.no_platform")

    def customers(self, n: int) -> str:
        """Return '1 customer', '1,204 customers'."""
        return self.text("labels.customer" if n == 1 else "labels.customers", n=self.numbers.count(n))

    def listing(self, items: Sequence[str]) -> str:
        """Return items joined as a sentence joins them."""
        return self._in_list(items, "standard")

    def alternatives(self, items: Sequence[str]) -> str:
        """Return items joined by 'or'."""
        return self._in_list(items, "or")

    def _in_list(self, items: Sequence[str], style: Literal["standard", "or"]) -> str:
        if not items:
            return ""
        parts = {f"item{number}": item for number, item in enumerate(items)}
        pattern = format_list([f"{{{name}}}" for name in parts], style=style, locale=self.numbers.locale)
        return self._filled(str(pattern), parts)

    def defined(self, texts: Any, fallback: str) -> str:
        """Return a text of the definition in this language, else in English, else the fallback."""
        if isinstance(texts, Mapping):
            return str(texts.get(self.language) or texts.get("en") or fallback)
        return str(texts) if texts else fallback

    def segment(self, name: str) -> str:
        """Return the title of a segment, a group of segments, a framework segment, an alert rule or a grid's cell."""
        named = self._named_segments()
        if name in named:
            return self.defined(named[name], name)
        if name == "population":
            return self.text("charts.population")
        if name.removeprefix("not_") in named:
            return self.text("labels.other_customers")
        sections = self.definition.get("sections", {})
        framework = (sections.get("risk_velocity") or {}).get("framework") or []
        alerts = (sections.get("alerts") or {}).get("rules") or []
        for segment in [*framework, *alerts]:
            if segment["name"] == name:
                return self.defined(segment.get("title"), name)
        value, slash, risk = name.partition("/")
        if slash:
            return self.text("labels.cell", value=self.value("value_level", value), risk=self.value("risk_level", risk))
        return self.value("any", name)

    def _named_segments(self) -> dict[str, Any]:
        """Return the segments of all customers with their titles, the remainder included."""
        segments = self.definition.get("segments") or {}
        if not segments:
            return {}
        named = {str(rule["name"]): rule.get("title") for rule in segments.get("rules") or ()}
        remainder = segments.get("remainder") or {}
        name = str(remainder.get("name") or "remainder")
        return named | {name: remainder.get("title") or self.text("labels.remainder")}

    def strategy(self, name: str) -> str:
        """Return the title of a strategy."""
        return self.defined((self.definition.get("strategies") or {}).get(name, {}).get("title"), name)

    def _bound(self, value: float) -> str:
        return self.numbers.count(int(value)) if value.is_integer() else self.numbers.number(value, 1)

    def _country(self, name: str) -> str:
        """Return a country in this language; as spelled where it is none."""
        try:
            code = pycountry.countries.lookup(name).alpha_2
        except LookupError:
            return name
        return str(Locale.parse(self.numbers.locale).territories.get(code, name))

    def _name(self, group: str, name: str) -> str:
        key = f"{group}.{name}"
        return self.text(key) if self.has(key) else name


def words_for(language: str, definition: Mapping[str, Any]) -> Words:
    """Return the words of a language for one definition."""
    currency = str(definition.get("currency", "USD"))
    load_catalogue(language)
    return Words(
        language=language,
        numbers=NumberFormat(language=language, currency=currency),
        definition=definition,
    )
