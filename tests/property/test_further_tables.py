"""Whatever tables are set, and whatever happens between mornings: each key of each report is in its table, once.

Which table is the right one is read off the settings and 数据表清单, the figures off the source; the product is not
asked.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

import tests.days as calendar
from emulator.server import EmulatorServer
from tests.chaos.rolling.scene import by_hand
from tests.inprocess import quiet
from tests.property.several import KEPT, LOOKBACK_DAYS, Emptied, Several, Story, stories

FEW = 5  # examples of each share, for 50 of a unit test
END = date(2024, 2, 29)  # of a month: on the next day tables get their successors
NOT_SMALLER, ALL = (Phase.generate,), tuple(HealthCheck)  # an example takes seconds: a smaller one, minutes


@pytest.fixture(scope="module")
def server() -> Iterator[EmulatorServer]:
    """An emulator that has figures for the days of tests."""
    with calendar.calendar() as made, quiet(logging.CRITICAL):
        yield made


@pytest.fixture
def begun(server: EmulatorServer, redis_session: str, tmp_path: Path) -> Callable[[Story], Several]:
    """A fresh world of three accounts shortly before the end of a February, with the tables of an example."""

    def begin(story: Story) -> Several:
        day = END - timedelta(days=1 + story.before_the_end)  # the first run is that of the next one
        days = calendar.first_days(server, redis_session, tmp_path, day, kept=KEPT)
        days.extra |= {"LAIKE_LOOKBACK_DAYS": str(LOOKBACK_DAYS), "LAIKE_TABLE_MAX_ROWS": "19000"}
        return Several(days, story)

    return begin


@pytest.mark.parametrize("share", range(2))
def test_each_key_of_each_report_is_in_its_table_once_and_a_second_run_writes_nothing(
    request: pytest.FixtureRequest, begun: Callable[[Story], Several], share: int
) -> None:
    wanted = max(FEW, FEW * settings().max_examples // 50)
    first = request.config.getoption("--first-seed", default=None) or 0
    met: Counter[str] = Counter()

    @seed(first * 1000 + share)
    @settings(max_examples=wanted, derandomize=False, database=None, phases=NOT_SMALLER, suppress_health_check=ALL)
    @given(stories())
    def each(story: Story) -> None:
        met["examples"] += 1
        met["successors"] += plays(begun(story), story)
        met.update(morning.emptied for morning in story.mornings)

    each()
    assert met["examples"] >= wanted
    assert met["successors"] >= wanted
    assert all(met[emptied] for emptied in Emptied)


def plays(several: Several, story: Story) -> int:
    """One example, to its end; how many successors its tables got."""
    goes_well(several)
    for morning in story.mornings:
        several.happens(morning)
        goes_well(several)
    writes, records = several.written(), several.held()
    again = by_hand(several.days)
    assert again.success, again
    assert several.written() == writes
    assert several.held() == records
    return several.successors()


def goes_well(several: Several) -> None:
    """The next day's run ends well, and every line is where it belongs, with the source's figures, and nowhere else."""
    ended = several.days.next_morning()
    assert ended.success, ended
    expected, held = several.expected(), several.held()
    assert held == expected, {"missing": expected - held, "too many": held - expected}
