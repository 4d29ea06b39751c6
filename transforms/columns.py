"""Names that cross a module border."""

from __future__ import annotations

CUSTOMER_KEY = "customer_key"
KEY_MD5 = "key_md5"
IS_NON_ASCII = "is_non_ascii"
IS_LATEST = "is_latest_snapshot"
IS_FIRST = "is_first_snapshot"
LTV_TIE = "ltv_tie"

TIER = "customer_tier"
LTV = "estimated_customer_ltv"
HEALTH = "customer_health_score"
RECENCY = "recency_score"
FREQUENCY = "frequency_score"
MONETARY = "monetary_score"
CHURN = "churn_probability"
RISK = "activity_risk_level"
VELOCITY = "engagement_velocity"

IS_COHORT = "is_cohort"
IS_PEER = "is_peer"
GROUP = "group_name"

PLATFORM_FLAGS = ("in_marketo", "in_stripe", "in_zendesk")
PLATFORMS = "platforms"
NUMBER_OF_PLATFORMS = "number_of_platforms"
UNKNOWN = "unknown"

LTV_PERCENT_RANK = "ltv_percent_rank"
LTV_ZSCORE = "ltv_zscore"
LTV_DECILE = "ltv_decile"

VALUE_LEVEL = "value_level"
RISK_LEVEL = "risk_level"
RISK_LEVEL_AS_WRITTEN = "risk_level_as_written"
FRAMEWORK_SEGMENT = "framework_segment"
SEGMENT = "segment"

VALUE_INDEX = "value_index"
RISK_INDEX = "risk_index"
VALUE_INDEX_LEVEL = "value_index_level"
RISK_INDEX_LEVEL = "risk_index_level"
ALERT = "alert"
ALERT_RULE = "alert_rule"

MISSING = "(missing)"
NO_LEVEL = "(none)"
NO_STRATEGY = "(none)"
UNCOVERED = "(uncovered)"
INVALID = "(invalid)"
INVALID_COUNTRY = "(invalid country)"

COHORT = "cohort"
PEERS = "peers"
POPULATION = "population"
