"""Four hundred days without a person: a table after the other, none ever full, every key in the right one, once.

Only with `--chaos 40` or more: it takes some minutes. A third account comes on the way, so that the tables of later
months fill up sooner.
"""

import logging
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

import tests.days as calendar
from pipeline.core.outcome import RunState
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin, begin_settle
from tests.days import CAP, FIRST, SETTLED, Days
from tests.inprocess import quiet
from tests.rolled import (
    announced,
    assert_each_key_is_once_in_its_table,
    assert_never_full,
    assert_no_row_is_gone,
    assert_registry_is_whole,
    chain,
    rows_of,
)

DAYS, MANY = 400, 40  # `--chaos`: as many seeds of a roll-over
FORETOLD = 14
GROWS_ON = 150
LOOKED_AT_EVERY = 10


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Once, where it was asked for."""
    asked: int = metafunc.config.getoption("--chaos")
    metafunc.parametrize("lasting", [DAYS] if asked >= MANY else [])


def test_days_pass_and_nobody_archives_anything(lasting: int, redis_session: str, tmp_path: Path) -> None:
    told: dict[date, date] = {}
    with calendar.calendar() as server, quiet(logging.ERROR):
        days = calendar.first_days(server, redis_session, tmp_path)
        old = days.accounts
        for number in range(lasting):
            if number == GROWS_ON:
                days.control("accounts/add", {"promotions": 5})
            before = rows_of(days) if number % LOOKED_AT_EVERY == 0 else {}
            ended = days.next_morning()
            assert ended.success, ended
            if (coming := announced(days)) and coming.first:
                told.setdefault(coming.first, days.day)
            if number % LOOKED_AT_EVERY == 0:
                _looked_at(days, before, old)
            _settle(days)
        assert_each_key_is_once_in_its_table(days, FIRST, days.day, old)
        assert_each_key_is_once_in_its_table(days, FIRST + timedelta(days=GROWS_ON + 1), days.day)
        bounds = [row.first for row in chain(days)[1:] if row.first]
    assert len(bounds) >= lasting * 4.5 / CAP
    assert all(first.day == 1 and (first - told[first]).days >= FORETOLD for first in bounds), (bounds, told)
    assert all((later - earlier).days >= 28 for earlier, later in pairwise(bounds))


def _settle(days: Days) -> None:
    days.at(SETTLED)
    ctx = days.bare_context()
    settled = carry_out(ctx, begin_settle(ctx).run_id)
    assert settled.state == RunState.SUCCESS, settled


def _looked_at(days: Days, before: dict[str, set[str]], accounts: list[str]) -> None:
    assert_no_row_is_gone(days, before)
    assert_registry_is_whole(days)
    assert_never_full(days, CAP)
    assert_each_key_is_once_in_its_table(days, max(FIRST, days.day - timedelta(days=9)), days.day, accounts)
    counts = days.look("calls")["counts"]
    ctx = days.bare_context()
    again = carry_out(ctx, begin(ctx, None, (), dry_run=False).run_id)
    assert (again.state, again.created, again.updated) == (RunState.SUCCESS, 0, 0)
    assert days.writes_since(counts) == {}
