"""A figure beside its goal."""

import pytest

from bench.result import Goal


@pytest.mark.parametrize(
    ("figure", "at_least", "holds"),
    [(1.05, False, True), (1.051, False, False), (7.0, True, True), (6.9, True, False)],
)
def test_a_goal_holds_at_its_limit_and_not_beyond(figure: float, at_least: bool, holds: bool) -> None:  # noqa: FBT001
    goal = Goal("P1", "rows", figure, 7 if at_least else 1.05, at_least=at_least)
    assert goal.holds is holds


def test_figures_are_shown_with_three_digits_at_most_and_with_their_unit() -> None:
    assert Goal("P1", "", 1.0234, 1.05).said == ("1.023 ×", "≤ 1.05 ×")
    assert Goal("P7", "", 12, 600, "calls").said == ("12 calls", "≤ 600 calls")
    assert Goal("P1", "", 8.0, 7, at_least=True).said == ("8 ×", "≥ 7 ×")
