"""A person opens a failed cell of the grid and has the day read again."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import log_in
from tests.console_desk import Desk


@pytest.fixture
def failed(desk: Desk) -> Desk:
    """A console on a lab of whose accounts one could not be read, and now could be; a worker runs."""
    for report in ("report.promotion", "report.account"):
        desk.lab.fault(report, "code", code=40002, times="always", match={"local_account_id": desk.lab.accounts[1]})
    desk.lab.sync()
    desk.lab.control("faults/clear", {})
    desk.workers.worker()
    return desk


def test_a_failed_cell_is_opened_read_again_and_shows_its_new_state_by_itself(failed: Desk, page: Page) -> None:
    log_in(page, failed)
    page.get_by_role("link", name="覆盖").click()
    day = failed.lab.day
    page.get_by_role("link", name=f"✕ 失败 {day.month}月{day.day}日").click()
    expect(page.get_by_role("status")).to_contain_text("失败：账户不可用")
    page.get_by_role("button", name="重新读取").click()
    expect(page.locator("#reading")).to_contain_text("正在重新读取")
    expect(page.locator(".headline")).to_contain_text(re.compile("已入库|无数据"), timeout=30_000)  # nobody reloads it
    expect(page.get_by_role("button", name="重新读取")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert len([one for one in failed.lab.context().ledger.newest(9) if one.startswith("backfill-")]) == 1
