"""What a daily run costs, to the call and to the command: a change that makes it dearer has to say so here."""

import json
from collections import Counter
from datetime import time, timedelta
from typing import Any

import redis

from pipeline.state import keys
from pipeline.steps.rollover.announce import announce
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin_daily
from tests.lab import Lab

CONNECTIONS = ("client|setinfo", "hello", "ping", "info")  # as many as there happen to be threads
NO_RENEWAL = {"LAIKE_STEP_LEASE_S": "60"}  # else a slow machine renews a lease more often than a fast one
BITABLE = ("tables", "fields", "records", "views", "base")
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
    assert given.total() == 620, given


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


def test_a_successor_costs_six_calls_and_two_a_view_and_a_run_over_a_boundary_four(lab: Lab) -> None:
    few = [account for account in lab.accounts if account != lab.big]
    lab.extra["LAIKE_ACCOUNTS"] = json.dumps({one: lab.facts["accounts"][one] for one in few})
    alone = [feishu_calls(lab, mornings) for mornings in (1, 2, 3)]
    lab.extra["LAIKE_TABLE_SPLIT"] = "auto"
    announce(lab.context(), lab.day + timedelta(days=4), "广告日报 X")
    made, over = feishu_calls(lab, 4), feishu_calls(lab, 5)
    usual = alone[-1]
    assert (made - usual).total() - (usual - made).total() <= 6 + 2 * len(few), made - usual
    assert (over - usual).total() - (usual - over).total() <= 4, over - usual


def feishu_calls(lab: Lab, days_later: int) -> Counter[str]:
    """The calls to Feishu of the daily run of a later morning, without those that change no table."""
    lab.at(time(7, 0), days_later)
    client = redis.Redis.from_url(lab.redis_url)
    client.delete("", *client.scan_iter(keys.tenant_token("*", "*")))  # as each morning it is over
    before = calls(lab)
    ctx = lab.context()
    summary = carry_out(ctx, begin_daily(ctx).run_id)
    assert summary.state == "success", summary.trouble
    sent = calls(lab) - before
    return Counter({name: count for name, count in sent.items() if name.split(".")[0] in BITABLE})


def added(lab: Lab, promotions: int) -> str:
    """One more account of a size; the product knows of it from now on."""
    made: dict[str, str] = lab.control("accounts/add", {"promotions": promotions})["accounts"]
    lab.extra["LAIKE_ACCOUNTS"] = json.dumps(json.loads(lab.environment()["LAIKE_ACCOUNTS"]) | made)
    (number,) = made
    return number
