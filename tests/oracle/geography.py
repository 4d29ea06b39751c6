"""Geography: matches of customers to addresses, and the section's rows of `distributions`."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pycountry

from tests.oracle.formulas import wilson
from tests.oracle.lake import columns
from tests.oracle.study import Study

SYSTEMS = ("marketo", "stripe", "zendesk")
_IDS = ("marketo_lead_id", "stripe_customer_id", "zendesk_user_id")


def keys_tried(right: str) -> list[str]:
    """Return the names of the keys compared with a table, in published order."""
    hashed = [f"md5({name})" for name in (*_IDS, "primary_email")]
    return list(_IDS) if right == "mapping" else [*_IDS, *hashed]


def build_matches(study: Study) -> str | None:
    """Create matches (customer_key, key, customer360_id) of the cohort; return the table that was matched.

    None where the section or the address table is absent.
    """
    if study.section("geography") is None or not columns(study.con, "address"):
        return None
    if study.one("SELECT count(*) AS n FROM address")["n"] == 0:
        return None
    through_mapping = bool(columns(study.con, "mapping"))
    if through_mapping:
        joins = [
            f"SELECT customer_key, '{name}' AS key, mapping.customer360_id FROM customers JOIN mapping"
            f" ON CAST(customers.{name} AS VARCHAR) = CAST(mapping.{name} AS VARCHAR)"
            for name in _IDS
        ]
    else:
        tried = {name: f"CAST({name} AS VARCHAR)" for name in _IDS}
        tried |= {f"md5({name})": f"md5({text})" for name, text in list(tried.items())}
        tried |= {"md5(primary_email)": "md5(customer_key)"}
        joins = [
            f"SELECT customer_key, '{key}' AS key, customer360_id FROM customers JOIN"
            f" (SELECT DISTINCT customer360_id FROM address) ON {text} = customer360_id"
            for key, text in tried.items()
        ]
    study.con.execute(
        "CREATE OR REPLACE TABLE matches AS SELECT DISTINCT m.* FROM ("
        + " UNION ALL ".join(joins)
        + ") AS m JOIN customers USING (customer_key) WHERE in_cohort AND customer360_id IS NOT NULL"
    )
    return "mapping" if through_mapping else "address"


def geography(study: Study) -> list[dict[str, Any]]:
    """Rows of `distributions` for countries and states: of the matched, or an estimate."""
    if build_matches(study) is None:
        return []
    build_addresses(study)
    found = study.one(
        """
        SELECT (SELECT count(*) FROM customers WHERE in_cohort) AS cohort,
            (SELECT count(DISTINCT customer_key)
                FROM matches SEMI JOIN placed_address USING (customer360_id)) AS located
        """
    )
    minimum = (study.section("geography") or {})["minimum_match_rate"]
    enough = found["cohort"] > 0 and found["located"] / found["cohort"] >= minimum
    rows = []
    for dimension in ("country", "state"):
        rows += _of_matched(study, dimension) if enough else _estimate(study, dimension)
    return rows


def build_addresses(study: Study) -> None:
    """Create placed_address: every address row with country and state judged, and its place in the order."""
    names = {name for country in pycountry.countries for name in _names_of(country)}
    study.con.register("iso_names", pa.table({"name": sorted(names)}))
    types = columns(study.con, "address")
    first = [f'"{name}" ASC NULLS LAST' for name in ("priority", "rank")]
    # then the total order of snapshots: every other column in schema order, descending
    ties = [f'"{name}" DESC NULLS LAST' for name in types if name not in ("priority", "rank")]
    ordered = ", ".join(first + ties)
    study.con.execute(
        f"""
        CREATE OR REPLACE TABLE placed_address AS
        WITH judged AS (
            SELECT *, nullif(trimmed(country), '') AS country_text, nullif(trimmed(state), '') AS state_text,
                lower(country_text) IN (SELECT name FROM iso_names) AS is_country,
                row_number() OVER (ORDER BY {ordered}) AS place
            FROM address
        )
        SELECT customer360_id, source_system, place,
            CASE WHEN country_text IS NULL THEN '(missing)'
                WHEN is_country THEN country_text ELSE '(invalid)' END AS country,
            CASE WHEN country_text IS NOT NULL AND is_country
                THEN coalesce(state_text, '(missing)') ELSE '(invalid country)' END AS state
        FROM judged
        """
    )
    study.con.unregister("iso_names")


def _names_of(country: Any) -> list[str]:
    fields = ("name", "official_name", "common_name", "alpha_2", "alpha_3")
    found = (getattr(country, field, None) for field in fields)
    return [name.lower() for name in found if name]


def _of_matched(study: Study, dimension: str) -> list[dict[str, Any]]:
    """One address per matched customer; a customer whose ids hold no address is not matched."""
    found = study.rows(
        f"""
        WITH first_address AS (
            SELECT m.customer_key, min_by(a.{dimension}, {{'id': customer360_id, 'place': a.place}}) AS value
            FROM matches AS m JOIN placed_address AS a USING (customer360_id)
            GROUP BY m.customer_key
        )
        SELECT value, count(*) AS n, sum(count(*)) OVER () AS size FROM first_address GROUP BY value
        """
    )
    rows = []
    for cell in found:
        n, size = cell["n"], int(cell["size"])
        rows.append(_row("cohort", dimension, cell["value"], n, n / size, *wilson(n, size)))
    return rows


def _estimate(study: Study, dimension: str) -> list[dict[str, Any]]:
    """Weigh each system's distribution over one address per id by the cohort customers it holds."""
    flags = " UNION ALL ".join(
        f"SELECT '{system}' AS system, count(*) FILTER (WHERE in_{system} = 1) AS flagged"
        " FROM customers WHERE in_cohort"
        for system in SYSTEMS
    )
    found = study.rows(
        f"""
        WITH one_each AS (
            SELECT lower(trimmed(source_system)) AS system, customer360_id, min_by({dimension}, place) AS value
            FROM placed_address WHERE customer360_id IS NOT NULL GROUP BY ALL
        ),
        flags AS (
            SELECT * FROM ({flags}) WHERE flagged > 0 AND system IN (SELECT system FROM one_each)
        ),
        shares AS (
            SELECT system, value, count(*)::DOUBLE / sum(count(*)) OVER (PARTITION BY system) AS share
            FROM one_each GROUP BY system, value
        )
        SELECT value, fsum(flagged::DOUBLE / (SELECT sum(flagged) FROM flags) * share) AS share
        FROM shares JOIN flags USING (system) GROUP BY value
        """
    )
    group = "cohort_estimate"
    return [_row(group, dimension, cell["value"], None, cell["share"], None, None) for cell in found]


def _row(
    group: str,
    dimension: str,
    value: str,
    n: int | None,
    share: float,
    low: float | None,
    high: float | None,
) -> dict[str, Any]:
    return {
        "section": "geography",
        "group_name": group,
        "dimension": dimension,
        "value": value,
        "n": n,
        "share": share,
        "share_low": low,
        "share_high": high,
        "population_share": None,
        "index": None,
    }
