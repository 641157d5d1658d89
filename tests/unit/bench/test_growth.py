"""Whether a larger work costs more a unit than a smaller one."""

from bench.growth import Step, grown, merged
from bench.weigh import Weight


def step(units: int, seconds: float, commands: int = 100) -> Step:
    return Step(str(units), units, seconds, 10 * units, Weight(commands=commands * units, keys=units))


def test_a_cost_that_grows_as_its_units_holds() -> None:
    assert all(goal.holds for goal in grown("days", [step(1, 1.0), step(30, 30.0), step(334, 334.0)]))


def test_one_step_that_is_dearer_by_unit_is_told_however_cheap_the_next_is() -> None:
    goals = grown("days", [step(1, 1.0), step(30, 45.0), step(334, 334.0)])
    assert [(goal.what, goal.figure) for goal in goals if not goal.holds] == [
        ("days: seconds by unit, of the smaller step's", 1.5)
    ]


def test_commands_count_too() -> None:
    goals = grown("accounts", [step(7, 7.0), step(77, 77.0, commands=120)])
    assert ["Redis commands" in goal.what for goal in goals if not goal.holds] == [True]


def test_steps_of_one_size_count_with_the_least_of_their_seconds() -> None:
    steps = merged([step(1, 1.0), step(30, 30.0), step(300, 450.0), step(30, 60.0), step(300, 310.0)])
    assert [(one.units, one.seconds) for one in steps] == [(1, 1.0), (30, 30.0), (300, 310.0)]
    assert all(goal.holds for goal in grown("days", steps[1:]))
