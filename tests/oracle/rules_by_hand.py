"""Rules that several hand-worked lakes are read by: the cohort of fast conversion, risk by velocity, value by risk."""

from __future__ import annotations

CONVERSION = [
    {"column": "marketing_to_sales_days", "operator": "between", "value": [10, 20]},
    {"column": "sales_to_support_days", "operator": ">", "value": 30},
    {"column": "composite_engagement_score", "operator": ">", "statistic": "mean"},
]
HIGH_RISK = [
    {"column": "activity_risk_level", "operator": "in", "value": ["High", "Critical"]},
    {"column": "engagement_velocity", "operator": "in", "value": ["Declining", "Stagnant"]},
]
FRAMEWORK = [
    {
        "name": "champions",
        "strategy": "reward",
        "all": [
            {"column": "activity_risk_level", "operator": "in", "value": ["Low", "Medium"]},
            {"column": "engagement_velocity", "operator": "in", "value": ["Accelerating", "Stable"]},
        ],
    },
    {"name": "danger", "strategy": "rescue", "all": HIGH_RISK},
]
TEXTS = {
    "reward": {
        "owner": "marketing",
        "due_days": 60,
        "kpi": {"measure": "customer_health_score", "target_ratio": 1.1, "alarm_ratio": 0.5},
    },
    "rescue": {
        "owner": "success",
        "due_days": 7,
        "kpi": {"measure": "churn_probability", "target_ratio": 0.5, "alarm_ratio": 2.0},
    },
}
VALUE_RISK = {
    "value_levels": [
        {
            "name": "high",
            "all": [
                {
                    "column": "estimated_customer_ltv",
                    "operator": ">",
                    "statistic": "mean",
                    "within": "customer_tier",
                },
                {"column": "monetary_score", "operator": ">=", "value": 4},
            ],
        },
        {
            "name": "low",
            "all": [
                {
                    "column": "estimated_customer_ltv",
                    "operator": "<",
                    "statistic": "mean",
                    "within": "customer_tier",
                },
                {"column": "monetary_score", "operator": "<=", "value": 2},
            ],
        },
        {"name": "medium", "otherwise": True},
    ],
    "risk_levels": [
        {"name": "high", "any": HIGH_RISK},
        {
            "name": "low",
            "all": [
                {"column": "activity_risk_level", "operator": "=", "value": "Low"},
                {"column": "engagement_velocity", "operator": "in", "value": ["Accelerating", "Stable"]},
            ],
        },
    ],
    "risk_levels_as_written": [
        {"name": "low", "all": [{"column": "engagement_velocity", "operator": "=", "value": "Increasing"}]}
    ],
    "cells": [
        {"value": "high", "risk": "high", "strategy": "rescue"},
        {"value": "low", "risk": "low", "strategy": "reward"},
        {"value": "medium", "risk": "low", "strategy": "reward"},
    ],
}
