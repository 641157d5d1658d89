"""Pictures of every page of a running console: `python -m tests.browser.screenshots URL NAME:PASSWORD FOLDER`."""

import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.pages import PAGES

WIDTHS = (1440, 390)
QUALITY = 45  # of JPEG: a page is some 40 KB
HIGHEST = 2_000  # px that a picture shows


def main() -> None:
    """Log in, open each page at each width, save it."""
    url, login, folder = sys.argv[1].rstrip("/"), sys.argv[2], Path(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(locale="zh-CN", timezone_id="Asia/Shanghai")
        _log_in(page, url, login)
        for name, path in PAGES.items():
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                page.goto(url + path)
                _shoot(page, folder / f"{name}-{width}.jpg", width)
        browser.close()


def _log_in(page: Page, url: str, login: str) -> None:
    name, _, password = login.partition(":")
    page.goto(f"{url}/login")
    page.get_by_label("用户名").fill(name)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(f"{url}/")


def _shoot(page: Page, file: Path, width: int) -> None:
    height = min(HIGHEST, page.evaluate("document.documentElement.scrollHeight"))
    clip = {"x": 0, "y": 0, "width": width, "height": height}
    page.screenshot(path=file, type="jpeg", quality=QUALITY, full_page=True, clip=clip)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
