# ---
# jupyter:
#   jupytext:
#     formats: py:percent
# ---

# %% [markdown]
# # Developing a transform with its test
# A transform is a pure function from frame to frame (`transforms/`). Try it on a few literal rows, say what must come
# out, and keep both as a test in `tests/transforms`. This notebook calls the package and holds no logic.

# %%
import os

from chispa import assert_df_equality

from jobs.engines import start_engine
from transforms.keys import with_customer_key
from transforms.snapshots import latest_snapshot

engine = start_engine(os.environ.get("CUSTOMER360_ENGINE", "embedded"))
spark = engine.spark

# %% [markdown]
# ## Literal rows: two spellings of one customer, a row without an address

# %%
rows = spark.createDataFrame(
    [(" Ann@Example.org", 1, 10.0), ("ann@example.org ", 2, 20.0), ("", 3, 30.0)],
    "primary_email string, day int, score double",
)
rows.show()

# %% [markdown]
# ## What the transform makes of them

# %%
found = latest_snapshot(with_customer_key(rows), "day").select("customer_key", "day", "score")
found.show()

# %% [markdown]
# ## The test: the newest row of each key, none without a key
# In `tests/transforms` the session comes from the fixture `spark`, and the same code runs on both engines.

# %%
def test_the_newest_row_of_a_customer_stands(spark=spark):
    expected = spark.createDataFrame([("ann@example.org", 2, 20.0)], "customer_key string, day int, score double")
    assert_df_equality(found, expected, ignore_row_order=True, ignore_nullable=True)


test_the_newest_row_of_a_customer_stands()
print("the transform does what its test says")

# %%
engine.stop()
