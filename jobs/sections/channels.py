"""Channels and other category mixes: shares with intervals, and one test per dimension."""

from __future__ import annotations

from jobs.inference import chi_square
from jobs.sections.association_row import association_row
from jobs.sections.distribution_rows import distribution_rows
from jobs.sections.evidence import Evidence, Rows
from transforms import columns as c
from transforms.distributions import count_values
from transforms.groups import study_groups

SECTION = "channels"
GROUPS = (c.COHORT, c.PEERS, c.POPULATION)


def build(evidence: Evidence) -> Rows:
    """Return `distributions` per dimension and `associations` of cohort against everybody else."""
    options = evidence.definition.sections.channels
    if options is None or not options.dimensions:
        return {}
    dimensions = tuple(options.dimensions)
    counts = evidence.collect(
        "mixes", lambda: count_values(evidence.customers, study_groups(GROUPS), dimensions), dimensions
    )
    counts.sort(key=lambda row: (options.dimensions.index(row["dimension"]), row["value"]))
    by_definition = evidence.definition.by_definition()
    associations = [
        association_row(
            SECTION,
            c.POPULATION,
            c.COHORT,
            dimension,
            "chi_square",
            chi_square(
                [(row[c.COHORT], row[c.POPULATION] - row[c.COHORT]) for row in counts if row["dimension"] == dimension]
            ),
        )
        for dimension in options.dimensions
        if dimension not in by_definition
    ]
    return {"distributions": distribution_rows(SECTION, GROUPS, counts), "associations": associations}
