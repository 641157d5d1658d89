"""Medians of laps."""

from bench.daily import Lap, middle
from bench.weigh import Weight


def lap(rows_s: float, verified_s: float, memory: int = 0) -> Lap:
    return Lap(rows_s, verified_s, verified_s + 1, {"records.search": 2}, 4, Weight(memory={"worker 1": memory}))


def test_the_middle_lap_has_medians_and_the_most_memory() -> None:
    made = middle([lap(5.0, 6.0, memory=3), lap(4.0, 9.0, memory=7), lap(9.0, 7.0, memory=5)])
    assert (made.rows_s, made.verified_s, made.ended_s, made.weight.most) == (5.0, 7.0, 8.0, 7)
