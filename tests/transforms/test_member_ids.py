"""Exported members: the most valuable stand first."""

from transforms.member_ids import most_valuable_first


def test_members_stand_by_value_a_missing_one_last_ties_by_key(spark):
    rows = [("d", None), ("c", 10.0), ("a", 10.0), ("b", 250.0), ("e", -1.0)]
    members = spark.createDataFrame(rows, "customer_key string, estimated_customer_ltv double")
    ordered = [row["customer_key"] for row in most_valuable_first(members).collect()]
    assert ordered == ["b", "a", "c", "e", "d"]
