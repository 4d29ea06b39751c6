"""The core workload in pandas, whole tables in memory: python with_pandas.py LAKE OUT."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pyarrow.dataset as ds
import workload as w
from deltalake import DeltaTable, write_deltalake


def main(lake: str, out: str) -> None:
    activity, funnel, value = (latest(f"{lake}/{name}", *read) for name, read in w.READ.items())
    view = activity.join(funnel, how="left").join(value, how="left")
    view["combination"] = combination(view)
    view["cohort"], attrition = cohort(view)
    write(out, "attrition", attrition)
    tiers = view.loc[view.cohort, w.TIER].dropna().unique()
    view["peers"] = ~view.cohort & view[w.TIER].isin(tiers)
    groups = {"cohort": view[view.cohort], "peers": view[view.peers], "population": view}
    write(out, "profile", pd.concat([profile(name, group) for name, group in groups.items()]))
    write(out, "tier_ltv", tier_ltv(groups["cohort"], groups["peers"]))
    both = {name: groups[name] for name in ("cohort", "population")}
    for table, dimension in w.DIMENSIONS.items():
        write(out, table, pd.concat([mix(name, group, dimension) for name, group in both.items()]))
    write(out, "platforms", pd.concat([platforms(name, group) for name, group in both.items()]))
    write(out, "risk_velocity", pd.concat([grid(name, group) for name, group in both.items()]))
    members, thresholds = indices(groups["cohort"])
    write(out, "index_thresholds", thresholds)
    cells = members.fillna({"value_level": "(none)", "risk_level": "(none)"}).groupby(["value_level", "risk_level"])
    write(out, "index_grid", cells[w.LTV].agg(n="size", mean_ltv="mean").reset_index())
    write(out, "members", ranked(members, view, groups["peers"]))


def latest(path: str, timestamp: str, columns: tuple[str, ...]) -> pd.DataFrame:
    """Newest row per key; rows of one moment are ordered by all columns, which only those few are read with."""
    table = DeltaTable(path)
    frame = keyed(table.to_pandas(columns=["primary_email", timestamp, *columns]))
    frame[timestamp] = frame[timestamp].fillna(pd.Timestamp.min.tz_localize("UTC"))
    frame = frame[frame[timestamp] == frame.groupby("customer_key")[timestamp].transform("max")]
    tied = frame.duplicated("customer_key", keep=False)
    emails = frame.loc[tied, "primary_email"].unique()
    whole = keyed(table.to_pyarrow_dataset().to_table(filter=ds.field("primary_email").isin(emails)).to_pandas())
    order = [timestamp, *(name for name in whole.columns if name not in (timestamp, "customer_key"))]
    first = whole.sort_values(order, ascending=False, na_position="last").drop_duplicates("customer_key")
    found = pd.concat([frame[~tied], first])[["customer_key", *columns]].set_index("customer_key")
    numbers = found.select_dtypes("number").columns
    found[numbers] = found[numbers].replace([np.inf, -np.inf], np.nan)
    return found


def keyed(frame: pd.DataFrame) -> pd.DataFrame:
    key = frame["primary_email"].str.strip().str.lower()
    return frame.assign(customer_key=key)[key.notna() & (key != "")]


def combination(view: pd.DataFrame) -> pd.Series:
    known = view[list(w.FLAGS)].isin([0, 1]).all(axis=1)
    flags = view[list(w.FLAGS)].fillna(0).astype(int).astype(str)
    return (flags[w.FLAGS[0]] + "-" + flags[w.FLAGS[1]] + "-" + flags[w.FLAGS[2]]).where(known, "unknown")


def cohort(view: pd.DataFrame) -> tuple[pd.Series, pd.DataFrame]:
    mean = round(view["composite_engagement_score"].mean(), 9)
    steps = [
        view["marketing_to_sales_days"].between(10, 20),
        view["sales_to_support_days"] > 30,
        view["composite_engagement_score"] > mean,
    ]
    left = pd.Series(True, index=view.index)
    counts = [len(view)]
    for step in steps:
        left &= step
        counts.append(int(left.sum()))
    return left, pd.DataFrame({"step": range(len(counts)), "n": counts})


def profile(name: str, group: pd.DataFrame) -> pd.DataFrame:
    found = group[list(w.MEASURES)].agg(["count", "mean", "std", "median"]).T.reset_index()
    found.columns = ["measure", "n", "mean", "stddev", "median"]
    return found.assign(group_name=name, n=found["n"].astype(int))


def tier_ltv(cohort: pd.DataFrame, peers: pd.DataFrame) -> pd.DataFrame:
    sides = [
        group.groupby(w.TIER)[w.LTV].agg(["count", "mean"]).set_axis([f"n_{name}", f"mean_{name}"], axis=1)
        for name, group in (("cohort", cohort), ("peers", peers))
    ]
    found = sides[0].join(sides[1]).rename_axis("tier").reset_index()
    return found.assign(difference=found["mean_cohort"] - found["mean_peers"])


def mix(name: str, group: pd.DataFrame, dimension: str) -> pd.DataFrame:
    n = group[dimension].fillna("(missing)").value_counts().rename_axis("value").reset_index(name="n")
    return n.assign(group_name=name, share=n["n"] / len(group))


def platforms(name: str, group: pd.DataFrame) -> pd.DataFrame:
    found = group.groupby("combination")[w.HEALTH].agg(n="size", mean_health="mean")
    return found.reset_index().assign(group_name=name)


def grid(name: str, group: pd.DataFrame) -> pd.DataFrame:
    cells = group.fillna({"activity_risk_level": "(missing)", "engagement_velocity": "(missing)"}).groupby(
        ["activity_risk_level", "engagement_velocity"]
    )
    found = cells.agg(n=(w.HEALTH, "size"), mean_health=(w.HEALTH, "mean"), sum_ltv=(w.LTV, "sum")).reset_index()
    return found.rename(columns={"activity_risk_level": "risk", "engagement_velocity": "velocity"}).assign(
        group_name=name
    )


def indices(cohort: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    def min_max(column: str) -> pd.Series:
        values = cohort[column].astype(float)
        return (values - values.min()) / (values.max() - values.min())

    members = cohort.copy()
    members["value_index"] = sum(weight * min_max(column) for column, weight in w.VALUE_PARTS.items())
    members["risk_index"] = (
        0.45 * cohort["activity_risk_level"].map(w.RISK)
        + 0.25 * cohort["engagement_velocity"].map(w.VELOCITY)
        + 0.2 * min_max("sales_to_support_days")
        + 0.1 * cohort["zendesk_active"].map({0: 1.0, 1: 0.0})
    )
    rows = []
    for index in ("value", "risk"):
        values = members[f"{index}_index"]
        p33, p67 = values.quantile(0.33), values.quantile(0.67)
        rows.append({"index_name": index, "p33": p33, "p67": p67})
        near = 1e-12
        level = np.select([values.isna(), values <= p33 + near, values <= p67 + near], [None, "low", "medium"], "high")
        members[f"{index}_level"] = level
    return members, pd.DataFrame(rows)


def ranked(members: pd.DataFrame, view: pd.DataFrame, peers: pd.DataFrame) -> pd.DataFrame:
    by_tier = view.groupby(w.TIER)[w.LTV]
    percent = (by_tier.rank(method="min") - 1) / (by_tier.transform("count") - 1)
    found = members[[w.TIER, w.LTV, "value_index", "risk_index", "value_level", "risk_level"]].copy()
    found["peer_mean_ltv"] = found[w.TIER].map(peers.groupby(w.TIER)[w.LTV].mean())
    found["ltv_difference"] = found[w.LTV] - found["peer_mean_ltv"]
    found["ltv_percent_rank"] = percent
    return found.reset_index()


def write(out: str, table: str, frame: pd.DataFrame) -> None:
    write_deltalake(f"{out}/{table}", frame.reset_index(drop=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
