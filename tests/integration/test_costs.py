"""What a daily run costs, to the call and to the command: a change that makes it dearer has to say so here."""

import json
import logging
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis

import tests.days as calendar
from pipeline.state import keys
from tests.days import FIRST, Days, Eve
from tests.inprocess import quiet
from tests.lab import Lab

CONNECTIONS = ("client|setinfo", "hello", "ping", "info")  # as many as there happen to be threads
NO_RENEWAL = {"LAIKE_STEP_LEASE_S": "60"}  # else a slow machine renews a lease more often than a fast one
CALLS = {
    "feishu.token": 1,
    "fields.list": 1,
    "views.list": 1,
    "report.account": 1,
    "report.promotion": 1,
    "bot.webhook": 1,
}


def commands(lab: Lab) -> Counter[str]:
    """Commands that Redis was given so far, by name."""
    told: Any = redis.Redis.from_url(lab.redis_url).info("commandstats")
    named = {name.removeprefix("cmdstat_"): one["calls"] for name, one in told.items()}
    return Counter({name: calls for name, calls in named.items() if name not in CONNECTIONS})


def calls(lab: Lab) -> Counter[str]:
    """Calls that the emulator was sent so far, by endpoint."""
    return Counter(lab.look("calls")["counts"])


def third_run(lab: Lab, accounts: list[str]) -> tuple[Counter[str], Counter[str], int]:
    """Calls and commands of a run that finds nothing to do, and its rows; the two before it made and learned all."""
    lab.extra |= NO_RENEWAL
    client = redis.Redis.from_url(lab.redis_url)
    for _ in range(2):
        lab.sync(accounts=accounts)
    client.delete(*client.scan_iter(keys.tenant_token("*", "*")))  # as each morning it is over
    before = commands(lab), calls(lab)
    summary = lab.sync(accounts=accounts)
    after = commands(lab), calls(lab)
    assert (summary.created, summary.updated) == (0, 0)
    return after[0] - before[0], after[1] - before[1], summary.unchanged


def test_a_run_of_six_small_accounts_costs_these_calls_and_commands(lab: Lab) -> None:
    few = [account for account in lab.accounts if account != lab.big]
    given, sent, rows = third_run(lab, few)
    assert rows < 500  # a page of the table
    assert dict(sent) == {**CALLS, "report.account": 6, "report.promotion": 6, "records.search": 2}
    assert given.total() == 636, given


def test_twice_the_rows_cost_no_call_and_no_command_more(lab: Lab) -> None:
    few, many = (added(lab, promotions) for promotions in (7, 14))  # at most a page of a report in the window
    less, more = third_run(lab, [few]), third_run(lab, [many])
    assert more[2] > 1.5 * less[2]
    assert more[1] == less[1] == Counter({**CALLS, "records.search": 2})
    assert more[0] == less[0]


def test_views_that_are_looked_at_cost_no_reading_of_the_fields_more(lab: Lab) -> None:
    lab.sync()
    redis.Redis.from_url(lab.redis_url).delete(keys.views(lab.table_id))
    before = calls(lab)
    lab.sync()
    made = calls(lab) - before
    assert (made["views.get"], made["views.create"], made["fields.list"]) == (7, 0, 1)


def added(lab: Lab, promotions: int) -> str:
    """One more account of a size; the product knows of it from now on."""
    made: dict[str, str] = lab.control("accounts/add", {"promotions": promotions})["accounts"]
    lab.extra["LAIKE_ACCOUNTS"] = json.dumps(json.loads(lab.environment()["LAIKE_ACCOUNTS"]) | made)
    (number,) = made
    return number


def test_a_base_in_which_no_boundary_is_near_costs_nothing_for_successors(lab: Lab) -> None:
    lab.extra["LAIKE_TABLE_SPLIT"] = "auto"
    few = [account for account in lab.accounts if account != lab.big]
    given, sent, _ = third_run(lab, few)
    assert dict(sent) == {**CALLS, "report.account": 6, "report.promotion": 6, "records.search": 2}
    assert given.total() == 636, given


OF_MAKING, A_VIEW, OVER_A_BOUNDARY = 6, 2, 4  # calls to Feishu more
NOT_FEISHU = ("report.", "oauth.", "accounts.", "bot.")
MORNINGS = 6


@pytest.mark.parametrize("restating", [False, True], ids=["final figures", "corrected figures"])
def test_making_a_successor_costs_six_calls_and_two_a_view_and_a_run_over_the_boundary_four(
    redis_url: str, tmp_path: Path, *, restating: bool
) -> None:
    with calendar.calendar() as server, quiet(logging.ERROR):
        days = calendar.first_days(server, redis_url, tmp_path, cap=20_000)
        days.control("settings", {"restating": restating})
        assert all(ended.success for ended in days.mornings(FIRST + timedelta(days=9)))
        eve = Eve.of(days)
        without, with_one = (mornings(eve.again(server, redis_url, tmp_path), split) for split in (False, True))
    more = [
        Counter({name: made[name] - usual[name] for name in made | usual})
        for usual, made in zip(without, with_one, strict=True)
    ]
    spent = "\n".join(str({name: calls for name, calls in one.items() if calls}) for one in more)
    views = with_one[1]["views.create"]
    assert (views, without[1]["views.create"], with_one[1]["tables.create"]) == (2, 0, 1)
    assert more[1].total() <= OF_MAKING + A_VIEW * views, spent
    assert all(one.total() <= OVER_A_BOUNDARY for place, one in enumerate(more) if place != 1), spent


def mornings(days: Days, split: bool) -> list[Counter[str]]:  # noqa: FBT001
    """What each of some mornings sent to Feishu; `split`: with a successor from the second one on."""
    if split:
        done = days.laike("tables", "split", "--from", str(days.day + timedelta(days=2)), "--yes")
        assert done.returncode == 0, done.stderr
    client, sent = redis.Redis.from_url(days.redis_url), []
    for _ in range(MORNINGS):
        client.delete(keys.zone(days.facts["app_token"]))  # as each morning it is over, or about to be
        before = calls(days)
        assert days.next_morning().success
        made = calls(days) - before
        sent.append(Counter({name: count for name, count in made.items() if not name.startswith(NOT_FEISHU)}))
    return sent
