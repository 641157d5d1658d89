"""A missed morning, nine days of downtime, a dead account: what is owed comes by itself, and nothing beyond it."""

import json
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import date, time, timedelta

import pytest

from pipeline.core.model import DayRange
from pipeline.core.outcome import DayState, RunState, Summary
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin_catch_up, begin_daily, begin_settle
from tests.integration.test_redis_was_emptied import empty_redis
from tests.lab import Lab

REPORTS = ("report.promotion", "report.account")


@pytest.fixture
def few(lab: Lab) -> Lab:
    """Three accounts, none of them large, and no look-back: what comes beyond yesterday is owed."""
    return chosen(lab, [number for number in lab.accounts if number != lab.big][:3])


def chosen(lab: Lab, accounts: Collection[str]) -> Lab:
    names = {number: lab.facts["accounts"][number] for number in accounts}
    lab.extra |= {"LAIKE_ACCOUNTS": json.dumps(names), "LAIKE_LOOKBACK_DAYS": "1"}
    return lab


def accounts_of(lab: Lab) -> list[str]:
    return list(json.loads(lab.extra["LAIKE_ACCOUNTS"]))


def morning(lab: Lab, ago: int, clock: time = time(7, 0)) -> None:
    """Let it be so many days before the last morning of the emulator."""
    lab.at(clock, days_later=-ago)


def daily(lab: Lab, ago: int) -> Summary:
    morning(lab, ago)
    ctx = lab.context()
    return carry_out(ctx, begin_daily(ctx).run_id)


def catch_up(lab: Lab) -> list[Summary]:
    ctx = lab.context()
    return [carry_out(ctx, run.run_id) for run in begin_catch_up(ctx)]


def dead(lab: Lab, account: str, **match: str) -> None:
    for report in REPORTS:
        lab.fault(report, "code", code=40002, times="always", match={"local_account_id": account, **match})


def revive(lab: Lab) -> None:
    lab.control("faults/clear", {})


def back(lab: Lab, first: int, last: int) -> DayRange:
    """Days so long before the newest one with figures."""
    return DayRange(lab.day - timedelta(days=first), lab.day - timedelta(days=last))


def covered(lab: Lab, account: str) -> set[date]:
    return lab.context().coverage.days([account])[account]


def assert_loaded(lab: Lab, days: DayRange) -> None:
    """Every row of the chosen accounts of these days is in the table."""
    loaded = lab.loaded()
    rows = [
        key
        for key, row in lab.source(days.first, days.last).items()
        if str(row["local_account_id"]) in accounts_of(lab)
    ]
    assert rows
    assert all(len(loaded.get(key, [])) == 1 for key in rows)


def state_of(summary: Summary, account: str) -> DayState:
    return next(one.state for one in summary.accounts if one.id == account)


def told(summary: Summary, word: str) -> list[str]:
    return [line for line in summary.warnings if word in line]


def test_after_nine_days_offline_one_daily_run_brings_all_nine(few: Lab) -> None:
    daily(few, 9)
    summary = daily(few, 0)
    assert (summary.state, summary.days) == (RunState.SUCCESS, back(few, 8, 0))
    assert_loaded(few, back(few, 9, 0))
    assert daily(few, 0).run_id == summary.run_id
    assert begin_catch_up(few.context()) == []


def test_after_nine_days_offline_a_catch_up_brings_all_nine_once_the_daily_run_had_its_time(few: Lab) -> None:
    daily(few, 9)
    morning(few, 0, time(7, 4))
    assert [one.days for one in catch_up(few)] == [back(few, 8, 1)]  # yesterday is the daily run's yet
    morning(few, 0, time(7, 20))
    assert [one.days for one in catch_up(few)] == [back(few, 0, 0)]
    assert_loaded(few, back(few, 9, 0))


def test_no_more_than_the_days_of_the_setting_are_owed(few: Lab) -> None:
    few.extra["LAIKE_CATCH_UP_DAYS"] = "4"
    daily(few, 9)
    assert daily(few, 0).days == back(few, 3, 0)


def test_an_account_that_was_never_loaded_owes_the_look_back_only(few: Lab) -> None:
    few.extra["LAIKE_LOOKBACK_DAYS"] = "3"
    first, *others = accounts_of(few)
    chosen_later = few.extra["LAIKE_ACCOUNTS"]
    few.extra["LAIKE_ACCOUNTS"] = json.dumps({number: few.facts["accounts"][number] for number in others})
    daily(few, 0)
    few.extra["LAIKE_ACCOUNTS"] = chosen_later
    morning(few, 0, time(9, 20))
    (summary,) = catch_up(few)
    assert ([one.id for one in summary.accounts], summary.days) == ([first], back(few, 2, 0))


def test_a_day_that_was_loaded_alone_after_the_downtime_does_not_hide_the_days_before_it(few: Lab) -> None:
    daily(few, 5)
    morning(few, 0)
    few.sync(few.day)
    morning(few, 0, time(9, 20))
    assert [one.days for one in catch_up(few)] == [back(few, 4, 1)]
    assert_loaded(few, back(few, 5, 0))


def test_with_nothing_owed_a_catch_up_makes_no_call(few: Lab) -> None:
    daily(few, 0)
    morning(few, 0, time(8, 20))
    calls = few.look("calls")["counts"]
    assert begin_catch_up(few.context()) == []
    assert few.look("calls")["counts"] == calls


def test_with_nothing_owed_a_catch_up_does_not_ask_which_accounts_there_are(lab: Lab) -> None:
    lab.extra |= {"LAIKE_ACCOUNTS": "{}", "LAIKE_LOOKBACK_DAYS": "1"}
    daily(lab, 1)
    morning(lab, 0, time(6, 20))
    ctx = lab.context()
    calls = lab.look("calls")["counts"]
    assert begin_catch_up(ctx) == []
    assert lab.look("calls")["counts"] == calls


def test_what_redis_forgot_is_not_owed_again(few: Lab) -> None:
    daily(few, 0)
    empty_redis(few)
    morning(few, 0, time(8, 20))
    assert begin_catch_up(few.context()) == []


def test_one_dead_account_of_twenty_is_named_and_the_others_are_loaded(lab: Lab) -> None:
    lab.control("accounts/add", {"count": 13})
    chosen(lab, [number for number in lab.accounts if number != lab.big] + [lab.big])
    sick = accounts_of(lab)[3]
    dead(lab, sick)
    assert lab.laike("token", "import", str(lab.token_cache())).returncode == 0
    ended = lab.laike("sync", "--local", "--json")
    assert ended.returncode == 1, ended.stderr
    document = json.loads(ended.stdout)
    bad = {one["name"] for one in document["accounts"] if one["state"] not in ("loaded", "empty")}
    assert (document["state"], len(document["accounts"]), bad) == ("partial", 20, {lab.facts["accounts"][sick]})


def test_an_account_that_comes_back_is_filled_by_the_next_daily_run(few: Lab) -> None:
    sick = accounts_of(few)[0]
    daily(few, 4)
    dead(few, sick)
    assert [daily(few, ago).state for ago in (3, 2, 1)] == [RunState.PARTIAL] * 3
    revive(few)
    summary = daily(few, 0)
    assert (summary.state, summary.days) == (RunState.SUCCESS, back(few, 3, 0))
    assert covered(few, sick) >= set(back(few, 4, 0))


def test_an_account_that_cannot_be_read_is_not_tried_hourly(few: Lab) -> None:
    dead(few, accounts_of(few)[0])
    daily(few, 0)
    for hour in (9, 12, 18):
        morning(few, 0, time(hour, 20))
        assert begin_catch_up(few.context()) == []


def test_an_account_whose_service_failed_is_tried_again_after_1_2_4_hours_and_the_others_are_not(few: Lab) -> None:
    sick = accounts_of(few)[1]
    for report in REPORTS:
        few.fault(report, "code", code=50000, times="always", match={"local_account_id": sick})
    daily(few, 0)
    tried = []
    for hour in range(8, 16):
        morning(few, 0, time(hour, 0))
        summaries = catch_up(few)
        assert all([one.id for one in summary.accounts] == [sick] for summary in summaries)
        tried += [hour] * len(summaries)
    assert tried == [8, 10, 14]
    revive(few)
    morning(few, 0, time(22, 0))
    assert [one.state for one in catch_up(few)] == [RunState.SUCCESS]


def test_the_long_gap_of_one_account_does_not_make_the_others_be_read_again(few: Lab) -> None:
    sick, *others = accounts_of(few)
    daily(few, 4)
    dead(few, sick)
    daily(few, 3)
    revive(few)
    morning(few, 0, time(9, 20))
    gaps = {tuple(one.id for one in summary.accounts): summary.days for summary in catch_up(few)}
    assert gaps == {(sick,): back(few, 3, 0), tuple(others): back(few, 2, 0)}


def test_a_hole_between_loaded_days_is_filled(few: Lab) -> None:
    sick = accounts_of(few)[0]
    daily(few, 3)
    few.fault("report.promotion", "code", code=50000, times=50, match={"local_account_id": sick})
    daily(few, 2)
    revive(few)
    morning(few, 1)
    few.sync(back(few, 1, 1).first)
    morning(few, 0, time(6, 20))
    (summary,) = catch_up(few)
    assert ([one.id for one in summary.accounts], summary.days) == ([sick], back(few, 2, 2))
    assert begin_catch_up(few.context()) == []


def test_an_account_that_is_dead_for_a_week_is_parked_told_weekly_and_tried_once_a_day(few: Lab) -> None:
    sick = accounts_of(few)[0]
    name = few.facts["accounts"][sick]
    daily(few, 17)
    dead(few, sick)
    assert [daily(few, ago).state for ago in range(16, 9, -1)] == [RunState.PARTIAL] * 7
    summary = daily(few, 9)
    assert (summary.state, state_of(summary, sick), len(told(summary, "已停用"))) == (
        RunState.SUCCESS,
        DayState.PARKED,
        1,
    )
    assert name in told(summary, "已停用")[0]
    assert str(few.day - timedelta(days=15)) in told(summary, "已停用")[0]  # the morning of the first failure
    assert "移出授权范围" in told(summary, "已停用")[0]
    assert summary.days == back(few, 9, 9)  # nobody is read again for it
    quiet = [daily(few, ago) for ago in range(8, 2, -1)]
    assert all((one.state, told(one, "已停用")) == (RunState.SUCCESS, []) for one in quiet)
    asked = few.calls("report.promotion")
    assert len(told(daily(few, 2), "已停用")) == 1
    assert few.calls("report.promotion") - asked == 3
    settled = begin_settle(few.context())
    assert sick not in {account.id for account in settled.accounts}


def parked(lab: Lab) -> str:
    """An account that is parked by now, on the morning one day before the last."""
    sick = accounts_of(lab)[0]
    daily(lab, 9)
    dead(lab, sick)
    for ago in (8, 1):
        daily(lab, ago)
    return sick


def test_a_parked_account_is_shown_as_such_everywhere(few: Lab) -> None:
    sick = parked(few)
    rows = few.records(str(few.table_named("同步状态")["table_id"]))
    newest = [row["fields"] for row in rows if row["fields"]["账户"] == few.facts["accounts"][sick]][-1]
    assert newest["状态"] == "已停用"
    listed = few.laike("accounts", "--json")
    states = {one["id"]: one["state"] for one in json.loads(listed.stdout)["accounts"]}
    assert [number for number, state in states.items() if state == "parked"] == [sick]
    grid = json.loads(few.laike("coverage", "--json").stdout)["accounts"]
    (days,) = [one["days"] for one in grid if one["id"] == sick]
    assert [day["state"] for day in days[-9:]] == ["loaded", "failed", *["parked"] * 7]
    card = few.look("state")["messages"][-1]
    assert "同步成功" in json.dumps(card, ensure_ascii=False)


def test_a_parked_account_that_comes_back_is_filled_without_a_person_and_that_is_told(few: Lab) -> None:
    sick = parked(few)
    revive(few)
    summary = daily(few, 0)
    assert (summary.state, summary.days, len(told(summary, "已恢复"))) == (RunState.SUCCESS, back(few, 0, 0), 1)
    morning(few, 0, time(7, 20))
    (filled,) = catch_up(few)
    assert ([one.id for one in filled.accounts], filled.days) == ([sick], back(few, 8, 1))
    assert covered(few, sick) >= set(back(few, 9, 0))
    assert_loaded(few, back(few, 9, 0))
    assert told(few.sync(few.day), "已恢复") == []


def test_an_account_that_was_parked_is_so_after_redis_was_emptied(few: Lab) -> None:
    sick = parked(few)
    empty_redis(few)
    summary = daily(few, 0)
    assert (summary.state, state_of(summary, sick)) == (RunState.SUCCESS, DayState.PARKED)


def test_a_run_of_parked_accounts_only_is_no_success(few: Lab) -> None:
    sick = parked(few)
    morning(few, 0)
    assert few.sync(few.day, [sick]).state == RunState.FAILED


def test_a_day_that_was_loaded_stays_so_where_reading_it_again_fetches_nothing(few: Lab) -> None:
    daily(few, 0)
    dead(few, accounts_of(few)[0])
    morning(few, 0, time(10, 35))
    ctx = few.context()
    assert carry_out(ctx, begin_settle(ctx).run_id).state == RunState.PARTIAL
    words = {row["fields"]["状态"] for row in few.records(str(few.table_named("同步状态")["table_id"]))}
    assert words <= {"已入库", "无数据"}
    assert begin_catch_up(few.context()) == []


def test_two_that_catch_up_at_once_begin_the_same_run_and_a_third_waits_for_it(few: Lab) -> None:
    morning(few, 0, time(9, 20))
    contexts = [few.context() for _ in range(2)]
    with ThreadPoolExecutor() as pool:
        begun = [run.run_id for runs in pool.map(begin_catch_up, contexts) for run in runs]
    assert len(set(begun)) == 1
    assert begin_catch_up(few.context()) == []
