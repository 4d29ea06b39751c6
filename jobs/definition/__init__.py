"""Analysis definitions: the models of a definition file, and loading them."""

from jobs.definition.analysis import INDEX_LEVELS, Definition
from jobs.definition.conditions import ConditionModel, RuleModel
from jobs.definition.loading import load_definition, shipped_names
from jobs.definition.sections import Empty, GeographySection, MeasureModel, ProfileSection, Sections
from jobs.definition.segments import OTHERS

__all__ = [
    "INDEX_LEVELS",
    "OTHERS",
    "ConditionModel",
    "Definition",
    "Empty",
    "GeographySection",
    "MeasureModel",
    "ProfileSection",
    "RuleModel",
    "Sections",
    "load_definition",
    "shipped_names",
]
