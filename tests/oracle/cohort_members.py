"""Result table `cohort_members`."""

from __future__ import annotations

from typing import Any

from tests.oracle.study import Study


def cohort_members(study: Study) -> list[dict[str, Any]]:
    """One row per cohort customer; `customer_key` is the plain normalised e-mail."""
    return study.rows(
        """
        WITH ranked AS (
            SELECT
                customer_key,
                percent_rank() OVER (PARTITION BY customer_tier ORDER BY estimated_customer_ltv)
                    AS percent_rank,
                ntile(10) OVER (PARTITION BY customer_tier ORDER BY estimated_customer_ltv, customer_key)
                    AS decile
            FROM customers WHERE customer_tier IS NOT NULL AND estimated_customer_ltv IS NOT NULL
        ),
        tiers AS (
            SELECT
                customer_tier, plain_mean(estimated_customer_ltv) AS mean,
                sqrt(sample_variance(estimated_customer_ltv)) AS deviation
            FROM customers WHERE customer_tier IS NOT NULL GROUP BY customer_tier
        ),
        peers AS (
            SELECT customer_tier, plain_mean(estimated_customer_ltv) AS mean
            FROM customers WHERE is_peer GROUP BY customer_tier
        )
        SELECT
            c.customer_key,
            NULL AS key_id,
            c.customer_tier,
            c.estimated_customer_ltv,
            peers.mean AS peer_mean_ltv,
            c.estimated_customer_ltv - peers.mean AS ltv_difference,
            ranked.percent_rank AS ltv_percent_rank,
            (c.estimated_customer_ltv - tiers.mean) / nullif(tiers.deviation, 0) AS ltv_zscore,
            ranked.decile AS ltv_decile,
            c.value_level,
            c.risk_level,
            c.value_index,
            c.risk_index,
            c.value_index_level,
            c.risk_index_level,
            c.framework_segment,
            c.alert
        FROM customers AS c
        LEFT JOIN peers USING (customer_tier)
        LEFT JOIN tiers USING (customer_tier)
        LEFT JOIN ranked USING (customer_key)
        WHERE c.in_cohort
        """
    )
