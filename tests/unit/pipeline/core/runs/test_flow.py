from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.model import Account, DayRange
from pipeline.core.outcome import Run
from pipeline.core.runs.flow import (
    AHEAD,
    FETCH,
    FINISH,
    LOAD,
    READ,
    VERIFY,
    VIEWS,
    Step,
    header,
    in_order,
    lanes,
    next_begins,
    next_steps,
)

EAST, WEST = Account("1801", "城东店"), Account("1802", "城西店")
NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)
ONE = Run(
    run_id="daily-2026-02-11",
    day=date(2026, 2, 11),
    days=DayRange(date(2026, 2, 11), date(2026, 2, 11)),
    accounts=(EAST, WEST),
    started_at=NOW,
    deadline=NOW + timedelta(seconds=300),
)
TWO = replace(ONE, batch=1)
HEADER = ["read.0", "fetch.0.1801", "fetch.0.1802"]
WHOLE = [*HEADER, "load.0", "verify.0"]
HEADER_2 = ["read.1", "fetch.1.1801", "fetch.1.1802"]


def names(parts: Sequence[Run], done: Sequence[str], *, late: bool = False) -> list[str]:
    return [str(step) for step in next_steps(parts, done, late=late)]


def test_the_table_is_read_first_since_it_is_waited_for_longest() -> None:
    assert [step.name for step in header(ONE)] == [READ, FETCH, FETCH]
    assert [str(step) for step in header(ONE)] == HEADER
    assert [str(step) for step in header(TWO)] == HEADER_2


@pytest.mark.parametrize(
    ("step", "name"),
    [
        (Step(READ, 0), "read.0"),
        (Step(FETCH, 3, "1801"), "fetch.3.1801"),
        (Step(LOAD, 1), "load.1"),
        (Step(VERIFY, 12), "verify.12"),
        (Step(VIEWS), "views"),
        (Step(FINISH), "finish"),
    ],
)
def test_what_concerns_the_run_is_recorded_without_a_batch(step: Step, name: str) -> None:
    assert str(step) == name


@pytest.mark.parametrize(
    ("done", "then"),
    [
        ([], HEADER),
        (["read.0"], ["fetch.0.1801", "fetch.0.1802"]),
        (["fetch.0.1802"], ["read.0", "fetch.0.1801"]),
        (HEADER, ["load.0"]),
        ([*HEADER, "load.0"], ["verify.0"]),
        (WHOLE, ["finish"]),
        ([*WHOLE, "finish"], []),
        ([*WHOLE, "finish", "views"], []),
    ],
)
def test_each_stage_of_one_batch_leads_to_the_next(done: list[str], then: list[str]) -> None:
    assert names([ONE], done) == then


@pytest.mark.parametrize(
    ("done", "then"),
    [
        ([], HEADER),
        ([*HEADER, "load.0"], ["verify.0"]),
        (WHOLE, HEADER_2),
        ([*WHOLE, *HEADER_2], ["load.1"]),
        ([*WHOLE, *HEADER_2, "load.1"], ["verify.1"]),
        ([*WHOLE, *HEADER_2, "load.1", "verify.1"], ["finish"]),
    ],
)
def test_the_second_batch_waits_for_the_read_back_of_the_first(done: list[str], then: list[str]) -> None:
    assert names([ONE, TWO], done) == then


@pytest.mark.parametrize("done", [[], ["read.0"], ["fetch.0.1801"], HEADER])
def test_when_it_is_late_the_load_waits_for_nobody(done: list[str]) -> None:
    assert names([ONE], done, late=True) == ["load.0"]


def test_when_it_is_late_what_follows_the_load_stays_as_it_is() -> None:
    assert names([ONE, TWO], ["load.0"], late=True) == ["verify.0"]
    assert names([ONE, TWO], ["load.0", "verify.0"], late=True) == ["load.1"]
    assert names([ONE], ["load.0"], late=True) == ["verify.0"]
    assert names([ONE], WHOLE, late=True) == ["finish"]


@pytest.mark.parametrize("done", [HEADER, [*HEADER, "load.0"], WHOLE, [*WHOLE, "finish"]])
def test_no_step_of_a_run_waits_for_its_views(done: list[str]) -> None:
    assert "views" not in names([ONE], done)


def test_a_run_that_was_given_up_before_its_first_batch_comes_to_its_end() -> None:
    assert names([], []) == ["finish"]


def test_a_step_is_called_with_what_names_it_within_its_run() -> None:
    assert Step(FETCH, 3, "1801").arguments == {"batch": 3, "account_id": "1801"}
    assert Step(LOAD, 0).arguments == {"batch": 0}
    assert Step(FINISH).arguments == {}


def test_the_next_batch_begins_when_half_of_this_one_is_fetched() -> None:
    three = replace(ONE, accounts=(EAST, WEST, Account("1803", "城南店")))
    assert not next_begins([three, TWO], 0, 1, lambda _: False)
    assert next_begins([three, TWO], 0, 2, lambda _: False)


def test_no_batch_begins_while_two_wait_for_a_load() -> None:
    lane, loaded = [replace(ONE, batch=3 + n) for n in range(AHEAD + 2)], Step(LOAD, 3)
    assert next_begins(lane, 3 + AHEAD - 1, 2, lambda _: False)
    assert not next_begins(lane, 3 + AHEAD, 2, lambda step: step != loaded)
    assert next_begins(lane, 3 + AHEAD, 2, lambda step: step == loaded)


PROJECTS = replace(ONE, batch=2, table="项目日报")


def test_a_base_with_more_tables_than_the_first_begins_before_the_others_of_the_first() -> None:
    three = [replace(ONE, batch=n, table=f"表{n}") for n in (5, 6, 7)]
    bases = {one.table: "bascnB" for one in three}
    lanes_ = [[ONE], [PROJECTS], *([one] for one in three)]
    assert in_order(lanes_, bases) == [[ONE], *([one] for one in three), [PROJECTS]]


def test_the_batches_of_two_tables_wait_for_each_other_no_more_than_their_runs() -> None:
    assert lanes([ONE, TWO, PROJECTS]) == [[ONE, TWO], [PROJECTS]]
    both = names([ONE, TWO, PROJECTS], [])
    assert both == [*names([ONE, TWO], []), *names([PROJECTS], [])]
    assert names([ONE, TWO, PROJECTS], [*HEADER, "load.0", "verify.0"])[0] == "read.1"
    assert names([ONE, PROJECTS], WHOLE) == names([PROJECTS], [])
    assert "finish" not in names([ONE, PROJECTS], WHOLE)


@given(st.lists(st.booleans(), min_size=40, max_size=40), st.booleans())
def test_a_run_comes_to_its_end_whatever_is_done_first(picks: list[bool], late: bool) -> None:  # noqa: FBT001 drawn
    done: list[str] = []
    for first in picks:
        steps = names([ONE, TWO], done, late=late)
        assert not set(steps) & set(done)
        done += [steps[0 if first else -1]] if steps else []
    assert names([ONE, TWO], done, late=late) == []
    assert done[-1] == "finish"
