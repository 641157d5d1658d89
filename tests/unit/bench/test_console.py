"""The time within which 95 of 100 answers of a page are there."""

import pytest

from bench.console import Served


@pytest.mark.parametrize(
    ("took_ms", "p95"), [(range(1, 101), 95), (range(30, 0, -1), 29), ([7.0], 7), ([1.0] * 29 + [500.0], 1)]
)
def test_the_slowest_twentieth_is_left_out(took_ms: list[float], p95: float) -> None:
    assert Served("/", list(took_ms), 0, 0).p95_ms == p95
