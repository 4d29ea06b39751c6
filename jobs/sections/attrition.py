"""How many customers each predicate leaves."""

from __future__ import annotations

from jobs.sections.evidence import Evidence, Rows
from transforms.cohort import attrition


def build(evidence: Evidence) -> Rows:
    """Return `attrition`: step 0 is the population, then one row per predicate in order."""
    predicates = evidence.definition.predicates()
    texts = ["population", *(predicate.text() for predicate in predicates)]
    steps = evidence.collect("attrition", lambda: attrition(evidence.customers, predicates))
    steps.sort(key=lambda row: int(row["step"]))
    return {"attrition": [{**row, "predicate": texts[row["step"]]} for row in steps]}
