"""The segments of a definition as groups: who is described, what is compared, and what a rule fixes."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.definition import OTHERS, Definition, RuleModel
from transforms import columns as c
from transforms.groups import Groups
from transforms.segments import outside, segment_groups


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentGroups:
    """Segments in order, the remainder last, and the pairs of groups that are compared."""

    definition: Definition
    segments: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, definition: Definition) -> SegmentGroups:
        """Return the groups of a definition; none where it has no segments."""
        options = definition.sections.segments
        compare = options.compare if options else []
        return cls(
            definition=definition,
            segments=tuple(definition.segments.names() if definition.segments else ()),
            pairs=tuple((pair.a, outside(pair.a) if pair.b == OTHERS else pair.b) for pair in compare),
        )

    @property
    def compared_with_others(self) -> tuple[str, ...]:
        """The segments that are compared with everybody outside them."""
        return tuple(dict.fromkeys(a for a, b in self.pairs if b == outside(a)))

    @property
    def described(self) -> tuple[str, ...]:
        """Every segment, everybody outside those compared with all others, and the population."""
        return (*self.segments, *(outside(name) for name in self.compared_with_others), c.POPULATION)

    @property
    def shown(self) -> tuple[str, ...]:
        """Every segment and the population."""
        return (*self.segments, c.POPULATION)

    def memberships(self, names: tuple[str, ...]) -> Groups:
        """Return the named groups with who belongs to each."""
        found = segment_groups(self.segments, self.compared_with_others)
        return {name: found[name] for name in names}

    def by_definition(self, *groups: str) -> set[str]:
        """Return the columns that decide who is in one of the groups, and what is derived from them.

        The first rule that matches wins: a segment is made by its own rule and those before it, the remainder by
        all of them, and everybody outside a segment by what makes the segment. No rule makes the population.
        """
        rules = self.definition.segments.rules if self.definition.segments else []
        made_by = {name: rules[: number + 1] for number, name in enumerate(self.segments)}
        made_by |= {outside(name): made_by[name] for name in self.compared_with_others}
        used = {name for group in groups for rule in made_by.get(group, []) for name in _columns(rule)}
        return self.definition.implied_by(used)


def _columns(rule: RuleModel) -> set[str]:
    conditions = rule.all or rule.any or []
    return {name for condition in conditions for name in (condition.column, condition.within) if name}
