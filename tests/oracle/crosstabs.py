"""Result table `crosstabs`."""

from __future__ import annotations

from typing import Any

from tests.oracle.formulas import Sample, mean_interval
from tests.oracle.rules import literal
from tests.oracle.study import Study


def crosstabs(study: Study) -> list[dict[str, Any]]:
    """One row per section, group and observed cell."""
    rows: list[dict[str, Any]] = []
    if study.section("platforms") is not None:
        rows += _cells(study, "platforms", ("platforms", "platforms"))
        count = "coalesce(CAST(number_of_platforms AS VARCHAR), 'unknown')"
        rows += _cells(study, "platforms", ("number_of_platforms", count))
    if study.section("risk_velocity") is not None:
        label = "coalesce(framework_segment, '(uncovered)')" if study.framework else "NULL::VARCHAR"
        rows += _cells(
            study,
            "risk_velocity",
            ("activity_risk_level", "coalesce(activity_risk_level, '(missing)')"),
            ("engagement_velocity", "coalesce(engagement_velocity, '(missing)')"),
            label,
        )
    value_risk = study.section("value_risk")
    if value_risk is not None:
        value = ("value_level", "coalesce(value_level, '(none)')")
        rows += _cells(
            study, "value_risk", value, ("risk_level", "coalesce(risk_level, '(none)')"), strategy_sql(study)
        )
        if study.graded_as_written:
            written = ("risk_level", "coalesce(risk_level_as_written, '(none)')")
            rows += _cells(study, "value_risk_as_written", value, written)
    return rows


def strategy_sql(study: Study) -> str:
    """Return the strategy of a customer's value x risk cell as an expression over customers."""
    cells = (study.section("value_risk") or {}).get("cells", [])
    if not cells:
        return "NULL::VARCHAR"
    cases = " ".join(
        f"WHEN value_level = {literal(cell['value'])} AND risk_level = {literal(cell['risk'])}"
        f" THEN {literal(cell['strategy'])}"
        for cell in cells
    )
    return f"CASE {cases} END"


def _cells(
    study: Study,
    section: str,
    row: tuple[str, str],
    column: tuple[str | None, str] = (None, "NULL::VARCHAR"),
    label: str = "NULL::VARCHAR",
) -> list[dict[str, Any]]:
    """Describe health and LTV per cell; a dimension is its name and its expression over customers."""
    found = study.rows(
        f"""
        SELECT
            group_name, {row[1]} AS row_value, {column[1]} AS column_value,
            count(*) AS n,
            count(customer_health_score) AS n_health, plain_mean(customer_health_score) AS mean_health,
            sample_variance(customer_health_score) AS var_health,
            count(estimated_customer_ltv) AS n_ltv, plain_mean(estimated_customer_ltv) AS mean_ltv,
            sample_variance(estimated_customer_ltv) AS var_ltv,
            coalesce(fsum(CAST(estimated_customer_ltv AS DOUBLE)), 0.0) AS sum_ltv,
            min({label}) AS label, count(DISTINCT coalesce({label}, '')) AS n_labels
        FROM membership JOIN customers USING (customer_key)
        WHERE group_name IN ('cohort', 'population')
        GROUP BY ALL
        """
    )
    return [_row(section, row[0], column[0], cell) for cell in found]


def _row(section: str, row: str, column: str | None, cell: dict[str, Any]) -> dict[str, Any]:
    if cell["n_labels"] != 1:
        raise ValueError(f"{section}: a cell has {cell['n_labels']} labels; its rules use other columns")
    health = mean_interval(Sample(cell["n_health"], cell["mean_health"], cell["var_health"]))
    ltv = mean_interval(Sample(cell["n_ltv"], cell["mean_ltv"], cell["var_ltv"]))
    return {
        "section": section,
        "group_name": cell["group_name"],
        "row_dimension": row,
        "row_value": cell["row_value"],
        "column_dimension": column,
        "column_value": cell["column_value"],
        "n": cell["n"],
        "n_health": cell["n_health"],
        "mean_health": cell["mean_health"],
        "health_ci_low": health[0],
        "health_ci_high": health[1],
        "n_ltv": cell["n_ltv"],
        "mean_ltv": cell["mean_ltv"],
        "ltv_ci_low": ltv[0],
        "ltv_ci_high": ltv[1],
        "sum_ltv": cell["sum_ltv"],
        "label": cell["label"],
    }
