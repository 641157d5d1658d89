"""The page 今日 over HTTP: what it says in each state, to whom, and of whose words it is safe."""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import time, timedelta
from decimal import Decimal

import pytest

from pipeline.context import Context
from pipeline.core.coverage.day import LastOutcome, Loaded
from pipeline.core.model import AccountDay, Totals
from pipeline.core.outcome import DayState
from pipeline.core.telling.anomalies import Anomaly
from pipeline.state.beat import BeatSigns
from pipeline.state.vitals.workers import WorkerSigns
from tests.console_desk import Desk
from tests.lab import Lab, empty
from tests.leaks import secrets_of
from tests.workers import workers

TAGS = re.compile(r"<[^>]*>")
HOSTILE = "<script>alert(1)</script>\"'&{{7*7}}\u202e店"
BIGGEST = 100_000


@pytest.fixture
def morning(lab: Lab) -> Iterator[Desk]:
    """A console at eight, after the morning's run."""
    lab.at(time(8, 0))
    lab.sync()
    with workers(lab) as working:
        yield Desk.opened(working)


def sentence(desk: Desk) -> tuple[str, str]:
    """Tone and sentence of the page."""
    text = desk.get("/").text
    tone, words = re.findall(r'class="headline (\w+) today".*?<p class="words">(.*?)</p>', text, re.DOTALL)[0]
    return tone, html.unescape(TAGS.sub("", words))


def context(desk: Desk) -> Context:
    """The product's context, with a beat and a worker that are alive."""
    ctx = desk.lab.context()
    BeatSigns(ctx.client).give()
    WorkerSigns(ctx.client).give("a worker")
    return ctx


def test_at_eight_the_figures_are_provisional_and_each_account_is_there(morning: Desk) -> None:
    context(morning)
    tone, words = sentence(morning)
    assert tone == "calm"
    assert "为初步数据，10:35 复核后为准" in words
    text = morning.get("/").text
    names = [one["name"] for one in morning.lab.look("state")["accounts"]]
    assert [name for name in names if html.escape(name) not in text] == []
    assert "较前一日" in text
    assert "数据截至" in text
    assert len(morning.get("/").content) < BIGGEST
    assert [secret for secret in secrets_of(morning.lab) if secret in text] == []


def test_an_account_that_failed_is_named_first_with_where_to_go(morning: Desk) -> None:
    ctx, account_id = context(morning), morning.lab.accounts[0]
    now = ctx.shared_now()
    told = LastOutcome(
        state=DayState.FAILED, reason="account_unavailable", what_to_do="请检查该账户。", as_of=now, written=True
    )
    ctx.last_outcomes.learn({AccountDay(account_id, morning.lab.day): told}, now)
    tone, words = sentence(morning)
    assert (tone, "有 1 个账户的数据没有入库" in words) == ("bad", True)
    text = morning.viewer.get("/").text
    assert 'href="/accounts">查看账户' in text
    assert text.count("请检查该账户。") == 2  # beside the button, and in its line
    assert "其余账户为初步数据，10:35 复核后为准" in text


def test_a_dead_authorization_leads_to_the_page_where_it_is_renewed(morning: Desk) -> None:
    ctx = context(morning)
    ctx.tokens.store(replace(ctx.tokens.pair(), refresh_expires_at=ctx.now() - timedelta(hours=1)))
    tone, words = sentence(morning)
    assert (tone, words.endswith("；但巨量引擎授权已失效，新的数据无法读取")) == ("bad", True)
    assert 'href="/authorize">去授权' in morning.get("/").text


def test_a_silent_beat_or_worker_makes_the_page_say_that_it_may_be_old(morning: Desk) -> None:
    ctx = context(morning)
    assert "也许已经过时" not in morning.get("/").text
    ctx.client.delete("laike:v1:beat")
    text = morning.get("/").text
    assert ("也许已经过时" in text, "同步服务恢复后进行；原定" in text) == (True, True)
    assert sentence(morning)[1].endswith("；但定时任务超过 15 分钟没有运行，每日同步不会自动开始")
    context(morning).client.delete("laike:v1:vitals:workers")
    assert sentence(morning)[1].endswith("；但同步程序没有运行，任何同步都不会完成")
    assert 'href="/doctor">去体检' in morning.get("/").text


def test_an_emptied_redis_is_told_as_unknown_and_nothing_as_zero(morning: Desk) -> None:
    assert "为初步数据" in sentence(morning)[1]
    empty(morning.lab.redis_url)
    morning.log_in()
    context(morning)
    tone, words = sentence(morning)
    assert tone == "warn"
    assert "无法判断" in words
    text = morning.get("/").text
    assert "没有入库" not in text
    assert "0.00" not in text
    assert "行数未知" in text


def test_after_weeks_without_a_run_what_was_loaded_before_is_not_denied(lab: Lab) -> None:
    lab.sync()
    lab.at(time(12, 0), days_later=20)
    with workers(lab) as working:
        desk = Desk.opened(working)
        context(desk)
        tone, words = sentence(desk)
        text = desk.get("/").text
    assert (tone, "的数据没有入库" in words) == ("bad", True)
    assert "没有任何同步记录" not in text
    assert "第一次使用" not in text
    assert "0.00" not in text


def test_figures_read_after_half_past_ten_are_final(desk: Desk) -> None:
    desk.lab.sync()
    context(desk)
    tone, words = sentence(desk)
    assert (tone, "的数据已复核完成" in words) == ("good", True)


def test_what_runs_saw_and_what_the_source_corrected_is_on_the_page(morning: Desk) -> None:
    ctx, day = context(morning), morning.lab.day
    ctx.told.claim_events([Anomaly("high:cost:1", HOSTILE, "消耗 9.00 元", day)], "daily", day + timedelta(days=1))
    text = morning.get("/").text
    assert html.escape("<script>alert(1)</script>") in text
    assert "<script>alert" not in text
    assert "消耗 9.00 元" in text


def test_hostile_names_and_two_hundred_accounts_make_a_small_page(lab: Lab) -> None:
    names = {str(10**18 + n): f"{HOSTILE}{n}" for n in range(200)}
    lab.extra["LAIKE_ACCOUNTS"] = json.dumps(names)
    ctx, day = lab.context(), lab.day
    now = ctx.shared_now()
    of = Loaded(20, "1234.56", "c", now, Totals(Decimal("1234.56"), Decimal(12)))
    ctx.coverage.learn({AccountDay(one, day - timedelta(days=ago)): of for one in names for ago in range(14)}, now)
    with workers(lab) as working:
        desk = Desk.opened(working)
        pages = [desk.get(f"/?page={n}") for n in (1, 4, 999)]
        assert max(len(page.content) for page in pages) < BIGGEST
        assert [page.text.count('role="rowheader"') for page in pages] == [50, 50, 50]
        assert all("<script>alert" not in page.text and "\u202e" not in page.text for page in pages)
        assert all("246,912.00" in page.text for page in pages)  # the total is that of all
        for wrong in ("-1", "x", "9" * 40, "1.5", "１", "%ff"):
            assert desk.get(f"/?page={wrong}").status_code == 400
        assert desk.get("/?page=%00&page=2&x=%FF").status_code == 200
