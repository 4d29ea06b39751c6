"""How a user's tables and columns are called: rename and declared cast only."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from jobs.definition.conditions import Model

Role = Literal["activity", "funnel", "value", "address", "mapping"]


class ColumnSourceModel(Model):
    """The user's column, and the type it is cast to where it differs."""

    column: str
    cast: str | None = None


class TableSourceModel(Model):
    """The user's table for one of the product's, and its columns that are named otherwise."""

    table: str | None = None
    columns: dict[str, str | ColumnSourceModel] = Field(default_factory=dict)
