# ---
# jupyter:
#   jupytext:
#     formats: py:percent
# ---

# %% [markdown]
# # Exploring published results
# Reads the result tables of a demo (`make demo`), calls the package, holds no logic.

# %%
import os

from jobs.engines import start_engine
from jobs.results import published

RESULTS = os.environ.get("CUSTOMER360_RESULTS", "demo/results")
engine = start_engine(os.environ.get("CUSTOMER360_ENGINE", "embedded"))
spark = engine.spark

# %% [markdown]
# ## How many customers, and how many rows would a naive join count?

# %%
methods = published(spark, RESULTS, "method_sensitivity").filter("analysis = 'conversion_behaviour'")
methods.select("method", "cohort_customers", "joined_rows", "fan_out").orderBy("method").show(truncate=False)

# %% [markdown]
# ## What is the cohort worth against other customers of the same tier?

# %%
tiers = published(spark, RESULTS, "comparisons").filter(
    "analysis = 'high_value_cohort' and section = 'tier_ltv' and group_b = 'peers'"
)
tiers.select("stratum", "n_a", "mean_a", "mean_b", "difference", "ci_low", "ci_high", "p_adjusted").show()

# %% [markdown]
# ## Any other question: SQL over the published rows, as printed in every report

# %%
from jobs.sql import query

print(query(engine, RESULTS, "SELECT analysis, step, n_remaining FROM attrition ORDER BY analysis, step"))

# %%
engine.stop()
