"""The published result tables: names, columns and types, in published order.

The contract that BI tools, the report and the oracle read. Every table starts with the three
identity columns `run_id`, `attempt_id`, `analysis`.
"""

from __future__ import annotations

IDENTITY = "run_id string, attempt_id string, analysis string"

_BODY: dict[str, str] = {
    "measures": """
        section string, group_name string, measure string, unit string, n bigint, n_missing bigint,
        mean double, stddev double, median double, p10 double, p25 double, p75 double, p90 double,
        trimmed_mean double, ci_low double, ci_high double, method string, by_definition boolean,
        source_table string, p33 double, p67 double""",
    "comparisons": """
        section string, stratum string, measure string, group_a string, n_a bigint, mean_a double,
        mean_a_low double, mean_a_high double, group_b string, n_b bigint, mean_b double,
        mean_b_low double, mean_b_high double, difference double, ratio double,
        relative_difference double, contribution double, ci_low double, ci_high double,
        rel_ci_low double, rel_ci_high double, effect_size double, p_value double,
        p_adjusted double, by_definition boolean""",
    "distributions": """
        section string, group_name string, dimension string, value string, n bigint, share double,
        share_low double, share_high double, population_share double, index double""",
    "crosstabs": """
        section string, group_name string, row_dimension string, row_value string,
        column_dimension string, column_value string, n bigint, n_health bigint,
        mean_health double, health_ci_low double, health_ci_high double, n_ltv bigint,
        mean_ltv double, ltv_ci_low double, ltv_ci_high double, sum_ltv double, label string,
        value_at_stake double""",
    "correlations": """
        section string, group_name string, x string, y string, n bigint, pearson_r double,
        ci_low double, ci_high double, spearman_r double, p_value double, p_adjusted double,
        method string""",
    "associations": """
        section string, group_name string, x string, y string, n bigint, test string,
        statistic double, df double, df_residual double, p_value double, p_adjusted double,
        cramers_v double""",
    "attrition": """
        step int, predicate string, n_remaining bigint, n_undecidable bigint,
        statistic_value double""",
    "method_sensitivity": """
        method string, population_mean double, joined_rows bigint, cohort_customers bigint,
        fan_out double, mean_recency double, mean_frequency double, mean_monetary double""",
    "match_rates": """
        left_table string, right_table string, key string, left_rows bigint, matched_rows bigint,
        match_rate double""",
    "cohort_members": """
        customer_key string, key_id string, customer_tier string, estimated_customer_ltv double,
        peer_mean_ltv double, ltv_difference double, ltv_percent_rank double, ltv_zscore double,
        ltv_decile int, value_level string, risk_level string, value_index double,
        risk_index double, value_index_level string, risk_index_level string,
        framework_segment string, alert string""",
    "strategies": """
        segment string, n bigint, value_at_stake double, priority int, strategy string,
        owner string, due_days int, kpi string, kpi_now double, kpi_target double,
        kpi_alarm double""",
    "obstacles": """
        section string, table_name string, column_name string, reason string, effect string,
        replaced_by string, remedy string""",
    "changes": """
        figure string, previous_run_id string, previous double, current double, difference double,
        cause string""",
    "quality": """
        table_name string, check_name string, severity string, passed boolean, observed double,
        expected string, message_id string, params map<string,string>, touches_section string,
        touches_measure string""",
    "runs": """
        event string, at timestamp, definition string, definition_digest string,
        code_version string, engine string, source_ids map<string,string>,
        source_versions map<string,bigint>, n_customers bigint, n_cohort bigint, seconds double,
        error string""",
    "publications": """
        generation bigint, published_at timestamp, report_uri string, previous string""",
}

# `publications` and `runs` are the two tables that are not staged: the pointer and the event log.
STAGED = tuple(name for name in _BODY if name not in ("runs", "publications"))
NAMES = tuple(_BODY)


def ddl(table: str) -> str:
    """Return the full DDL schema of one result table, identity columns first."""
    return f"{IDENTITY}, {' '.join(_BODY[table].split())}"


def columns(table: str) -> list[str]:
    """Return the column names of one result table in published order."""
    # map<string,string> holds a comma of its own; types are never needed here
    flat = ddl(table).replace("map<string,string>", "map").replace("map<string,bigint>", "map")
    return [part.split()[0] for part in flat.split(",")]
