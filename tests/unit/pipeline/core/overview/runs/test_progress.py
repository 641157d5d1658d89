"""How far an open run is."""

from datetime import timedelta

import pytest

from pipeline.core.model import DayRange
from pipeline.core.outcome import LoadOutcome, Run
from pipeline.core.overview.runs.progress import progress_of, steps_of_loads
from tests.unit.pipeline.core.overview.runs.test_story import DAY, NOW, SHOPS

DAYS = DayRange(DAY - timedelta(days=99), DAY)  # four batches
RUN = Run(run_id="backfill-x", day=DAY, days=DAYS, accounts=SHOPS[:2], started_at=NOW, deadline=NOW, backfill=True)


def test_nothing_is_foretold_before_a_batch_is_done() -> None:
    told = progress_of(RUN, {"fetch.0.1"}, {}, 30, stopping=False)
    assert (told.batches, told.of_batches, told.fetches, told.of_fetches) == (0, 4, 1, 8)
    assert told.left_s is None
    assert told.share == pytest.approx(1 / 8 / 3)


def test_the_rest_takes_as_long_as_what_is_done() -> None:
    done = {"verify.0", "load.0", "load.1", *(f"fetch.{n}.{one.id}" for n in (0, 1) for one in SHOPS)}
    loads = {"load.0": LoadOutcome(created=7, updated=1), "load.1": LoadOutcome(created=3)}
    told = progress_of(RUN, done, loads, 20, stopping=True)
    assert (told.batches, told.fetches, told.created, told.updated, told.stopping) == (1, 4, 10, 1, True)
    assert told.left_s == 60


def test_at_the_end_nothing_is_left() -> None:
    done = {f"{step}.{n}" for n in range(4) for step in ("verify", "fetch")}
    done |= {f"fetch.{n}.{one.id}" for n in range(4) for one in SHOPS}
    told = progress_of(RUN, done, {}, 80, stopping=False)
    assert (told.left_s, told.share) == (0, 1)


def test_each_batch_has_a_load() -> None:
    assert steps_of_loads(RUN) == ["load.0", "load.1", "load.2", "load.3"]
