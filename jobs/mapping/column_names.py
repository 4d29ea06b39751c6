"""How alike two column names are: letter case, separators, abbreviations and common synonyms aside."""

from __future__ import annotations

import difflib
import re

CERTAIN = 0.9
"""From this likeness on a proposal needs no check."""
LIKELY = 0.75
"""Below this likeness two names are not proposed for each other."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SAME_WORD = {
    "acct": "account",
    "amt": "amount",
    "avg": "average",
    "mean": "average",
    "cust": "customer",
    "client": "customer",
    "clv": "ltv",
    "cltv": "ltv",
    "dt": "timestamp",
    "est": "estimated",
    "mail": "email",
    "mktg": "marketing",
    "nbr": "number",
    "num": "number",
    "org": "organization",
    "organisation": "organization",
    "pct": "percent",
    "percentage": "percent",
    "prob": "probability",
    "ts": "timestamp",
}
# What a column is often called that has no word of its name in common, or too few.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "primary_email": ("email", "customer_email", "email_address", "contact_email", "user_email"),
    "primary_organization": ("organization", "company", "company_name", "account_name"),
    "estimated_customer_ltv": ("ltv", "customer_ltv", "lifetime_value", "customer_lifetime_value", "estimated_ltv"),
    "customer_tier": ("tier", "loyalty_tier", "customer_level"),
    "customer_segment": ("segment",),
    "customer_health_score": ("health", "health_score", "customer_health"),
    "churn_probability": ("churn", "churn_risk", "churn_score", "probability_of_churn"),
    "recency_score": ("recency", "r_score", "rfm_recency", "rfm_r"),
    "frequency_score": ("frequency", "f_score", "rfm_frequency", "rfm_f"),
    "monetary_score": ("monetary", "m_score", "rfm_monetary", "rfm_m"),
    "account_age_days": ("account_age", "tenure_days", "age_days"),
    "days_since_last_activity": ("inactive_days", "days_inactive", "inactivity_days", "days_since_activity"),
    "composite_engagement_score": ("engagement_score", "engagement"),
    "engagement_velocity": ("velocity",),
    "activity_risk_level": ("risk_level",),
    "primary_engagement_channel": ("channel", "primary_channel", "main_channel"),
    "lifecycle_stage": ("stage", "lifecycle"),
    "portfolio_contribution_pct": ("portfolio_share", "portfolio_contribution"),
    "analysis_timestamp": ("snapshot_timestamp", "snapshot_at", "snapshot_date", "analyzed_at", "as_of", "loaded_at"),
    "activity_analysis_timestamp": ("snapshot_timestamp", "snapshot_at", "snapshot_date", "as_of", "loaded_at"),
    "funnel_analysis_timestamp": ("snapshot_timestamp", "snapshot_at", "snapshot_date", "as_of", "loaded_at"),
    "marketing_to_sales_days": ("days_marketing_to_sales", "lead_to_sale_days"),
    "sales_to_support_days": ("days_sales_to_support", "sale_to_support_days"),
    "marketo_lead_id": ("marketo_id", "lead_id"),
    "stripe_customer_id": ("stripe_id",),
    "zendesk_user_id": ("zendesk_id",),
    "customer360_id": ("golden_id", "golden_record_id", "master_id"),
    "postal_code": ("zip", "zip_code", "postcode"),
}
# What might be meant as well; a person has to look.
PERHAPS: dict[str, tuple[str, ...]] = {
    "customer360_id": ("customer_id", "party_id"),
    "state": ("region", "province"),
    "analysis_timestamp": ("updated_at", "created_at", "timestamp"),
    "activity_analysis_timestamp": ("updated_at", "created_at", "timestamp"),
    "funnel_analysis_timestamp": ("updated_at", "created_at", "timestamp"),
}


def words(name: str) -> tuple[str, ...]:
    """Return the words of a name, in lower case, abbreviations written out."""
    # e-mail is one word however it is written
    joined = re.sub(r"(?i)e[-_ ]?mail", "_email_", name)
    found = [word.lower() for word in _WORD.findall(joined)]
    return tuple(_SAME_WORD.get(word, word) for word in found)


def likeness(ours: str, theirs: str) -> float:
    """Return how alike a column of ours and one of the user's are called: 0 to 1."""
    if ours == theirs:
        return 1.0
    mine, other = words(ours), words(theirs)
    if mine == other:
        return 0.97
    if other in {words(synonym) for synonym in SYNONYMS.get(ours, ())}:
        return 0.93
    if sorted(mine) == sorted(other):
        return 0.91
    if other in {words(synonym) for synonym in PERHAPS.get(ours, ())}:
        return 0.85
    if [word for word in mine if word.isdigit()] != [word for word in other if word.isdigit()]:
        return 0.0  # active_30_days is not active_60_days
    # near, never certain: a letter makes another column of some names
    return 0.89 * difflib.SequenceMatcher(None, "_".join(mine), "_".join(other)).ratio()
