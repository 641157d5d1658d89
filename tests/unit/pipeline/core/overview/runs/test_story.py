"""The story of a run, by step and by account."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from pipeline.core.errors import Trouble
from pipeline.core.model import Account, DayRange
from pipeline.core.outcome import AccountResult, DayState, Run, RunState, Summary
from pipeline.core.overview.runs.spans import QUEUE
from pipeline.core.overview.runs.story import story_of
from pipeline.core.runs.flow import FETCH, FINISH, LOAD, READ, VERIFY, VIEWS
from pipeline.core.runs.summary import with_further
from tests.unit.pipeline.core.overview.runs.test_spans import event

DAY = date(2026, 2, 11)
NOW = datetime(2026, 2, 11, 23, tzinfo=UTC)
SHOPS = (Account("1", "城东店"), Account("2", "城西店"), Account("3", "城南店"))
GONE = Trouble(reason="account_unavailable", message="no", what_to_do="请检查该账户。")


def run(*accounts: Account) -> Run:
    days = DayRange(DAY, DAY)
    return Run(run_id=f"daily-{DAY}", day=DAY, days=days, accounts=accounts, started_at=NOW, deadline=NOW)


def result(account: Account, state: DayState = DayState.LOADED, trouble: Trouble | None = None) -> AccountResult:
    figures: dict[str, Any] = {"rows": 2, "cost": Decimal(3), "window_rows": 2, "window_cost": Decimal(3)}
    return AccountResult(id=account.id, name=account.name, state=state, trouble=trouble, **figures)


def ended(planned: Run, *accounts: AccountResult, **facts: Any) -> Summary:  # noqa: ANN401 a summary's own fields
    usual: dict[str, Any] = {"state": RunState.SUCCESS, "started_at": NOW, "ended_at": NOW + timedelta(seconds=5)}
    return Summary(run_id=planned.run_id, day=DAY, days=planned.days, accounts=accounts, **(usual | facts))


def fetched(account: Account, at: int, ms: int, state: str = "loaded", batch: int = 0) -> dict[str, str]:
    told = {"batch": batch, "account": account.id, "state": state, "rows": 2, "cost": "3", "reason": "", "ms": ms}
    return event(at, "fetched", **told, calls="report/account 1", waited_ms=100)


WHOLE = [
    event(1000, "planned", accounts=3, days=1),
    event(2200, "table_read", batch=0, rows=7, ms=700, calls="records/search 1"),
    *(fetched(shop, 3000 + 100 * n, 1000 + 200 * n) for n, shop in enumerate(SHOPS)),
    event(3300, "loading", batch=0),
    event(4000, "loaded", batch=0, created=2, updated=0, unchanged=4, reason="", ms=750),
    event(4010, "verifying", batch=0),
    event(4500, "verified", batch=0, agrees="true", ms=480),
    event(5500, "finished", state="success", ms=900),
]


def test_a_run_is_told_in_phases_in_the_order_of_time() -> None:
    told = story_of(run(*SHOPS), WHOLE, ended(run(*SHOPS)), 99_000)
    assert [phase.step for phase in told.phases] == [QUEUE, READ, FETCH, LOAD, VERIFY, FINISH]
    assert [(phase.began_ms, phase.ms) for phase in told.phases] == [
        (0, 500),
        (500, 700),
        (800, 1400),
        (2250, 750),
        (3020, 480),
        (3600, 900),
    ]
    assert told.end_ms == 4500
    assert told.calls == {"records/search": 1, "report/account": 3}
    assert (told.waited_ms, told.retries) == (300, 0)


def test_the_fetch_of_all_accounts_is_one_phase_that_counts_them() -> None:
    fetch = story_of(run(*SHOPS), WHOLE, None, 9000).phases[2]
    assert (fetch.accounts, fetch.facts) == (3, {"rows": "6", "bad": "0", "done": "3"})


def test_an_end_that_does_not_say_how_long_it_took_began_when_all_else_had_ended() -> None:
    older = [*WHOLE[:-1], event(5500, "finished", state="success")]
    assert story_of(run(*SHOPS), older, ended(run(*SHOPS)), 0).phases[-1].ms == 1000


def test_while_it_runs_what_has_not_ended_is_open_until_now() -> None:
    told = story_of(run(*SHOPS), WHOLE[:6], None, 4000)
    assert [(phase.step, phase.ms) for phase in told.phases][-1] == (LOAD, None)
    assert told.end_ms == 3000


def test_what_had_no_end_when_the_run_ended_is_left_out() -> None:
    told = story_of(run(*SHOPS), [*WHOLE[:6], WHOLE[-1]], ended(run(*SHOPS)), 4000)
    assert [phase.step for phase in told.phases] == [QUEUE, READ, FETCH, FINISH]


def test_accounts_in_trouble_come_first_then_the_slowest() -> None:
    planned = run(*SHOPS)
    end = ended(planned, result(SHOPS[0], DayState.FAILED, GONE), result(SHOPS[1]), result(SHOPS[2]))
    told = story_of(planned, WHOLE, end, 0)
    assert [one.account.name for one in told.accounts] == ["城东店", "城南店", "城西店"]
    assert [one.bad for one in told.accounts] == [True, False, False]
    assert (told.accounts[1].ms, told.accounts[1].calls, told.accounts[1].waited_ms) == (1400, 1, 100)


def test_a_parked_account_is_in_no_trouble() -> None:
    planned = run(SHOPS[0])
    (one,) = story_of(planned, WHOLE, ended(planned, result(SHOPS[0], DayState.PARKED, GONE)), 0).accounts
    assert not one.bad


def test_while_it_runs_an_account_is_bad_once_its_fetch_failed_and_not_before() -> None:
    planned = run(*SHOPS)
    events = [WHOLE[0], event(1100, "fetching", batch=0, account="1"), fetched(SHOPS[1], 2000, 500, "failed")]
    told = {one.account.id: one.bad for one in story_of(planned, events, None, 3000).accounts}
    assert told == {"1": False, "2": True, "3": False}


def test_tries_that_were_put_off_count_as_retries() -> None:
    planned = run(SHOPS[0])
    put_off = event(2000, "postponed", batch=0, account="1", reason="throttled", retries=2, ms=500)
    told = story_of(planned, [WHOLE[0], put_off, fetched(SHOPS[0], 9000, 500)], None, 9000)
    assert (told.retries, told.accounts[0].retries, len(told.accounts[0].spans)) == (3, 3, 2)
    assert told.accounts[0].ms == 7500


def test_a_run_that_nobody_began_waits_in_the_queue() -> None:
    (queue,) = story_of(run(*SHOPS), WHOLE[:1], None, 61_000).phases
    assert (queue.step, queue.ms) == (QUEUE, None)


def test_a_run_whose_events_are_gone_still_tells_its_accounts() -> None:
    planned = run(*SHOPS)
    told = story_of(planned, [], ended(planned, *map(result, SHOPS)), 5000)
    assert (told.phases[0].step, told.end_ms, len(told.accounts)) == (QUEUE, 0, 3)


def test_an_unforeseen_error_is_told_apart() -> None:
    told = story_of(run(*SHOPS), [*WHOLE[:5], event(3200, "broke", step="load.0", reason="KeyError")], None, 4000)
    assert [span.facts["step"] for span in told.troubles] == ["load.0"]
    assert LOAD not in [phase.step for phase in told.phases]


def test_rows_of_an_account_that_nobody_read_are_unknown_and_not_none() -> None:
    nothing: dict[str, Any] = {"window_rows": 0, "window_cost": Decimal(0)}
    gone = replace(result(SHOPS[0], DayState.FAILED, GONE), **nothing)
    quiet = replace(result(SHOPS[1], DayState.EMPTY), **nothing)
    some = replace(result(SHOPS[2], DayState.FAILED, GONE), bad_days=1)  # its other days were read
    whole = story_of(run(*SHOPS), [], ended(run(*SHOPS), gone, quiet, some), 0)
    assert {one.account.id: (one.known_rows, one.known_cost) for one in whole.accounts} == {
        "1": (None, Decimal(0)),
        "2": (0, Decimal(0)),
        "3": (2, Decimal(3)),
    }
    begun = story_of(run(*SHOPS), [*WHOLE[:2], fetched(SHOPS[0], 3000, 5)], None, 9000)
    assert {one.account.id: one.known_rows for one in begun.accounts} == {"1": 2, "2": None, "3": None}


def in_two_tables() -> Run:
    first = run(*SHOPS[:2])
    return replace(first, further=(replace(first, table="项目日报"),))


def test_what_was_fetched_for_one_table_is_not_told_of_another() -> None:
    planned = in_two_tables()
    events = [fetched(SHOPS[0], 2000, 900), fetched(SHOPS[0], 3000, 900, state="failed", batch=1)]
    told = story_of(planned, events, None, 9000)
    found = {(one.table, one.account.id): one for one in told.accounts}
    assert found.keys() == {(table, shop.id) for table in ("单元日报", "项目日报") for shop in SHOPS[:2]}
    assert (found["单元日报", "1"].rows, found["单元日报", "1"].bad) == (2, False)
    assert found["项目日报", "1"].bad
    assert [(one.table, one.batch) for one in told.phases if one.step == FETCH] == [("单元日报", 0), ("项目日报", 1)]


def test_each_account_has_its_end_of_each_table() -> None:
    planned = in_two_tables()
    first = ended(planned, result(SHOPS[0]), result(SHOPS[1]))
    other = replace(first, table="项目日报", accounts=(result(SHOPS[0], DayState.FAILED, GONE), result(SHOPS[1])))
    told = story_of(planned, WHOLE, with_further(first, [other]), 0)
    assert [(one.table, one.account.id) for one in told.accounts if one.bad] == [("项目日报", "1")]


def test_the_views_of_each_table_are_a_step_of_their_own() -> None:
    looked = [
        event(6000 + n, "views_checked", table=name, created=n) for n, name in enumerate(("单元日报", "项目日报"))
    ]
    told = story_of(in_two_tables(), [*WHOLE, *looked], None, 9000)
    assert [one.table for one in told.phases if one.step == VIEWS] == ["单元日报", "项目日报"]
    assert [one.table for one in story_of(run(*SHOPS), WHOLE, None, 9000).phases] == [""] * 6
