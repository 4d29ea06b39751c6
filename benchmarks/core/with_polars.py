"""The core workload in Polars, lazy until the view: python with_polars.py LAKE OUT."""

from __future__ import annotations

import sys

import polars as pl
import workload as w
from deltalake import DeltaTable


def main(lake: str, out: str) -> None:
    activity, funnel, value = (latest(f"{lake}/{name}", *read) for name, read in w.READ.items())
    view = activity.join(funnel, on="customer_key", how="left").join(value, on="customer_key", how="left").collect()
    view = view.with_columns(combination=combination())
    passes, attrition = cohort(view)
    view = view.with_columns(passes.alias("cohort"))
    write(out, "attrition", attrition)
    tiers = view.filter("cohort")[w.TIER].drop_nulls().unique()
    view = view.with_columns(peers=~pl.col("cohort") & pl.col(w.TIER).is_in(tiers.implode()))
    groups = {"cohort": view.filter("cohort"), "peers": view.filter("peers"), "population": view}
    write(out, "profile", pl.concat([profile(name, group) for name, group in groups.items()]))
    write(out, "tier_ltv", tier_ltv(groups["cohort"], groups["peers"]))
    both = {name: groups[name] for name in ("cohort", "population")}
    for table, dimension in w.DIMENSIONS.items():
        write(out, table, pl.concat([mix(name, group, dimension) for name, group in both.items()]))
    write(out, "platforms", pl.concat([platforms(name, group) for name, group in both.items()]))
    write(out, "risk_velocity", pl.concat([grid(name, group) for name, group in both.items()]))
    members, thresholds = indices(groups["cohort"])
    write(out, "index_thresholds", thresholds)
    levels = [pl.col("value_level").fill_null("(none)"), pl.col("risk_level").fill_null("(none)")]
    write(out, "index_grid", members.group_by(levels).agg(n=pl.len(), mean_ltv=pl.col(w.LTV).mean()))
    write(out, "members", ranked(members, view, groups["peers"]))


def latest(path: str, timestamp: str, columns: tuple[str, ...]) -> pl.LazyFrame:
    """Newest row per key; rows of one moment are ordered by all columns, which only those few are read with."""
    files = DeltaTable(path).file_uris()
    whole = pl.scan_parquet(files).with_columns(
        customer_key=pl.col("primary_email").str.strip_chars().str.to_lowercase()
    )
    whole = whole.filter(pl.col("customer_key") != "")
    names = ["customer_key", *columns]
    narrow = whole.select("primary_email", timestamp, *names)
    newest = pl.col(timestamp).max().over("customer_key")
    frame = narrow.filter((pl.col(timestamp) == newest) | newest.is_null()).collect()
    tied = pl.col("customer_key").is_duplicated()
    emails = frame.filter(tied)["primary_email"].unique()
    order = [timestamp, *(name for name in whole.collect_schema().names() if name not in (timestamp, "customer_key"))]
    first = (
        whole.filter(pl.col("primary_email").is_in(emails.implode()))
        .sort(order, descending=True, nulls_last=True)
        .unique("customer_key", keep="first", maintain_order=True)
        .select(names)
        .collect()
    )
    found = pl.concat([frame.filter(~tied).select(names), first])
    floats = pl.selectors.float()
    return found.with_columns(pl.when(floats.is_finite()).then(floats)).lazy()


def combination() -> pl.Expr:
    known = pl.all_horizontal(pl.col(flag).is_in([0, 1]).fill_null(False) for flag in w.FLAGS)
    return pl.when(known).then(pl.concat_str(w.FLAGS, separator="-")).otherwise(pl.lit("unknown"))


def cohort(view: pl.DataFrame) -> tuple[pl.Series, pl.DataFrame]:
    mean = round(float(view["composite_engagement_score"].mean() or 0), 9)  # type: ignore[arg-type]
    steps = [
        pl.col("marketing_to_sales_days").is_between(10, 20),
        pl.col("sales_to_support_days") > 30,
        pl.col("composite_engagement_score") > mean,
    ]
    left = pl.Series([True] * len(view))
    counts = [len(view)]
    for step in steps:
        left = left & view.select(step.fill_null(False)).to_series()
        counts.append(int(left.sum()))
    return left, pl.DataFrame({"step": range(len(counts)), "n": counts})


def profile(name: str, group: pl.DataFrame) -> pl.DataFrame:
    rows = [
        group.select(
            group_name=pl.lit(name),
            measure=pl.lit(measure),
            n=pl.col(measure).count(),
            mean=pl.col(measure).mean(),
            stddev=pl.col(measure).std(),
            median=pl.col(measure).median(),
        )
        for measure in w.MEASURES
    ]
    return pl.concat(rows)


def tier_ltv(cohort: pl.DataFrame, peers: pl.DataFrame) -> pl.DataFrame:
    sides = [
        group.filter(pl.col(w.TIER).is_not_null())
        .group_by(tier=w.TIER)
        .agg(pl.col(w.LTV).count().alias(f"n_{name}"), pl.col(w.LTV).mean().alias(f"mean_{name}"))
        for name, group in (("cohort", cohort), ("peers", peers))
    ]
    found = sides[0].join(sides[1], on="tier", how="left")
    return found.with_columns(difference=pl.col("mean_cohort") - pl.col("mean_peers"))


def mix(name: str, group: pl.DataFrame, dimension: str) -> pl.DataFrame:
    n = group.group_by(value=pl.col(dimension).fill_null("(missing)")).agg(n=pl.len())
    return n.with_columns(group_name=pl.lit(name), share=pl.col("n") / len(group))


def platforms(name: str, group: pl.DataFrame) -> pl.DataFrame:
    found = group.group_by("combination").agg(n=pl.len(), mean_health=pl.col(w.HEALTH).mean())
    return found.with_columns(group_name=pl.lit(name))


def grid(name: str, group: pl.DataFrame) -> pl.DataFrame:
    found = group.group_by(
        risk=pl.col("activity_risk_level").fill_null("(missing)"),
        velocity=pl.col("engagement_velocity").fill_null("(missing)"),
    ).agg(n=pl.len(), mean_health=pl.col(w.HEALTH).mean(), sum_ltv=pl.col(w.LTV).sum())
    return found.with_columns(group_name=pl.lit(name))


def indices(cohort: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    def min_max(column: str) -> pl.Expr:
        values = pl.col(column).cast(pl.Float64)
        return (values - values.min()) / (values.max() - values.min())

    def mapped(column: str, scale: dict[str, float] | dict[int, float]) -> pl.Expr:
        return pl.col(column).replace_strict(scale, default=None, return_dtype=pl.Float64)

    value = sum((weight * min_max(column) for column, weight in w.VALUE_PARTS.items()), pl.lit(0.0))
    risk = (
        0.45 * mapped("activity_risk_level", w.RISK)
        + 0.25 * mapped("engagement_velocity", w.VELOCITY)
        + 0.2 * min_max("sales_to_support_days")
        + 0.1 * mapped("zendesk_active", {0: 1.0, 1: 0.0})
    )
    members = cohort.with_columns(value_index=value, risk_index=risk)
    rows = []
    for index in ("value", "risk"):
        values = members[f"{index}_index"]
        p33, p67 = (float(values.quantile(p, "linear") or 0) for p in (0.33, 0.67))
        rows.append({"index_name": index, "p33": p33, "p67": p67})
        x, near = pl.col(f"{index}_index"), 1e-12
        level = (
            pl.when(x.is_null()).then(None).when(x <= p33 + near).then(pl.lit("low"))
            .when(x <= p67 + near).then(pl.lit("medium")).otherwise(pl.lit("high"))
        )  # fmt: skip
        members = members.with_columns(level.alias(f"{index}_level"))
    return members, pl.DataFrame(rows)


def ranked(members: pl.DataFrame, view: pl.DataFrame, peers: pl.DataFrame) -> pl.DataFrame:
    means = peers.group_by(w.TIER).agg(peer_mean_ltv=pl.col(w.LTV).mean())
    ltv = pl.col(w.LTV)
    percent = ((ltv.rank("min") - 1) / (ltv.count() - 1)).over(w.TIER)
    ranks = view.select("customer_key", ltv_percent_rank=pl.when(pl.col(w.TIER).is_not_null()).then(percent))
    found = members.join(means, on=w.TIER, how="left").join(ranks, on="customer_key", how="left")
    columns = ["customer_key", w.TIER, w.LTV, "value_index", "risk_index", "value_level", "risk_level"]
    return found.select(*columns, "peer_mean_ltv", "ltv_percent_rank", ltv_difference=ltv - pl.col("peer_mean_ltv"))


def write(out: str, table: str, frame: pl.DataFrame) -> None:
    frame.write_delta(f"{out}/{table}")


if __name__ == "__main__":
    main(*sys.argv[1:])
