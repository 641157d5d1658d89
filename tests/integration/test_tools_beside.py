"""Other tools beside the product: the programs that the bench runs still do what it tells of them."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import contenders
from bench.contenders import CELERY, SERIAL
from bench.scenarios import AGAIN, CREATE, LOST, NEW, lap_in
from bench.world import Shape, World, world
from pipeline.core.model import DayRange


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A world of two accounts and one day; Celery alone runs in the tests' own environment."""
    monkeypatch.setattr(contenders, "python_of", lambda _: Path(sys.executable))
    with world(Shape(promotions=(2, 1), lookback=1, latency=0)) as made:
        yield made


def test_a_table_is_judged_by_the_source_whatever_a_contender_says(made: World) -> None:
    fresh = DayRange(made.newest, made.newest)
    fault = {"endpoint": CREATE, "kind": "drop_before", "match": {"table_id": made.table_id}}

    new = lap_in(made, fresh, NEW, SERIAL)
    assert (new.lost, new.doubled, new.replaced, new.exit_code, new.said) == (0, 0, 0, 0, "success")

    made.control("faults", fault)
    lost = lap_in(made, fresh, LOST, SERIAL)
    assert (lost.lost, lost.replaced, lost.exit_code) == (2, 2, 1)  # it had deleted them
    assert lost.said.startswith("error: ")

    again = lap_in(made, fresh, AGAIN, CELERY)
    assert (again.lost, again.doubled, again.exit_code, again.said) == (0, 0, 0, "success")
    assert again.rows_s is not None
    assert 0 < again.rows_s < again.ended_s
