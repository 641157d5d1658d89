"""运行 and 一次运行: what people see of runs, live and afterwards."""

from datetime import timedelta
from decimal import Decimal

from pipeline.core.errors import Trouble
from pipeline.core.model import Account, DayRange
from pipeline.core.outcome import AccountResult, DayState, Run, RunState, Summary
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin
from tests.console_desk import Desk
from tests.lab import Lab
from tests.leaks import secrets_of
from tests.workers import Store, workers

PAGE_MOST = 100_000  # bytes
HOSTILE = (
    "/runs?state=x",
    "/runs?kind=x%00",
    "/runs?day=0000-00-00",
    "/runs?day=99999-01-01",
    "/runs?after=-1",
    "/runs?after=99999999999999999999",
    "/runs?after=%E2%91%A0",
    "/runs/nothing/story",
    "/runs/nothing",
    "/runs/a%00b",
    "/runs/%2e%2e%2fetc",
    "/runs/a/b/c",
    "/runs/%ff",
    f"/runs/{'x' * 900}",
    "/runs/:events",
)


def planted(desk: Desk, run_id: str, accounts: int, state: RunState | None = RunState.PARTIAL, name: str = "店") -> Run:
    """A run in the ledger, half of whose accounts failed; open if it has no state."""
    ctx = desk.workers.ctx
    shops = tuple(Account(f"{18 * 10**14 + n}", f"{name}{n}") for n in range(accounts))
    began, days = ctx.now(), DayRange(desk.lab.day - timedelta(days=6), desk.lab.day)
    end = began + timedelta(hours=1)
    run = Run(run_id=run_id, day=days.last, days=days, accounts=shops, started_at=began, deadline=end)
    assert ctx.ledger.open(run)
    ctx.pulse.stamp(run_id)
    ctx.events.emit(run_id, "planned", accounts=accounts, days=7)
    if state:
        for shop in shops:
            ctx.events.emit(run_id, "fetched", batch=0, account=shop.id, state="loaded", rows=3, cost="9", reason="")
        assert ctx.ledger.close(ended(run, state))
        ctx.events.archive(run_id)
    return run


def ended(run: Run, state: RunState) -> Summary:
    why = Trouble(reason="account_unavailable", message="no", what_to_do="请检查<b>该账户</b>。", code=40002)
    results = tuple(
        AccountResult(
            id=one.id,
            name=one.name,
            state=DayState.FAILED if n % 2 else DayState.LOADED,
            rows=3,
            cost=Decimal(9),
            window_rows=21,
            window_cost=Decimal(63),
            trouble=why if n % 2 else None,
        )
        for n, one in enumerate(run.accounts)
    )
    told = {"accounts": results, "started_at": run.started_at, "ended_at": run.started_at + timedelta(seconds=75)}
    return Summary(run_id=run.run_id, state=state, day=run.day, days=run.days, warnings=("<i>提醒</i>",), **told)  # type: ignore[arg-type]


def test_before_the_first_run_the_list_says_so_and_what_is_no_run_is_not_found_whatever_it_is(desk: Desk) -> None:
    assert "没有运行记录" in desk.get("/runs").text
    answers = {path: desk.get(path) for path in HOSTILE}
    assert {path: one.status_code for path, one in answers.items() if one.status_code not in (400, 404)} == {}
    assert "没有这次运行" in answers["/runs/nothing"].text
    assert desk.get("/runs?state=&kind=&day=&account=%00%E5%BA%97&bad=&after=").status_code == 200


def test_a_run_that_failed_in_part_is_told_with_reason_and_cure_before_its_steps(desk: Desk) -> None:
    lab = desk.lab
    lab.fault("report.promotion", "code", code=40002, times="always", match={"local_account_id": lab.accounts[1]})
    summary = lab.sync()
    listed = desk.get("/runs").text
    assert f"/runs/{summary.run_id}" in listed
    assert "部分完成" in listed
    assert "账户不可用" in listed
    told = desk.get(f"/runs/{summary.run_id}").text
    bad = next(one for one in summary.accounts if one.trouble)
    cure = told.index("请在巨量引擎检查该账户的状态和授权")
    assert told.index(bad.name) < cure
    steps = [
        told.rindex(step) for step in ("比较并写入", "重新读取核对", "更新状态表并结束")
    ]  # a sentence above may name one
    assert [cure, *steps] == sorted([cure, *steps])
    assert f"{summary.created:,}" in told
    assert "hx-get" not in told
    assert [secret for secret in secrets_of(lab) if secret in told + listed] == []


def test_the_list_is_filtered_and_goes_on_page_by_page(desk: Desk) -> None:
    for n in range(53):
        planted(desk, f"daily-2026-01-01-{n}", 2, RunState.PARTIAL if n == 7 else RunState.SUCCESS)
    planted(desk, "settle-2026-01-01", 1, RunState.SUCCESS)
    first = desk.get("/runs").text
    assert first.count('scope="row"') == 50
    assert "/runs?after=50" in first
    assert desk.get("/runs?after=50").text.count('scope="row"') == 4
    for query, count in (
        ("state=partial", 1),
        ("bad=1", 1),
        ("kind=settle", 1),
        ("account=店1", 50),
        ("day=2020-01-01", 0),
    ):
        assert desk.get(f"/runs?{query}").text.count('scope="row"') == count, query
    assert "没有符合条件的运行" in desk.get("/runs?day=2020-01-01").text


def test_an_open_run_is_asked_for_again_and_an_ended_one_no_more(desk: Desk) -> None:
    ctx = desk.workers.ctx
    run = begin(ctx, None, [], dry_run=False)
    told = desk.get(f"/runs/{run.run_id}").text
    assert f'hx-get="/runs/{run.run_id}/story"' in told
    assert "排队中" in told
    assert "已排队等待" in desk.get(f"/runs/{run.run_id}?waits=1").text
    carry_out(ctx, run.run_id)
    part = desk.get(f"/runs/{run.run_id}/story").text
    assert "成功" in part
    assert "hx-get" not in part
    assert "<html" not in part


def test_a_run_of_a_thousand_accounts_is_told_fifty_at_a_time_the_worst_first(desk: Desk) -> None:
    planted(desk, "daily-2026-01-01", 1000)
    first, last = desk.get("/runs/daily-2026-01-01"), desk.get("/runs/daily-2026-01-01?after=950")
    assert max(len(first.content), len(last.content)) < PAGE_MOST
    assert "其中 500 个有问题" in first.text
    assert ("店1<" in first.text.replace(" ", ""), "店998" in last.text) == (True, True)
    assert "后 50 个账户" in first.text
    assert "后 50 个账户" not in last.text


def test_names_and_words_of_others_are_text_and_nothing_else(desk: Desk) -> None:
    planted(desk, "daily-2026-01-01", 2, name="<script>alert(1)</script>")
    both = desk.get("/runs").text + desk.get("/runs/daily-2026-01-01").text
    assert "&lt;script&gt;" in both
    assert desk.viewer.get("/runs").status_code == desk.viewer.get("/runs/daily-2026-01-01").status_code == 200
    assert [one for one in ("<script>alert", "<i>提醒", "<b>该账户") if one in both] == []


def test_while_redis_is_away_a_page_says_so_and_leads_back_to_itself(store: Store, lab: Lab) -> None:
    lab.redis_url = store.url
    with workers(lab) as working:
        desk = Desk.opened(working)
        store.kill()
        answer = desk.get("/runs?state=failed&page=2")
        assert answer.status_code == 503
        assert 'href="/runs?state=failed&amp;page=2"' in answer.text
        part = desk.get("/backfill/open", headers={"HX-Request": "true"})
        assert (part.status_code, part.headers["HX-Reswap"]) == (503, "none")
        store.start()
        assert desk.get("/runs?state=failed&page=2").status_code == 200


def test_a_run_links_to_flower_where_its_address_is_set(lab: Lab) -> None:
    summary = lab.sync()
    with workers(lab) as working:
        desk = Desk.opened(working, LAIKE_FLOWER_URL="https://flower.example")
        assert 'href="https://flower.example/tasks"' in desk.get(f"/runs/{summary.run_id}").text
