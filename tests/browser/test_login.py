"""The pages before the login: no barrier, nothing clipped, both widths and themes."""

import pytest
from playwright.sync_api import Page

from tests.browser.test_every_page import CLIPPED, THEMES, WIDTHS, barriers
from tests.console.attacked import Console


@pytest.mark.parametrize("login", ["li:the-acting-canary", ""])
def test_a_stranger_meets_no_barrier(login: str, redis_url: str, page: Page) -> None:
    with Console(redis_url, console_login=login) as console:
        for width in WIDTHS:
            for theme in THEMES:
                page.set_viewport_size({"width": width, "height": 900})
                page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
                page.goto(f"{console.url}/login?next=/runs")
                assert barriers(page) == []
                assert page.evaluate(CLIPPED) == []
                assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_the_line_that_is_missing_is_copied_by_a_button(redis_url: str, page: Page) -> None:
    with Console(redis_url, console_login="") as console:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=console.url)
        page.goto(f"{console.url}/runs")
        page.get_by_role("button", name="复制").first.click()
        page.get_by_role("button", name="已复制").wait_for()
        assert page.evaluate("navigator.clipboard.readText()") == "LAIKE_CONSOLE_LOGIN=用户名:密码"
