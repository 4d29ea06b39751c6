"""What was planted in a lake, in words and as data: exported with every generated lake."""

from __future__ import annotations

from typing import Any

from transforms.synthetic import effects
from transforms.synthetic.identity import SNAPSHOT_MILLIS
from transforms.synthetic.latent import LTV_DEVIATION
from transforms.synthetic.shapes import LakePlan

FORMAT = 1

HAZARDS = (
    "several rows per customer: up to 24 in value, giant e-mails in the funnel",
    "exact duplicate rows",
    "exact timestamp ties that disagree in tier, segment, RFM, LTV; the total order decides",
    "older snapshots with other tiers, higher LTV and other delays; a few without a timestamp",
    "null lead ids (3%); about one customer in five has all three ids",
    "e-mail spellings: case, spaces, tabs, line ends, non-breaking spaces; keys outside ASCII",
    "rows without a key: null, empty, white space alone",
    "customers of funnel and value that activity does not know, and the reverse",
    "platform flags that are null, contradict the id or hold a 2",
    "NaN and both infinities in doubles; negative days; account age 0",
    "categories off the documented list: other case, 'Moderate', 'Mid Market', 'Content Marketing'",
    "columns of one name that disagree between tables: tier, LTV, health, channel, stage, segment, age",
    "addresses that join to nothing; words as countries; null and empty text; equal priority and rank",
    "portfolio_contribution_pct is a fraction; concentration_risk has one value",
    "'High Activity Risk' exactly where velocity is 'Stagnant'",
)


def describe(lake: LakePlan, rows: dict[str, int]) -> dict[str, Any]:
    """Return the description of a lake, fit for JSON; `rows` maps table name to number of rows."""
    return {
        "format": FORMAT,
        "shape": lake.shape,
        "customers": lake.customers,
        "seed": lake.seed,
        "effects": lake.effects,
        "newest_snapshot_millis": SNAPSHOT_MILLIS,
        "rows": rows,
        "giant_funnel_rows": list(lake.giants),
        "mapping": lake.mapping,
        "planted": _planted(lake),
        "hazards": list(HAZARDS),
    }


def to_markdown(description: dict[str, Any]) -> str:
    """Return the description as a Markdown page."""
    tables = [f"| {name} | {rows:,} |" for name, rows in description["rows"].items()]
    planted = [f"* {line}" for line in _sentences(description)]
    return "\n".join(
        [
            "# Generated lake",
            "",
            f"Synthetic data, shape `{description['shape']}`, {description['customers']:,} customers, "
            f"seed {description['seed']}. No row describes a real person.",
            "",
            "| table | rows |",
            "|---|---|",
            *tables,
            "",
            "## Planted effects",
            "",
            *planted,
            "",
            "## Hazards",
            "",
            *[f"* {hazard}" for hazard in description["hazards"]],
            "",
        ]
    )


def _planted(lake: LakePlan) -> dict[str, Any]:
    if not lake.effects or not lake.activity.rows:
        return {}
    return {
        "ltv_cohort_against_peers_d": dict(effects.LTV_EFFECT),
        "ltv_deviation_share_of_tier_mean": LTV_DEVIATION,
        "channel": {
            "value": effects.BOOSTED_CHANNEL,
            "cohort_share_over_share_outside": effects.CHANNEL_FACTOR,
        },
        "health_low_risk_against_high_risk_d": effects.HEALTH_EFFECT,
        "low_risk_levels": list(effects.LOW_RISK),
        "high_risk_levels": list(effects.HIGH_RISK),
    }


def _sentences(description: dict[str, Any]) -> list[str]:
    planted = description["planted"]
    by_definition = (
        ["R, F, M and large portfolio shares follow the tier, by what the columns mean."]
        if description["shape"] == "second"
        else []
    )
    if not planted:
        return [*by_definition, "None: whatever else differs between groups differs by chance."]
    tiers = ", ".join(f"{tier} {d:+.1f}" for tier, d in planted["ltv_cohort_against_peers_d"].items())
    channel = planted["channel"]
    low, high = ", ".join(planted["low_risk_levels"]), ", ".join(planted["high_risk_levels"])
    return [
        "The cohort: marketing_to_sales_days 10-20, sales_to_support_days > 30, composite_engagement_score "
        "above the mean over customers, all in the latest rows; copies that lose carry no effect.",
        f"LTV (value table) of the cohort against same-tier peers, Cohen's d: {tiers}.",
        f"primary_engagement_channel (activity) '{channel['value']}': "
        f"{channel['cohort_share_over_share_outside']} times its share outside the cohort; "
        "the other channels keep their proportions.",
        f"customer_health_score (activity), risk {low} against {high}: "
        f"d = {planted['health_low_risk_against_high_risk_d']}; other levels lie in between.",
        "Customers with several activity rows are more engaged: the mean over rows exceeds the customers'.",
        *by_definition,
        "Nothing else: platform combinations, number of platforms, the remaining categories, RFM and "
        "engagement sub-scores are independent of LTV, health and the cohort.",
    ]
