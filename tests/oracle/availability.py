"""What of a definition the lake can answer: columns without a source take measures and whole sections with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.oracle.derived import PARENTS
from tests.oracle.lake import published_name
from tests.oracle.sources import LTV, Sources

Settings = Mapping[str, Any]

COHORT_SECTIONS = (
    *("cohort_profile", "tier_ltv", "channels", "geography", "platforms", "risk_velocity", "value_risk"),
    *("indices", "alerts"),
)
SEGMENT_SECTIONS = ("segments", "consistency")
# What a consistency measure of the funnel is replaced by, the first of which takes its place in correlations.
PROXIES = {
    "cross_stage_engagement_consistency": ("rfm_consistency", "rfm_variance"),
    "revenue_velocity_monthly": ("ltv_velocity_monthly",),
}
_ALWAYS_CONSISTENCY = ("monetary_imbalance", "inactivity_ratio", "activity_efficiency_proxy", "health_index")
_RECOMMENDED_FROM = {
    "framework_segment": "risk_velocity",
    "value_risk": "value_risk",
    "indices": "indices",
    "alerts": "alerts",
    "segments": "segments",
}


@dataclass(frozen=True, slots=True)
class Answerable:
    """The part of a definition that can be computed, and the rows of `obstacles` that say what cannot."""

    definition: Settings
    obstacles: list[dict[str, Any]]
    cohort_known: bool
    segments_known: bool


def answerable(definition: Settings, sources: Sources) -> Answerable:
    """Drop from a definition everything that needs a column no table of the lake fills."""
    needed = _Needed(sources)
    cohort, rules = definition.get("cohort") or [], (definition.get("segments") or {}).get("rules") or []
    # Without rows in the base table there is nobody to ask.
    without_base = needed.without_rows(definition["base"])
    cohort_gaps = [*without_base, *needed.gaps(_columns_of(cohort))]
    segment_gaps = [*without_base, *needed.gaps(_rule_columns(rules))]
    cohort_known, segments_known = bool(cohort) and not cohort_gaps, bool(rules) and not segment_gaps
    sections: dict[str, Any] = {}
    for name, options in definition["sections"].items():
        known, lacking = (cohort_known, []) if name in COHORT_SECTIONS else (segments_known, segment_gaps)
        gaps = [*lacking, *needed.gaps(_essential(name, options or {}))]
        if known and not gaps:
            sections[name] = _section(name, options or {}, needed)
        elif known or name in SEGMENT_SECTIONS:
            needed.note(name, "section_dropped", gaps)
    _note_the_rest(definition, needed, sections, cohort_gaps if cohort else [], segment_gaps if rules else [])
    holds = _RECOMMENDED_FROM.get(definition.get("recommend") or "") in sections
    kept = {**definition, "sections": sections, "recommend": definition["recommend"] if holds else None}
    return Answerable(kept, needed.obstacles, cohort_known, segments_known)


def _note_the_rest(
    definition: Settings, needed: _Needed, sections: Settings, cohort_gaps: list[Gap], segment_gaps: list[Gap]
) -> None:
    """Say that nothing at all is left, or that the cohort is not, or the section a recommendation rests on."""
    if definition["sections"] and not sections:
        needed.obstacles.clear()
        needed.note("all", "analysis_not_computed", [*cohort_gaps, *segment_gaps])
        return
    needed.note("all", "cohort_not_computed", cohort_gaps)
    source = _RECOMMENDED_FROM.get(definition.get("recommend") or "")
    if source and source not in sections and not (cohort_gaps and source in COHORT_SECTIONS):
        gaps = needed.gaps(_essential(source, definition["sections"].get(source) or {}))
        needed.note("recommendations", "section_dropped", [*(segment_gaps if source == "segments" else []), *gaps])


# Role, column, reason. A table that is absent or empty is one gap, whatever was wanted of it.
Gap = tuple[str, str | None, str]


class _Needed:
    """What the lake lacks of what was asked for."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self.obstacles: list[dict[str, Any]] = []

    def without_rows(self, role: str) -> list[Gap]:
        """Return the gap that a table without rows is."""
        if role in self._sources.filled:
            return []
        return [(role, None, "empty_table" if self._sources.held[role] else "missing_table")]

    def lacking(self, columns: Iterable[str]) -> list[str]:
        """Return the table columns that these columns need and the lake does not fill."""
        parents = dict.fromkeys(parent for name in columns for parent in PARENTS.get(name, (name,)))
        return [name for name in parents if not self._sources.fills(name)]

    def gaps(self, columns: Iterable[str]) -> list[Gap]:
        """Return what is missing where these columns should be: tables, or single columns of them."""
        found = []
        for name in self.lacking(columns):
            role = self._sources.role(name)
            found += self.without_rows(role) or [(role, name, "missing_column")]
        return list(dict.fromkeys(found))

    def note(self, section: str, effect: str, gaps: Iterable[Gap], replaced_by: str | None = None) -> None:
        """Write obstacles down, each once."""
        for role, column, reason in gaps:
            row = {
                "section": section,
                "table_name": published_name(role),
                "column_name": column,
                "reason": reason,
                "effect": effect,
                "replaced_by": replaced_by,
                "remedy": "add_column" if reason == "missing_column" else "load_table",
            }
            if row not in self.obstacles:
                self.obstacles.append(row)

    def drop(self, section: str, effect: str, columns: Iterable[str], replaced_by: str | None = None) -> bool:
        """Return whether one of the columns lacks, and write down by its name every one that does."""
        lacking = self.lacking(columns)
        for name in lacking:
            ((role, _, reason),) = self.gaps([name])
            self.note(section, effect, [(role, name, reason)], replaced_by)
        return bool(lacking)


def _section(name: str, options: Settings, needed: _Needed) -> Settings:
    """Return what is left of a section that has all it cannot do without."""
    if name == "cohort_profile":
        return {**options, "measures": _kept(name, needed, options["measures"], lambda item: [item["column"]])}
    if name == "channels":
        return {**options, "dimensions": _kept(name, needed, options["dimensions"], lambda item: [item])}
    if name == "segments":
        return options | {
            "measures": _kept(name, needed, options["measures"], lambda item: [item["column"]]),
            "dimensions": _kept(name, needed, options.get("dimensions", []), lambda item: [item]),
            "crosstabs": _kept(name, needed, options.get("crosstabs", []), lambda item: item.values()),
            "correlations": _kept(name, needed, options.get("correlations", []), lambda item: item.values()),
        }
    return _consistency(options, needed) if name == "consistency" else options


def _kept(section: str, needed: _Needed, items: Iterable[Any], columns: Any) -> list[Any]:
    return [item for item in items if not needed.drop(section, "measure_dropped", columns(item))]


def _consistency(options: Settings, needed: _Needed) -> Settings:
    """Choose the funnel's own measures or their proxies; `in_use` is the pair that is correlated."""
    measures, in_use = [], []
    for own, proxies in PROXIES.items():
        is_own = not needed.drop("consistency", "replaced", [own], proxies[0])
        chosen = [own] if is_own else [p for p in proxies if not needed.drop("consistency", "measure_dropped", [p])]
        unit = "currency" if own == "revenue_velocity_monthly" else "points"
        measures += [{"column": column, "unit": unit} for column in chosen]
        in_use += chosen[:1]
    measures += [
        {"column": column, "unit": "points"}
        for column in _ALWAYS_CONSISTENCY
        if not needed.drop("consistency", "measure_dropped", [column])
    ]
    return {**options, "measures": measures, "in_use": in_use}


def _essential(name: str, options: Settings) -> Iterator[str]:
    if name == "tier_ltv":
        yield from ("customer_tier", LTV)
    elif name == "platforms":
        yield from ("in_marketo", "in_stripe", "in_zendesk")
    elif name == "risk_velocity":
        yield from ("activity_risk_level", "engagement_velocity")
        yield from _rule_columns(options.get("framework") or [])
    elif name == "value_risk":
        for levels in ("value_levels", "risk_levels", "risk_levels_as_written"):
            yield from _rule_columns(options.get(levels) or [])
    elif name == "indices":
        for index in (options["value"], options["risk"]):
            for part in index["parts"]:
                yield part["column"]
                yield from [part["measure"]] if part.get("measure") else []
    elif name == "alerts":
        yield from _rule_columns(options["rules"])


def _rule_columns(rules: Iterable[Settings]) -> Iterator[str]:
    for rule in rules:
        yield from _columns_of(rule.get("all") or rule.get("any") or [])
        yield from _columns_of((rule.get("downgrade") or {}).get("all", []))


def _columns_of(conditions: Iterable[Settings]) -> Iterator[str]:
    for condition in conditions:
        yield condition["column"]
        if condition.get("within"):
            yield condition["within"]
