"""Medians, ratios and the verdict of a bench."""

from collections.abc import Mapping

import pytest

from bench.path import Lap, Result, middle, missed
from bench.world import Answered, Log

Spans = Mapping[str, tuple[float, float]]


def lap(rows_s: float, verified_s: float = 10.0, memory: int = 0, spans: Spans | None = None) -> Lap:
    return Lap(rows_s, verified_s, {"records.search": 2}, spans or {}, quota=4, memory=memory)


def test_the_middle_lap_has_medians_and_the_most_memory() -> None:
    made = middle([lap(5.0, 6.0, memory=3), lap(4.0, 9.0, memory=7), lap(9.0, 7.0, memory=5)])
    assert (made.rows_s, made.verified_s, made.memory) == (5.0, 7.0, 7)


def test_a_span_that_one_round_lacks_has_no_median() -> None:
    made = middle([lap(1.0, spans={"a": (0.0, 2.0), "b": (0.0, 1.0)}), lap(1.0, spans={"a": (1.0, 4.0)})])
    assert made.spans == {"a": (0.5, 3.0)}


def test_ratios_are_of_the_floor() -> None:
    result = Result(lap(4.0, 5.0), lap(4.4, 6.0))
    assert (result.rows_ratio, result.verified_ratio) == pytest.approx((1.1, 1.2))


def test_nothing_is_missed_at_the_goal_itself() -> None:
    assert missed(Result(lap(100.0), lap(115.0, memory=119_999_999))) == []


@pytest.mark.parametrize(
    ("result", "named"),
    [
        (Result(lap(100.0), lap(115.1)), "1.151 × the floor"),
        (Result(lap(1.0), lap(1.0, memory=120_000_000)), "120 MB"),
    ],
)
def test_a_missed_goal_is_one_sentence(result: Result, named: str) -> None:
    (sentence,) = missed(result)
    assert named in sentence


def test_reports_are_one_span_and_other_calls_stand_alone() -> None:
    calls = [
        Answered("report.account", 11.0, 13.0, None),
        Answered("records.search", 14.0, 15.0, "tbl1"),
        Answered("report.account", 10.0, 12.0, None),
        Answered("records.search", 12.0, 13.0, "tbl1"),
    ]
    log = Log(tuple(calls), quota=2)
    assert log.spans(10.0) == {
        "report.account": (0.0, 3.0),
        "records.search 1": (2.0, 3.0),
        "records.search 2": (4.0, 5.0),
    }
    assert log.last_answer("records.search", "tbl1") == 15.0
