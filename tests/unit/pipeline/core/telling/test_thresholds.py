"""What a person may say of anomalies."""

from decimal import Decimal

import pytest

from pipeline.core.telling.thresholds import Thresholds, thresholds_of


def test_what_is_not_named_keeps_its_default_and_figures_are_exact() -> None:
    assert thresholds_of({}) == Thresholds()
    assert thresholds_of({"share": 0.3, "cost": 50, "idle_days": 3}) == Thresholds(
        share=Decimal("0.3"), cost=Decimal(50), idle_days=3
    )


def test_everything_that_is_wrong_is_named() -> None:
    with pytest.raises(ValueError, match="'shares' is not known; there are weeks") as caught:
        thresholds_of({"shares": 1, "weeks": 0, "cost": "much", "idle_days": 2.5, "share": True, "weekdays": 3})
    assert str(caught.value).count("\n") == 4
    assert "anomalies: weeks = 0 is not a whole number from 1 to 26" in str(caught.value)
    assert "anomalies: cost = 'much' is not a number from 0 to 1000000000" in str(caught.value)


@pytest.mark.parametrize("told", [3, "x", [1], None])
def test_only_a_table_will_do(told: object) -> None:
    with pytest.raises(ValueError, match="table of thresholds"):
        thresholds_of(told)
