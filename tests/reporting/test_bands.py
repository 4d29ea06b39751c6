import pytest

from jobs.reporting.words import in_order, words_for


@pytest.mark.parametrize(
    ("dimension", "value", "english", "chinese"),
    [
        ("age_band", "<=180", "180 days or less", "180 天及以下"),
        ("age_band", "181-365", "181 to 365 days", "181 至 365 天"),
        ("age_band", ">1200", "More than 1,200 days", "超过 1,200 天"),
        ("age_band", "(missing)", "(missing)", "（缺失）"),
        ("imbalance_bin", "<=0", "0 or less", "不高于 0"),
        ("imbalance_bin", "0-0.5", "Above 0, up to 0.5", "高于 0，不高于 0.5"),
        ("imbalance_bin", "-1.5--0.5", "Above −1.5, up to −0.5", "高于 −1.5，不高于 −0.5"),
        ("imbalance_bin", ">0.5", "Above 0.5", "高于 0.5"),
        pytest.param("country", "181-365", "181-365", "181-365", id="only_known_dimensions_are_bands"),
    ],
)
def test_bands_are_named(dimension, value, english, chinese):
    assert words_for("en", {}).value(dimension, value) == english
    assert words_for("zh", {}).value(dimension, value) == chinese


def test_bands_stand_from_low_to_high_the_missing_one_last():
    bands = [">730", "(missing)", "181-365", "<=180", "366-730"]
    assert in_order("age_band", bands) == ["<=180", "181-365", "366-730", ">730", "(missing)"]
    assert in_order("imbalance_bin", [">0.5", "-0.5-0", "<=-0.5", "0-0.5"]) == ["<=-0.5", "-0.5-0", "0-0.5", ">0.5"]
