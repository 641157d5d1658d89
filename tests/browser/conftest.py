"""A headless Chromium. Each page that a test opens must load without an error in its console."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, sync_playwright

from tests.console_desk import Desk
from tests.lab import Lab
from tests.people import ACTOR
from tests.workers import workers

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
PREFIX = "/laike"
PATIENCE_MS = 20_000
WIDE = {"width": 1440, "height": 900}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in this folder."""
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")  # its event loop would be in the way of tests elsewhere
def browser() -> Iterator[Browser]:
    """A browser for this process of the test run; where one is required its absence is a failure."""
    if not CHROMIUM:
        assert not os.environ.get("LAIKE_REQUIRE_BROWSER"), "LAIKE_REQUIRE_BROWSER is set but there is no Chromium"
        pytest.skip("there is no Chromium here")
    with sync_playwright() as driver:
        made = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield made
        made.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh profile whose pages meet no error: one in the console, or of a script, fails the test."""
    made = browser.new_context(viewport=WIDE, locale="zh-CN", timezone_id="Asia/Shanghai")  # type: ignore[arg-type]
    made.set_default_timeout(PATIENCE_MS)
    wrong: list[str] = []

    def note(said: ConsoleMessage) -> None:
        if said.type in {"error", "warning"}:
            wrong.append(said.text)

    def note_error(error: Error) -> None:
        wrong.append(str(error))

    made.on("console", note)
    made.on("weberror", lambda error: note_error(error.error))
    yield made
    made.close()
    assert wrong == []


@pytest.fixture
def desk(lab: Lab) -> Iterator[Desk]:
    """The console behind a prefix, which no page may forget, with the token taken over; no worker runs yet."""
    with workers(lab) as working:
        yield Desk.opened(working, PREFIX)


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A page of the browser."""
    return context.new_page()


def log_in(page: Page, desk: Desk, login: str = ACTOR) -> None:
    """Log in as a person does."""
    name, _, password = login.partition(":")
    page.goto(f"{desk.url}/login")
    page.get_by_label("用户名").fill(name)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(f"{desk.url}/")
