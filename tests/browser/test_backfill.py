"""A person loads a range of days: sees what it costs, begins it, watches it, stops it and goes on with it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from pipeline.core.outcome import RunState
from pipeline.state import keys
from tests.browser.conftest import log_in
from tests.console_desk import Desk
from tests.workers import SHORT

SOON_MS = 30_000


@contextmanager
def nobody_writes(desk: Desk) -> Iterator[None]:
    """Somebody else has the writer lock: loads wait, and no run ends."""
    lock = keys.writer(desk.workers.ctx.app_token())
    desk.workers.ctx.client.set(lock, "somebody", px=120_000)
    yield
    desk.workers.ctx.client.delete(lock)


@pytest.fixture
def working(desk: Desk) -> Desk:
    """A console on a lab whose last week is loaded; a worker runs."""
    desk.lab.sync()
    desk.lab.extra |= SHORT | {"LAIKE_OCEANENGINE_RATE": "100"}
    desk.workers.worker()
    return desk


def test_a_backfill_is_weighed_begun_watched_stopped_and_gone_on_with(working: Desk, page: Page) -> None:
    log_in(page, working)
    page.get_by_role("link", name="补数").click()
    last = working.lab.day - timedelta(days=10)
    page.get_by_label("开始日期").fill((last - timedelta(days=99)).isoformat())
    page.get_by_label("结束日期").fill(last.isoformat())
    page.get_by_label("蜀香小馆").check()
    page.get_by_label("填写账户名称或 ID").fill("拾光咖啡")
    page.get_by_role("button", name="估算").click()
    expect(page.locator(".headline")).to_contain_text("预计用时")
    page.reload()  # asks for nothing again
    with nobody_writes(working):
        page.get_by_role("button", name="开始补数").click()
        expect(page.locator("#story")).to_contain_text(re.compile("进行中：比较并写入"), timeout=SOON_MS)
        other = page.context.new_page()
        other.goto(f"{working.url}/backfill")
        other.get_by_role("button", name="停止").click()
        expect(other.locator("#backfills")).to_contain_text("正在停止")
    expect(page.get_by_role("status")).to_contain_text("部分完成", timeout=SOON_MS)  # nobody reloads it
    page.go_back()
    expect(page.locator(".headline")).to_contain_text("预计用时")
    expect(other.locator("#backfills")).to_contain_text("部分完成", timeout=SOON_MS)
    other.get_by_role("button", name="继续").click()
    other.get_by_role("button", name="开始补数").click()
    expect(other.get_by_role("status")).to_contain_text("成功：2 个账户", timeout=SOON_MS)
    runs = [one for one in working.workers.ctx.ledger.newest(9) if one.startswith("backfill-")]
    assert [working.workers.ended(one).state for one in runs] == [RunState.SUCCESS, RunState.PARTIAL]
