"""补数: what it costs is said before, it is begun once, and may be stopped and gone on with."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta

from requests import Response

from pipeline.core.outcome import RunState
from pipeline.state import keys
from pipeline.state.console.acts import Act, Acts
from pipeline.state.table.keys import wanted
from tests.console_desk import Desk
from tests.leaks import secrets_of
from tests.workers import SHORT, wait_until

ONCE = re.compile(r'name="once" value="([0-9a-f]+)"')


@contextmanager
def nobody_writes(desk: Desk) -> Iterator[None]:
    """Somebody else has the writer lock: loads wait, and no run ends."""
    lock = keys.writer(desk.workers.ctx.app_token())
    desk.workers.ctx.client.set(lock, "somebody", px=120_000)
    yield
    desk.workers.ctx.client.delete(lock)


def span(desk: Desk, days: int = 40) -> dict[str, str]:
    """The form's days: some that end before the look-back."""
    last = desk.lab.day - timedelta(days=10)
    return {"first": (last - timedelta(days=days - 1)).isoformat(), "last": last.isoformat()}


def weighed(desk: Desk, **form: str) -> tuple[Response, dict[str, str]]:
    """The estimate, and the form that begins it."""
    answer = desk.post("/backfill/estimate", form)
    assert answer.status_code == 200, answer.text
    found = ONCE.search(answer.text)
    return answer, {**form, "once": found[1]} if found else form


def run_ids(desk: Desk) -> list[str]:
    return [one for one in desk.workers.ctx.ledger.newest(0) if one.startswith("backfill-")]


def test_while_no_worker_works_every_list_says_so_and_none_that_a_run_goes_on(desk: Desk) -> None:
    _, form = weighed(desk, **span(desk))
    desk.post("/backfill/begin", form)
    (run_id,) = run_ids(desk)
    for path in ("/backfill", "/backfill/open", "/runs", f"/runs/{run_id}"):
        told = desk.get(path).text
        assert "同步程序没有运行" in told, path
        assert "◌</b> 进行中" not in told, path
    desk.workers.worker()
    assert wait_until(lambda: "同步程序没有运行" not in desk.get("/runs").text)
    desk.workers.ended(run_id)


def test_while_no_worker_works_the_first_page_does_not_say_that_the_day_is_being_loaded(desk: Desk) -> None:
    one = desk.lab.accounts[1]
    for report in ("report.promotion", "report.account"):
        desk.lab.fault(report, "code", code=40002, times="always", match={"local_account_id": one})
    desk.lab.sync()
    desk.post("/coverage/read", {"account_id": one, "day": str(desk.lab.day)})
    first = desk.get("/").text
    assert "正在补" not in first
    assert "有 1 个账户的数据没有入库" in first
    assert "没有运行，" in first


def test_what_it_will_cost_is_said_before_it_is_begun_and_it_is_begun_once(desk: Desk) -> None:
    desk.lab.sync()
    empty = desk.get("/backfill").text
    assert "进行中" not in empty
    assert all(name in empty for name in desk.lab.facts["accounts"].values())
    days = span(desk)
    answer, form = weighed(desk, **days, accounts=f"{desk.lab.accounts[0]}\n拾光咖啡")
    for said in ("80 个“账户×天”", "飞书调用", "巨量引擎调用", "放得下", "20,000", "开始补数"):
        assert said in answer.text
    assert run_ids(desk) == []
    begun, again = desk.post("/backfill/begin", form), desk.post("/backfill/begin", form)
    (run_id,) = run_ids(desk)
    assert [one.url.partition("?")[0] for one in (begun, again)] == [f"{desk.url}/runs/{run_id}"] * 2
    assert "已排队等待" in begun.text  # no worker runs
    assert len(desk.workers.ctx.ledger.run(run_id).accounts) == 2
    same, _ = weighed(desk, **days, accounts=f"拾光咖啡，{desk.lab.accounts[0]}")
    assert "同样的补数正在进行" in same.text
    other = {**form, "once": "0123456789ab"}  # a second tab with the same days
    assert desk.post("/backfill/begin", other).url.partition("?")[0].endswith(run_id)
    assert run_ids(desk) == [run_id]
    assert desk.get("/runs").text.count("2 个账户 ·") == 1  # kept once who did it
    assert f"/runs/{run_id}" in desk.get("/backfill").text
    assert [secret for secret in secrets_of(desk.lab) if secret in answer.text + begun.text] == []


def test_it_is_stopped_and_gone_on_with(desk: Desk) -> None:
    lab = desk.lab
    lab.extra |= SHORT | {"LAIKE_OCEANENGINE_RATE": "100"}
    desk.workers.worker()
    days = span(desk, 100)  # four batches
    _, form = weighed(desk, **days, accounts=f"{lab.accounts[0]}\n{lab.accounts[5]}")
    with nobody_writes(desk):
        begun = desk.post("/backfill/begin", form)
        (run_id,) = run_ids(desk)
        ctx = desk.workers.ctx
        assert "waits" not in begun.url
        assert wait_until(lambda: f"fetch.0.{lab.accounts[0]}" in desk.workers.ctx.outcomes.done(run_id))
        assert wait_until(lambda: ctx.client.exists(wanted(ctx.app_token())))  # its load waits for the lock
        part = desk.get("/backfill/open").text
        assert "已完成 0 / 4 批" in part
        assert "停止" in part
        assert "正在停止" in desk.post("/backfill/stop", {"run_id": run_id}).text
    summary = desk.workers.ended(run_id)
    assert summary.state == RunState.PARTIAL
    assert "等待其他写入" in desk.get(f"/runs/{run_id}").text
    page = desk.get("/backfill").text
    assert "hx-get" not in page
    assert "继续" in page
    answer, more = weighed(desk, **days, like=run_id)
    assert "2 个账户" in answer.text or "拾光咖啡" in answer.text
    desk.post("/backfill/begin", more)
    newest = run_ids(desk)[0]
    assert newest != run_id
    assert desk.workers.ended(newest).state == RunState.SUCCESS
    lab.assert_agrees(
        date.fromisoformat(days["first"]), date.fromisoformat(days["last"]), [lab.accounts[0], lab.accounts[5]]
    )
    acts = [one.act for one in reversed(desk_acts(desk))]
    assert acts == ["补数", "停止补数", "补数"]


def desk_acts(desk: Desk) -> list[Act]:
    return Acts(desk.workers.ctx.client).newest(9)


def test_a_viewer_begins_and_stops_nothing(desk: Desk) -> None:
    assert "您的账号只能查看" in desk.viewer.get("/backfill").text
    form = {**span(desk), "once": "0123456789ab", "run_id": "backfill-x"}
    acts = ("/backfill/estimate", "/backfill/begin", "/backfill/stop")
    assert [desk.viewer.post(act, form).status_code for act in acts] == [403, 403, 403]
    assert run_ids(desk) == []
    assert desk_acts(desk) == []


def test_what_cannot_be_loaded_is_said_in_words_and_never_breaks_the_page(desk: Desk) -> None:
    days = span(desk)
    wrong = {
        "日期无效": {**days, "first": "0000-00-00"},
        "请填写开始日期": {**days, "last": ""},
        "开始日期不能晚于": {"first": days["last"], "last": days["first"]},
        "只能补": {**days, "last": "9999-12-31"},
        "找不到或不能补数的账户：&lt;b&gt;x": {**days, "accounts": "<b>x"},
    }
    for said, form in wrong.items():
        answer = desk.post("/backfill/estimate", form)
        assert (answer.status_code, said in answer.text) == (400, True), said
        assert 'name="first"' in answer.text
    answers = [
        desk.post("/backfill/estimate", {**days, "accounts": "\x00"}),
        desk.post("/backfill/estimate", {**days, "account": ["1"] * 900}),
        desk.post("/backfill/estimate", {**days, "like": "a:b"}),
        desk.post("/backfill/begin", {**days, "once": "../x"}),
        desk.post("/backfill/begin", {"once": "0123456789ab"}),
        desk.post("/backfill/stop", {"run_id": "\x00"}),
        desk.post("/backfill/stop", {"run_id": "daily-2026-01-01"}),
        desk.get("/backfill?first=%00&last=x&account=%3Cscript%3E"),
    ]
    assert [one.status_code for one in answers] == [200, 400, 404, 400, 400, 404, 404, 200]
    gone = desk.post("/backfill/begin", {**days, "accounts": "1834", "once": "0123456789ab"})  # since it was estimated
    assert (gone.status_code, "找不到或不能补数的账户：1834" in gone.text, "unknown" in gone.text) == (400, True, False)
    assert "<script>" not in answers[-1].text.replace("<script src", "")
    assert run_ids(desk) == []


def test_a_form_that_is_sent_many_times_at_once_begins_one_run_that_nobody_stops(desk: Desk) -> None:
    lab = desk.lab
    lab.sync()
    token = re.search(r'name="csrf" value="([^"]+)"', desk.get("/runs").text)
    assert token
    day, account = lab.day.isoformat(), lab.accounts[0]

    def sent(path: str, form: dict[str, str]) -> set[str]:
        before = set(lab.bare_context().ledger.newest(0))
        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(lambda _: desk.session.post(desk.url + path, {"csrf": token[1], **form}), range(6)))
        assert {answer.status_code for answer in answers} == {200}
        return set(lab.bare_context().ledger.newest(0)) - before

    for path, form in (
        ("/coverage/read", {"account_id": account, "day": day}),
        ("/backfill/begin", {"first": day, "last": day, "accounts": "", "once": "abcdefabcdef"}),
    ):
        (run_id,) = sent(path, form)
        ctx = lab.bare_context()
        assert ctx.ledger.given_up(run_id) is None
        assert ctx.marks.was_sent(run_id, "0")
