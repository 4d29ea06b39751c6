"""Result table `crosstabs`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.oracle.formulas import Sample, mean_interval
from tests.oracle.rules import literal
from tests.oracle.study import Study

# What is at stake with one customer: LTV x churn, LTV where churn is missing, nothing where LTV is.
STAKE = "CAST(coalesce(estimated_customer_ltv * coalesce(churn_probability, 1), 0) AS DOUBLE)"


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
        for name in ("activity_risk_level", "engagement_velocity"):
            rows += _cells(study, "risk_velocity", (name, f"coalesce({name}, '(missing)')"))
    value_risk = study.section("value_risk")
    if value_risk is not None:
        value = ("value_level", "coalesce(value_level, '(none)')")
        rows += _cells(
            study, "value_risk", value, ("risk_level", "coalesce(risk_level, '(none)')"), strategy_sql(study)
        )
        if study.graded_as_written:
            written = ("risk_level", "coalesce(risk_level_as_written, '(none)')")
            rows += _cells(study, "value_risk_as_written", value, written)
    return rows + _of_cohort(study) + _of_segments(study)


def _of_cohort(study: Study) -> list[dict[str, Any]]:
    """Levels of the two indices against each other, and alert rules against the alerts they raise."""
    rows: list[dict[str, Any]] = []
    if study.section("indices") is not None:
        value, risk = ((f"{index}_index_level", _or_none(f"{index}_index_level")) for index in ("value", "risk"))
        rows += _cells(study, "indices", value, risk, strategy_sql(study, "indices"), ["cohort"])
    if study.section("alerts") is not None:
        rule, alert = ((name, _or_none(name)) for name in ("alert_rule", "alert"))
        rows += _cells(study, "alerts", rule, alert, alert_strategy_sql(study), ["cohort"])
    return rows


def _of_segments(study: Study) -> list[dict[str, Any]]:
    groups = [*study.segments, "population"]
    rows: list[dict[str, Any]] = []
    for pair in (study.section("segments") or {}).get("crosstabs", []):
        row, column = (
            (pair[side], f"coalesce(CAST(\"{pair[side]}\" AS VARCHAR), '(missing)')") for side in ("row", "column")
        )
        rows += _cells(study, "segments", row, column, groups=groups, membership="segment_membership")
    return rows


def _or_none(column: str) -> str:
    return f"coalesce({column}, '(none)')"


def strategy_sql(study: Study, section: str = "value_risk") -> str:
    """Return the strategy of a customer's value x risk cell as an expression over customers."""
    cells = (study.section(section) or {}).get("cells", [])
    if not cells:
        return "NULL::VARCHAR"
    value, risk = ("value_index_level", "risk_index_level") if section == "indices" else ("value_level", "risk_level")
    cases = " ".join(
        f"WHEN {value} = {literal(cell['value'])} AND {risk} = {literal(cell['risk'])} THEN {literal(cell['strategy'])}"
        for cell in cells
    )
    return f"CASE {cases} END"


def alert_strategy_sql(study: Study) -> str:
    """Return the strategy of the alert rule a customer matches."""
    rules = (study.section("alerts") or {}).get("rules", [])
    cases = " ".join(
        f"WHEN alert_rule = {literal(rule['name'])} THEN {literal(rule['strategy'])}"
        for rule in rules
        if rule.get("strategy")
    )
    return f"CASE {cases} END" if cases else "NULL::VARCHAR"


def _cells(
    study: Study,
    section: str,
    row: tuple[str, str],
    column: tuple[str | None, str] = (None, "NULL::VARCHAR"),
    label: str = "NULL::VARCHAR",
    groups: Sequence[str] = ("cohort", "population"),
    membership: str = "membership",
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
            fsum({STAKE}) AS value_at_stake,
            min({label}) AS label, count(DISTINCT coalesce({label}, '')) AS n_labels
        FROM {membership} JOIN customers USING (customer_key)
        WHERE group_name IN ({", ".join(literal(group) for group in groups)})
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
        "value_at_stake": cell["value_at_stake"],
        "label": cell["label"],
    }
