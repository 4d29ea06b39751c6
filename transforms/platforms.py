"""Which of the three platforms a customer is active on."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from transforms import columns as c
from transforms.missing import flag


def with_platforms(view: DataFrame) -> DataFrame:
    """Add `platforms` ('1-0-1' in the order marketo-stripe-zendesk) and `number_of_platforms` (0-3).

    In and out: one row per customer. A flag that is null or neither 0 nor 1 makes the combination
    `unknown` and the number null.
    """
    flags = [flag(F.col(name)).cast("int") for name in c.PLATFORM_FLAGS]
    known = flags[0].isNotNull() & flags[1].isNotNull() & flags[2].isNotNull()
    combination = F.concat_ws("-", *(value.cast("string") for value in flags))
    return view.withColumns(
        {
            c.PLATFORMS: F.when(known, combination).otherwise(F.lit(c.UNKNOWN)),
            c.NUMBER_OF_PLATFORMS: F.when(known, flags[0] + flags[1] + flags[2]),
        }
    )
