"""What a service says of a wait or a life is believed as far as it can be true."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.bounds import LONGEST_WAIT_S, life_s, number, wait_s

NONSENSE = [
    "",
    "soon",
    "inf",
    "-inf",
    "nan",
    "1e999",
    "1_0",
    "１０",
    "Wed, 21 Oct 2026 07:28:00 GMT",
    None,
    True,
    [7],
    10**400,
]
said = st.one_of(
    st.text(), st.integers(), st.floats(), st.decimals(allow_nan=True), st.booleans(), st.none(), st.lists(st.none())
)


@pytest.mark.parametrize("what", [*NONSENSE, math.inf, math.nan, Decimal("NaN"), Decimal("Infinity")])
def test_what_is_no_finite_number_says_nothing(what: object) -> None:
    assert number(what) is None
    assert wait_s(what) is None
    assert life_s(what, 86_400, 90_000) == 86_400


@pytest.mark.parametrize(
    ("what", "seconds"),
    [("7", 7), ("0.5", 0.5), (" 12 ", 12), (0, 0), (Decimal("1.5"), 1.5), ("300", 300), ("301", 300), (3600, 300)],
)
def test_a_wait_is_taken_as_it_is_said_up_to_the_longest(what: object, seconds: float) -> None:
    assert wait_s(what) == seconds


@pytest.mark.parametrize("what", ["-3", -0.1, "3601", "1771000000", 1771000000000])
def test_a_negative_wait_or_a_point_in_time_is_no_wait(what: object) -> None:
    assert wait_s(what) is None


@pytest.mark.parametrize("what", [0, -1, "-86400", 1771000000, 10**30])
def test_a_life_that_cannot_be_is_the_documented_one(what: object) -> None:
    assert life_s(what, 7200, 7300) == 7200


def test_a_life_that_can_be_is_believed() -> None:
    assert [life_s(one, 7200, 7300) for one in (1, "1800", Decimal("7199.5"), 7300)] == [1, 1800, 7199.5, 7300]


@given(said)
def test_whatever_is_said_every_wait_and_every_life_ends(what: object) -> None:
    wait = wait_s(what)
    assert wait is None or 0 <= wait <= LONGEST_WAIT_S
    assert 0 < life_s(what, 7200, 7300) <= 7300
