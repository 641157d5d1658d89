"""Promise 1: what nobody foresaw is loud, ends in an outcome, and stays with the one it happened to."""

from collections.abc import Callable, Iterator
from datetime import time
from typing import Any

import pytest

from pipeline.context import Context
from pipeline.core.outcome import LoadOutcome, RunState, Summary
from pipeline.core.runs.flow import FETCH, FINISH, LOAD, READ, VERIFY, VIEWS, Step
from pipeline.state import keys
from pipeline.state.runs.outcomes import STEP
from pipeline.steps.runs import fetch
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin, begin_catch_up, begin_daily
from tests.lab import Lab
from tests.workerless import plain_traces, said, stand_in, titles
from worker import tasks, watchdog

CANARY = "canary-7c1e"  # in the words of each error: they may be a secret, or a person's
# the step and a function of it, without which it is broken
INNER = {
    FETCH: "pipeline.steps.runs.fetch.judge_days",
    READ: "pipeline.steps.runs.early_read.as_left",
    LOAD: "pipeline.steps.runs.load.want",
    VERIFY: "pipeline.steps.runs.verify.agree",
    VIEWS: "pipeline.steps.runs.views.audit_due",
    FINISH: "pipeline.steps.runs.finish.summarize",
}
Break = Callable[..., None]


class Broken(Exception):
    """No error of ours."""


@pytest.fixture(autouse=True)
def quick_log() -> Iterator[None]:
    """With the locals of every frame a trace takes a second."""
    with plain_traces():
        yield


@pytest.fixture
def break_(monkeypatch: pytest.MonkeyPatch) -> Break:
    """Let a function break, always or so many times."""

    def broken(name: str, times: int = 1000, error: type[Exception] = Broken) -> None:
        module, function = name.rsplit(".", 1)
        whole: Any = getattr(__import__(module, fromlist=[function]), function)
        left = [times]

        def inner(*args: object, **options: object) -> object:
            left[0] -= 1
            if left[0] >= 0:
                raise error(CANARY)
            return whole(*args, **options)

        monkeypatch.setattr(name, inner)

    return broken


def bugs(summary: Summary) -> list[str]:
    """Accounts that ended in an error of which nobody knew."""
    return [one.id for one in summary.accounts if one.trouble and one.trouble.reason == "bug"]


@pytest.mark.parametrize("step", [LOAD, VERIFY, FINISH])
def test_a_step_that_always_breaks_ends_in_that_and_the_run_in_its_card(
    lab: Lab, break_: Break, step: str, capsys: pytest.CaptureFixture[str]
) -> None:
    break_(INNER[step])
    summary = lab.sync(lab.day)
    assert (summary.state, bugs(summary)) == (RunState.FAILED, lab.accounts)
    assert lab.context().ledger.open_runs() == []
    assert titles(lab) == [f"{lab.day} 同步失败"]
    assert "同步程序出错" in said(lab)
    trouble = next(one.trouble for one in summary.accounts if one.trouble)
    assert f"Broken in pipeline/steps/runs/{step}.py:" in trouble.message
    assert CANARY not in trouble.message + said(lab)
    assert capsys.readouterr().out.count("step_broke") == 3


@pytest.mark.parametrize("step", [READ, VIEWS])
def test_a_step_without_which_the_rows_are_right_costs_no_success(lab: Lab, break_: Break, step: str) -> None:
    break_(INNER[step])
    assert lab.sync(lab.day).state == RunState.SUCCESS
    lab.assert_agrees()


def test_an_account_whose_fetch_breaks_is_named_and_the_others_are_loaded(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    sick = lab.accounts[1]
    whole: Any = fetch._read

    def read(ctx: Context, api: object, run: object, account_id: str, *, anew: bool) -> object:
        if account_id == sick:
            raise Broken(CANARY)
        return whole(ctx, api, run, account_id, anew=anew)

    monkeypatch.setattr("pipeline.steps.runs.fetch._read", read)
    summary = lab.sync(lab.day)
    assert (summary.state, bugs(summary)) == (RunState.PARTIAL, [sick])
    lab.assert_agrees(accounts=[one for one in lab.accounts if one != sick])


@pytest.mark.parametrize("step", list(INNER))
def test_what_breaks_twice_and_then_no_more_is_a_success(lab: Lab, break_: Break, step: str) -> None:
    ctx = lab.context()
    run = begin(ctx, lab.day, lab.accounts[:1], dry_run=False)
    break_(INNER[step], times=2)
    assert carry_out(ctx, run.run_id).state == RunState.SUCCESS
    name = {FETCH: f"fetch.0.{lab.accounts[0]}", VIEWS: VIEWS, FINISH: FINISH}.get(step, f"{step}.0")
    assert ctx.outcomes.broke_so_often([run.run_id], name, 2) == {run.run_id}


def test_what_comes_after_the_end_breaks_nothing_and_is_told(lab: Lab, break_: Break) -> None:
    for after in ("archive", "tell_outside", "run_card"):
        break_(
            {"archive": "pipeline.state.runs.events._event", "run_card": "pipeline.steps.telling.card.run_card"}.get(
                after, f"pipeline.steps.runs.finish.{after}"
            )
        )
    summary = lab.sync(lab.day)
    assert summary.state == RunState.SUCCESS
    assert lab.context().ledger.open_runs() == []
    assert titles(lab) == [f"{summary.run_id} 已结束，但后续通知出错"]  # one for the cause
    assert CANARY not in said(lab)


def test_an_outcome_that_nobody_can_read_is_made_anew(lab: Lab) -> None:
    ctx = lab.context()
    run = begin(ctx, lab.day, [], dry_run=False)
    ctx.client.hset(keys.run(run.run_id), f"{STEP}{Step(LOAD)}", "torn")
    assert carry_out(ctx, run.run_id).state == RunState.SUCCESS
    assert ctx.outcomes.outcome(run.run_id, str(Step(LOAD)), LoadOutcome)


@pytest.mark.parametrize("step", [FETCH, LOAD, VERIFY, FINISH])
def test_what_broke_is_left_alone_until_the_next_daily_run(
    lab: Lab, break_: Break, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    lab.extra["LAIKE_LOOKBACK_DAYS"] = "1"
    assert daily(lab, -1).state == RunState.SUCCESS  # so that the day after it is owed until it is loaded
    if step == FINISH:
        lab.fault("report.promotion", "code", code=50000, times="always")
    break_(INNER[step])
    assert daily(lab, 0).state == RunState.FAILED
    monkeypatch.undo()
    lab.control("faults/clear", {})
    for hour in (8, 12, 20):
        lab.at(time(hour, 20))
        assert begin_catch_up(lab.context()) == []
    summary = daily(lab, 1)
    assert (summary.state, lab.day in summary.days) == (RunState.SUCCESS, True)


def daily(lab: Lab, days_later: int) -> Summary:
    lab.at(time(7), days_later)
    ctx = lab.context()
    return carry_out(ctx, begin_daily(ctx).run_id)


# A run that cannot begin


@pytest.fixture
def at_work(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Context:
    """This process as a worker whose messages go nowhere."""
    lab.at(time(9, 20))
    ctx = lab.context()
    stand_in(ctx, monkeypatch)
    return ctx


BEGINNERS = {
    "每日同步无法开始": tasks.daily,
    "复核无法开始": tasks.settle,
    "自动补数无法开始": tasks.catch_up,
    "补数无法开始": tasks.backfill,
}


@pytest.mark.parametrize("title", list(BEGINNERS))
def test_a_run_that_cannot_begin_is_told_once_a_day_for_each_cause(
    lab: Lab, at_work: Context, break_: Break, title: str
) -> None:
    days = {"start": str(lab.day), "end": str(lab.day)} if BEGINNERS[title] is tasks.backfill else {}
    for error in (Broken, Broken, KeyError):
        break_("pipeline.steps.runs.plan.with_coverage", error=error)
        ended = BEGINNERS[title].apply(kwargs=days)
        assert ended.state == "FAILURE"
    assert titles(lab) == [title, title]
    assert "（Broken）" in said(lab)
    assert CANARY not in said(lab)
    lab.at(time(9, 20), days_later=1)
    assert at_work.ledger.open_runs() == []


@pytest.mark.usefixtures("at_work")
def test_a_run_that_cannot_begin_for_an_error_of_ours_says_what_to_do(lab: Lab) -> None:
    lab.extra["LAIKE_ACCOUNTS"] = "{}"
    lab.fault("accounts.authorized", "garbage", body="{}", times="always")
    ctx = lab.context()
    assert ctx.settings.accounts == {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tasks, "context", lambda: ctx)
        assert tasks.settle.apply().state == "FAILURE"
    assert titles(lab) == ["复核无法开始"]
    assert "返回的数据不完整" in said(lab)


@pytest.mark.usefixtures("at_work")
def test_what_a_message_asks_for_that_cannot_be_is_refused_and_not_told(lab: Lab) -> None:
    wrong: list[object] = [5, "1800", [[]], {"a": 1}]
    for accounts in wrong:
        asked = {"start": str(lab.day), "end": str(lab.day), "accounts": accounts}
        assert tasks.backfill.apply(kwargs=asked).result["state"] == "refused"
    number = int(lab.accounts[0])
    begun = tasks.backfill.apply(kwargs={"start": str(lab.day), "end": str(lab.day), "accounts": [number]}).result
    assert begun["accounts"] == [str(number)]
    assert titles(lab) == []


def test_the_watchdog_outlives_what_breaks_it_and_tells_but_gives_no_sign_of_life(
    lab: Lab, at_work: Context, break_: Break, monkeypatch: pytest.MonkeyPatch
) -> None:
    beats: list[object] = []
    monkeypatch.setattr(watchdog, "beat", beats.append)
    break_("worker.watchdog.daily_is_lost", times=2)
    watchdog.look_and_beat(at_work)
    watchdog.look_and_beat(at_work)
    assert (titles(lab), beats) == (["后台检查出错"], [])
    watchdog.look_and_beat(at_work)
    assert len(beats) == 1


def test_a_header_never_raises_for_what_comes_after_it(lab: Lab, at_work: Context, break_: Break) -> None:
    run = begin(at_work, lab.day, [], dry_run=False)
    break_("worker.dispatch.send_after_fetch")
    asked = {"run_id": run.run_id, "batch": 0, "account_id": lab.accounts[0]}
    assert tasks.fetch_account.apply(kwargs=asked).state == "SUCCESS"
    assert titles(lab) == [f"{run.run_id} 的下一批未能发出"]


# The inputs that showed it


def test_a_creator_that_comes_as_a_list_is_read(lab: Lab) -> None:
    lab.fault(
        "records.search",
        "patch",
        times="always",
        changes=[{"path": ["data", "items", n, "created_by"], "set": [{"id": f"ou_{n}"}]} for n in range(3)],
    )
    assert lab.sync(lab.day).state == RunState.SUCCESS


def test_a_count_that_became_a_text_in_the_status_table_keeps_no_run_from_beginning(lab: Lab) -> None:
    lab.sync(lab.day)
    status = str(lab.table_named("同步状态")["table_id"])
    lab.control("columns/retype", {"table_id": status, "field_name": "行数", "type": 1})
    first, *others = lab.records(status)
    lab.control("rows/edit", {"table_id": status, "record_id": first["record_id"], "fields": {"行数": "十二行"}})
    lab.context().client.flushall()
    ctx = lab.context()
    run = begin(ctx, lab.day, [], dry_run=False)
    known = sum(len(days) for days in ctx.coverage.days(lab.accounts).values())
    assert known == len([one for one in others if one["fields"]["状态"] in ("已入库", "无数据")])
    assert carry_out(ctx, run.run_id).state == RunState.SUCCESS
