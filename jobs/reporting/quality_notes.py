"""Failed checks, in words, beside the chapter they touch."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from jobs.reporting import predicates
from jobs.reporting.context import Context
from jobs.reporting.model import Note

# A check of this kind says why no customer, or every one, meets the condition at the same place.
_REASONS = ("threshold_outside_range", "value_never_occurs")
_CONSEQUENCES = ("predicate_selects_nobody", "predicate_selects_everybody")
# Checks that count customers: a small count is a small group.
_OF_CUSTOMERS = (
    "keys_non_ascii",
    "customers_absent_from_base",
    "customers_without_address_system",
    "customers_without_index",
    "rfm_mean_differs",
    "parts_exceed_whole",
    "rules_overlap",
    "rules_leave_out",
    "spelled_otherwise",
)
# Checks whose figure is a share, and those whose figure is a number of days.
_LISTS = ("framework", "value_levels", "risk_levels", "risk_levels_as_written", "alerts")
_SHARES = ("contract_range", "contract_values", "contract_key_missing", "contract_row_change", "contract_match_rate")
_DAYS = ("contract_freshness",)
# Checks whose threshold is printed as the rule prints it; elsewhere it stands as written, beside values as found.
_AS_THE_RULE = ("parts_exceed_whole",)
_NO_SECTION = (None, "all")


def notes_for(context: Context, *sections: str, measures: Collection[str] = ()) -> list[Note]:
    """Return a remark for every failed check that touches one of the sections, or a measure wherever it stands.

    Those on the rules of segments are left to the chapter that prints the rules.
    """
    return [
        _note(context, row)
        for row in failed(context)
        if not _is_on_segment_rule(row)
        and (
            row.get("touches_section") in sections
            or (
                row.get("touches_section") in _NO_SECTION
                and row.get("touches_measure") in measures
                and _is_read(context, row)
            )
        )
    ]


def notes_on_segment_rules(context: Context) -> list[Note]:
    """Return a remark for every failed check of a rule of the segments."""
    return [_note(context, row) for row in failed(context) if _is_on_segment_rule(row)]


def notes_on_impossible_shares(context: Context) -> list[Note]:
    """Return the notes on shares that add up to more than the whole, where a segment is made by them."""
    return [
        _note(context, row)
        for row in failed(context)
        if row.get("check_name") == "parts_exceed_whole" and _is_on_segment_rule(row)
    ]


def _note(context: Context, row: Mapping[str, Any]) -> Note:
    return Note(context.words.text("labels.caution"), message(context, row))


def _is_on_segment_rule(row: Mapping[str, Any]) -> bool:
    return (_place(row) or "").partition(".")[0] == "segments"


def _is_read(context: Context, row: Mapping[str, Any]) -> bool:
    """Tell whether the analysis takes the measure from the checked table: several tables can hold it."""
    measure = context.rows.one("measures", measure=row.get("touches_measure")) or {}
    return measure.get("source_table") in (None, row.get("table_name"))


def failed(context: Context) -> list[dict[str, Any]]:
    """Return the failed checks, the gravest first; of a cause and its consequence only the cause.

    Who cannot be estimated matters only where places are not counted.
    """
    rank = {"error": 0, "warning": 1, "warn": 1, "info": 2}
    rows = [row for row in context.rows.all("quality") if row.get("passed") is False]
    if context.rows.one("distributions", section="geography", group_name="cohort") is not None:
        rows = [row for row in rows if row.get("check_name") != "customers_without_address_system"]
    explained = {_place(row) for row in rows if row.get("check_name") in _REASONS}
    return sorted(
        (row for row in rows if row.get("check_name") not in _CONSEQUENCES or _place(row) not in explained),
        key=lambda row: (
            rank.get(str(row.get("severity")), 3),
            str(row.get("table_name")),
            str(row.get("check_name")),
            str(row.get("touches_measure")),
            str(sorted(dict(row.get("params") or {}).items())),
        ),
    )


def message(context: Context, row: Mapping[str, Any]) -> str:
    """Return a check's result as a sentence; its bare facts where the catalogue has no sentence."""
    words = context.words
    facts = {
        "table": str(row.get("table_name") or ""),
        "check": str(row.get("check_name") or ""),
        "expected": str(row.get("expected") or ""),
        "observed": observed(context, row),
        "measure": words.measure(str(row.get("touches_measure") or "")),
    }
    params = {str(key): str(value) for key, value in dict(row.get("params") or {}).items()}
    facts |= params | _named(context, row, params)
    for name in (row.get("message_id"), row.get("check_name")):
        for variant in (
            f"{name}_{params['likely_unit']}" if "likely_unit" in params else None,
            f"{name}_nearest" if "nearest" in params else None,
            name,
        ):
            key = f"quality.messages.{variant}"
            if variant and words.has(key):
                try:
                    return words.text(key, **facts)
                except KeyError:  # a parameter the sentence needs was not recorded
                    continue
    return words.text("quality.generic", **facts)


def _named(context: Context, row: Mapping[str, Any], params: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters in words: columns by name, numbers in the language's form, places as what stands there."""
    words = context.words
    found = {name: words.measure(params[name]) for name in ("column", "index") if name in params}
    for name in ("threshold", "minimum", "maximum", "low", "high", "days"):
        if name in params:
            found[name] = _number(context, float(params[name]))
    if row.get("check_name") in _AS_THE_RULE and {"column", "threshold"} <= params.keys():
        found["threshold"] = predicates.plain(context, params["column"], float(params["threshold"]))
    if "likely_unit" in params and "threshold" in params:
        factor = 0.01 if params["likely_unit"] == "fraction" else 100
        found["suggestion"] = _number(context, float(params["threshold"]) * factor)
    if "tolerance" in params:
        found["tolerance"] = _share(context, float(params["tolerance"]))
    if row.get("check_name") in _SHARES:
        found["observed"] = _share(context, row["observed"], float(params["tolerance"]))
    if row.get("check_name") in _DAYS and row.get("observed") is not None:
        found["observed"] = _number(context, row["observed"])
    if row.get("check_name") in _OF_CUSTOMERS and row.get("observed") is not None:
        found["observed"] = context.n(row["observed"])
    stands = _at(context.definition, params.get("place", ""))
    if isinstance(stands, Mapping) and "operator" in stands:
        found["condition"] = predicates.in_words(context, stands)
    found["where"] = words.text(f"quality.lists.{_list_of(params.get('place', ''))}")
    if "rules" in params:
        found |= _rules(context, params["place"], stands)
    return found


def _rules(context: Context, place: str, stands: Any) -> dict[str, str]:
    """Return what a list of rules is called, and the names of its rules."""
    words = context.words
    kind = "segments" if place.startswith("segments") else place.rpartition(".")[2]
    dimension = {"value_levels": "value_level"}.get(kind, "risk_level")
    name = words.segment if kind in ("segments", "framework") else functools.partial(words.value, dimension)
    names = [name(str(rule["name"])) for rule in stands or () if not rule.get("otherwise")]
    return {"list": words.text(f"quality.lists.{kind}"), "rules": words.listing(names)}


def _list_of(place: str) -> str:
    """Return which list of the definition a place is in, as the texts call it."""
    parts = place.split(".")
    if parts[0] in ("cohort", "segments"):
        return parts[0]
    return next((part for part in parts if part in _LISTS), "definition")


def _at(definition: Mapping[str, Any], place: str) -> Any:
    """Return what stands at a place of the definition, such as `cohort.0`; None where nothing does."""
    found: Any = definition
    for part in place.split("."):
        if isinstance(found, Mapping):
            found = found.get(part)
        elif isinstance(found, Sequence) and part.isdigit() and int(part) < len(found):
            found = found[int(part)]
        else:
            return None
    return found


def _place(row: Mapping[str, Any]) -> str | None:
    return dict(row.get("params") or {}).get("place")


def _number(context: Context, value: float) -> str:
    """Return a number with as many decimals as three significant digits need."""
    exponent = Decimal(f"{value:.3g}").as_tuple().exponent
    return context.words.numbers.number(value, max(0, -int(exponent)))


def _share(context: Context, value: float, limit: float | None = None) -> str:
    """Return a percentage of three significant digits, or of as many as tell it from a limit that it exceeds."""
    for significant in range(3, 16):
        exponent = Decimal(f"{value * 100:.{significant}g}").normalize().as_tuple().exponent
        digits = max(0, -int(exponent))
        if limit is None or value == limit or round(value * 100, digits) != round(limit * 100, digits):
            break
    return context.words.numbers.percent(value, digits)


def observed(context: Context, row: Mapping[str, Any]) -> str:
    """Return the observed figure of a check; counts without decimals."""
    value = row.get("observed")
    if value is None:
        return "–"
    numbers = context.words.numbers
    return numbers.count(value) if float(value).is_integer() else numbers.number(value, 3)
