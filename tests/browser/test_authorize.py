"""A dead token in a browser: from the card's link to the day that was owed, in the table."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from pipeline.core.outcome import RunState
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin_daily
from tests.authorizing import registered
from tests.browser.conftest import log_in
from tests.browser.test_every_page import CLIPPED, barriers
from tests.console_desk import Desk
from tests.lab import Lab
from tests.workers import SHORT


@pytest.fixture
def site(lab: Lab) -> Iterator[Desk]:
    """A console to which the service, another site to the browser, sends it back, and a worker."""
    elsewhere = lab.facts["url"].replace("127.0.0.1", "localhost")
    lab.extra["LAIKE_OCEANENGINE_AUTHORIZE_URL"] = f"{elsewhere}/openapi/audit/oauth.html"
    lab.extra["LAIKE_LOOKBACK_DAYS"] = "1"
    with registered(lab, **SHORT) as made:
        made.workers.worker()
        yield made


def link_of_the_card(lab: Lab) -> str:
    """Where the button of the newest card leads."""
    told = json.dumps(lab.look("state")["messages"][-1], ensure_ascii=False)
    (link,) = set(re.findall(r'"(http[^"]*/authorize)"', told))
    return str(link)


def test_a_dead_token_is_authorized_again_and_what_was_owed_is_loaded(site: Desk, page: Page) -> None:
    lab, ctx = site.lab, site.lab.context()
    lab.control("rotate", {})
    assert carry_out(ctx, begin_daily(ctx).run_id).state == RunState.FAILED
    page.goto(link_of_the_card(lab))
    name, _, password = site.login.partition(":")
    page.get_by_label("用户名").fill(name)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()
    expect(page.locator(".headline.bad")).to_contain_text("旧脚本可能仍在运行")
    page.get_by_role("button", name="开始授权").click()
    page.get_by_role("link", name="前往巨量引擎授权").click()
    page.get_by_role("button", name="同意授权").click()
    page.wait_for_url(f"{site.url}/authorize/done")
    expect(page.get_by_role("status").first).to_contain_text("授权成功")
    expect(page.locator("#owed .sign.good")).to_have_text("✓ 成功", timeout=45_000)  # without a reload
    expect(page.locator("#owed")).not_to_have_attribute("hx-get", re.compile("."))
    lab.assert_agrees()
    page.reload()
    page.go_back()  # to the service, where nothing happens again
    page.go_forward()
    assert lab.calls("oauth.access_token") == 1
    assert (barriers(page), page.evaluate(CLIPPED)) == ([], [])


def test_a_link_from_one_tab_does_not_end_that_of_another(site: Desk, page: Page) -> None:
    log_in(page, site)
    tabs = [page, page.context.new_page()]
    for tab in tabs:
        tab.goto(f"{site.url}/authorize")
        tab.get_by_role("button", name="开始授权").click()
    for tab in tabs:
        tab.get_by_role("link", name="前往巨量引擎授权").click()
        tab.get_by_role("button", name="同意授权").click()
        tab.wait_for_url(f"{site.url}/authorize/done")
    assert site.lab.calls("oauth.access_token") == 2
