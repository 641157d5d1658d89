"""The story of a run in Chinese."""

from dataclasses import replace

import pytest

from console import story_words as words
from pipeline.clients.tally import endpoint
from pipeline.core.outcome import DayState, Run, RunState, Summary
from pipeline.core.overview.runs.progress import progress_of
from pipeline.core.overview.runs.spans import QUEUE
from pipeline.core.overview.runs.story import Phase, RunTold, story_of
from pipeline.core.runs.flow import FETCH, FINISH, LOAD, READ, VERIFY, VIEWS
from tests.unit.pipeline.core.overview.runs.test_spans import event
from tests.unit.pipeline.core.overview.runs.test_story import GONE, SHOPS, WHOLE, ended, fetched, result, run


def told(planned: Run, events: list[dict[str, str]], end: Summary | None, state: RunState) -> RunTold:
    """A run as its page gets it."""
    story = story_of(planned, events, end, 5000)
    progress = None if end else progress_of(planned, set(), {}, 4, stopping=False)
    return RunTold(
        run=planned,
        state=state,
        end=end,
        story=story,
        accounts=story.accounts,
        skipped=0,
        count=len(story.accounts),
        bad=sum(one.bad for one in story.accounts),
        troubles=(),
        progress=progress,
        seconds=4,
    )


@pytest.mark.parametrize("step", [QUEUE, READ, FETCH, LOAD, VERIFY, VIEWS, FINISH])
def test_each_step_has_a_name(step: str) -> None:
    assert words.step_words(Phase(step=step, batch=None, began_ms=0, ended_ms=1)) != step


def test_each_step_says_what_came_of_it() -> None:
    views = event(4800, "views_checked", created=7, repaired=1)
    said = [
        words.phase_words(phase) for phase in told(run(*SHOPS), [*WHOLE, views], None, RunState.RUNNING).story.phases
    ]
    assert said == [
        "",
        "表格中已有 7 行",
        "3/3 个账户，6 行",
        "新增 2 行，更新 0 行，4 行无变化",
        "一致",
        "",
        "新建 7 个，修复 1 个",
    ]


def test_a_fetch_says_how_many_accounts_failed_and_a_read_back_that_it_does_not_agree() -> None:
    bad = told(run(*SHOPS), [WHOLE[0], fetched(SHOPS[0], 2000, 5, "failed")], None, RunState.RUNNING)
    assert words.phase_words(bad.story.phases[1]) == "1/1 个账户，2 行，1 个失败"
    not_agreed = Phase(step=VERIFY, batch=0, began_ms=0, ended_ms=1, facts={"agrees": "false"})
    assert words.phase_words(not_agreed) == "未能核对一致"


def test_a_step_that_waited_for_another_writer_says_how_long() -> None:
    loaded = event(9000, "loaded", batch=0, created=1, updated=0, unchanged=0, reason="", ms=7000, locked_ms=6500)
    (_, load) = told(run(*SHOPS), [WHOLE[0], loaded], None, RunState.RUNNING).story.phases
    assert words.phase_words(load) == "新增 1 行，更新 0 行，0 行无变化；等待其他写入 6.5 秒"
    only = Phase(step=FINISH, batch=None, began_ms=0, ended_ms=1, locked_ms=1000)
    assert words.phase_words(only) == "等待其他写入 1.0 秒"


def test_calls_are_told_by_what_they_ask_for_and_by_service() -> None:
    paths = ("/open_api/v3.0/local/report/promotion/get/", "/open-apis/bitable/v1/apps/a/tables/t/records/search")
    calls = {endpoint(path): n for n, path in enumerate(paths, start=2)}
    assert words.calls_words(calls) == "广告数据 2、查询记录 3"
    assert words.service_calls({**calls, "never/heard": 1}) == (2, 4)
    whole = told(run(*SHOPS), WHOLE, None, RunState.RUNNING)
    assert words.spent(whole) == "巨量引擎 3 次调用，飞书 1 次；为限速共等待 0.3 秒"


def test_a_run_that_has_ended_says_first_which_step_took_longest() -> None:
    planned = run(*SHOPS)
    whole = told(planned, WHOLE, ended(planned, *(result(shop) for shop in SHOPS)), RunState.SUCCESS)
    longest = max((phase.ms or 0) / 1000 for phase in whole.story.phases)
    assert words.spent(whole).startswith(f"用时最长的步骤：读取账户数据 {longest:.1f} 秒；巨量引擎 3 次调用")


def test_views_which_follow_the_end_are_not_what_a_run_took_longest_for() -> None:
    planned = run(*SHOPS)
    views = Phase(step=VIEWS, batch=None, began_ms=0, ended_ms=3_600_000)
    whole = told(planned, WHOLE, ended(planned, *(result(shop) for shop in SHOPS)), RunState.SUCCESS)
    later = replace(whole, story=replace(whole.story, phases=(*whole.story.phases, views)))
    assert words.spent(later) == words.spent(whole)


def test_an_account_is_shown_as_far_as_it_is() -> None:
    planned = run(*SHOPS)
    events = [
        WHOLE[0],
        event(1100, "fetching", batch=0, account="1"),
        fetched(SHOPS[1], 2000, 500, "failed"),
        event(1100, "fetching", batch=0, account="3"),
        event(1900, "postponed", batch=0, account="3", reason="throttled"),
    ]
    open_ = told(planned, events, None, RunState.RUNNING)
    assert {one.account.id: words.account_sign(one).word for one in open_.accounts} == {
        "1": "读取中",
        "2": "失败",
        "3": "稍后重试",
    }
    waiting = told(planned, WHOLE[:1], None, RunState.RUNNING)
    assert {words.account_sign(one).word for one in waiting.accounts} == {"等待中"}
    end = ended(planned, result(SHOPS[0], DayState.INCOMPLETE, GONE), *map(result, SHOPS[1:]))
    assert [words.account_sign(one).word for one in told(planned, WHOLE, end, RunState.PARTIAL).accounts] == [
        "不完整",
        "已入库",
        "已入库",
    ]


def test_tries_have_the_tone_of_what_came_of_them() -> None:
    events = [
        WHOLE[0],
        event(1900, "postponed", batch=0, account="1", ms=5),
        fetched(SHOPS[0], 2500, 5),
        fetched(SHOPS[0], 3000, 5, "failed", batch=1),
        event(3100, "fetching", batch=2, account="1"),
    ]
    (one,) = told(run(SHOPS[0]), events, None, RunState.RUNNING).accounts
    assert [words.span_tone(span) for span in one.spans] == ["warn", "good", "bad", "live"]


def test_the_sentence_says_how_it_ended() -> None:
    planned = run(*SHOPS)
    good, bad = [result(shop) for shop in SHOPS], [result(shop, DayState.FAILED, GONE) for shop in SHOPS]
    parked = result(SHOPS[2], DayState.PARKED, GONE)

    def said(state: RunState, *accounts: object, **facts: object) -> str:
        end = ended(planned, *accounts, state=state, **facts)  # type: ignore[arg-type]
        return words.sentence(told(planned, WHOLE, end, state))

    assert said(RunState.SUCCESS, *good) == "成功：3 个账户已写入并核对一致"
    assert said(RunState.SUCCESS, *good[:2], parked) == "成功：2 个账户已写入并核对一致"
    empty = [replace(result(shop, DayState.EMPTY), window_rows=0) for shop in SHOPS]
    assert (
        said(RunState.SUCCESS, *empty[:2], replace(parked, window_rows=0))
        == "成功：2 个账户在数据源都没有数据，已核对一致"
    )
    alone = told(run(SHOPS[0]), WHOLE, ended(run(SHOPS[0]), empty[0]), RunState.SUCCESS)
    assert words.sentence(alone) == "成功：该账户在数据源没有数据，已核对一致"
    assert said(RunState.SUCCESS, *empty[:2], good[2]) == "成功：3 个账户已写入并核对一致"
    assert said(RunState.PARTIAL, *good[:2], bad[2]) == "部分完成：3 个账户中 1 个未完成"
    assert said(RunState.FAILED, *bad) == "失败：3 个账户中 3 个未完成"
    assert said(RunState.INTERRUPTED, *bad).startswith("已中断")
    assert said(RunState.SUCCESS, *good, dry_run=True) == "试运行：3/3 个账户可以写入，未写入表格"


def test_the_sentence_says_what_an_open_run_does() -> None:
    planned = run(*SHOPS)
    waiting = told(planned, WHOLE[:1], None, RunState.RUNNING)
    assert (words.sentence(waiting), words.queued(waiting)) == ("排队中：等待同步服务开始", True)
    writing = told(planned, WHOLE[:6], None, RunState.RUNNING)
    assert (words.sentence(writing), words.queued(writing)) == ("进行中：比较并写入", False)
    assert writing.progress
    assert words.sentence(writing, unattended=True) == "等待中：同步程序没有运行"
    assert words.sentence(waiting, unattended=True) == "排队中：等待同步服务开始"
    stopping = replace(writing, progress=replace(writing.progress, stopping=True))
    assert words.sentence(stopping).startswith("正在停止")
    assert words.sentence(replace(writing, state=RunState.INTERRUPTED)).startswith("没有进展")


def test_what_happened_to_rows_is_told_and_what_did_not_is_left_out() -> None:
    end = ended(run(*SHOPS), created=2, gone=1, duplicates=3)
    assert words.counted(end) == [
        ("新增", 2, "行"),
        ("更新", 0, "行"),
        ("无变化", 0, "行"),
        ("数据源已不返回", 1, "行"),
        ("重复", 3, "行"),
    ]
