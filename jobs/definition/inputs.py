"""How a user's tables and columns are called: rename and declared cast only."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from jobs.definition.conditions import Model
from jobs.errors import nearest
from transforms.input_mapping import ColumnSource
from transforms.input_tables import TABLES, is_readable_as

Role = Literal["activity", "funnel", "value", "address", "mapping"]
Name = Annotated[str, Field(min_length=1)]


class ColumnSourceModel(Model):
    """The user's column, and the type it is cast to where it differs."""

    column: Name
    cast: str | None = None


class TableSourceModel(Model):
    """The user's table for one of the product's, and its columns that are named otherwise."""

    table: Name | None = None
    columns: dict[str, Name | ColumnSourceModel] = Field(default_factory=dict)

    def column_sources(self) -> dict[str, ColumnSource]:
        """Return the user's column per column of ours that the mapping names."""
        return {
            ours: ColumnSource(column=theirs)
            if isinstance(theirs, str)
            else ColumnSource(column=theirs.column, cast=theirs.cast)
            for ours, theirs in self.columns.items()
        }


class InputsFile(Model):
    """A file that maps tables for all analyses of a run, as `customer360 init` writes it."""

    inputs: dict[Role, TableSourceModel]


Mapped = Mapping[Role, TableSourceModel]


def mapping_key(mapped: Mapped) -> str:
    """Return a text that two mappings share only when they are the same."""
    return json.dumps({role: source.model_dump(mode="json") for role, source in mapped.items()}, sort_keys=True)


def mapping_problems(mapped: Mapped) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield place and message of every mapped column that is none of ours, or cast to a type that is not ours."""
    for role, source in mapped.items():
        table = TABLES[role]
        for ours, theirs in source.column_sources().items():
            place = ("inputs", role, "columns", ours)
            if ours not in table.columns:
                yield place, f"unknown column '{ours}' of {table.name}{nearest(ours, table.columns)}"
            elif theirs.cast and not is_readable_as(theirs.cast, table.columns[ours]):
                yield (
                    (*place, "cast"),
                    f"'{ours}' is {table.columns[ours]}, not '{theirs.cast}'; expected cast: {table.columns[ours]}",
                )
