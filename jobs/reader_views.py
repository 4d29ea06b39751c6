"""Views for readers of a catalog: the published rows of every result table, whatever the current attempt is."""

from __future__ import annotations

import logging

from jobs.engines.table_names import sql_name
from jobs.results import ResultStore
from transforms import result_tables

logger = logging.getLogger(__name__)

PREFIX = "published_"


def create_views(store: ResultStore) -> None:
    """Create `published_<table>` beside each result table of a catalog, unless it is there.

    A view reads the pointer each time it is asked, so it never has to be made again. On path lakes there are no
    views: `published(spark, results, table)` and `customer360 sql` do the same. Who may write tables but not views
    still publishes: the log says so.
    """
    if not store.lake.is_catalog:
        return
    pointers = sql_name(store.lake.target("publications"))
    for table in result_tables.NAMES:
        if table == "publications" or not store.exists(table):
            continue
        view = sql_name(store.lake.target(f"{PREFIX}{table}"))
        try:
            store.spark.sql(
                f"CREATE VIEW IF NOT EXISTS {view} COMMENT 'the published rows of {table}' AS"
                f" SELECT rows.* FROM {sql_name(store.lake.target(table))} AS rows LEFT SEMI JOIN {pointers} AS current"
                " ON rows.attempt_id = current.attempt_id AND rows.analysis = current.analysis"
            ).collect()
        except Exception as error:
            logger.warning("the view %s was not created (%s)", view, type(error).__name__)
            return
