"""Another site in the same browser: its forms do nothing in a visitor's name, and its frames show nothing."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from console import app
from pipeline.state.console.acts import Acts
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.console.attacked import ACTOR, PROBE, Console

LI, _, PASSWORD = ACTOR.partition(":")
FORM = '<form method="post" action="{}"><input name="name" value="{}"><input name="password" value="{}"><button>x</button></form>'  # noqa: E501 one element


class Evil(BaseHTTPRequestHandler):
    """A page of another site: `localhost` is one, seen from 127.0.0.1."""

    pages: ClassVar[dict[str, str]] = {}

    def do_GET(self) -> None:
        body = self.pages.get(self.path, "").encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def evil() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Evil)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def console(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Console]:
    monkeypatch.setattr(app, "PAGES", (*app.PAGES, PROBE))
    monkeypatch.setattr("console.visit.MENU", ())
    with Console(redis_url) as made:
        yield made


@pytest.fixture
def bare(browser: Browser) -> Iterator[BrowserContext]:
    """A profile in which a refusal, which is an error in the browser's console, fails nothing."""
    made = browser.new_context()
    made.set_default_timeout(20_000)
    yield made
    made.close()


def log_in(page: Page, console: Console) -> None:
    page.goto(f"{console.url}/login?next=/probe")
    page.get_by_label("用户名").fill(LI)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(f"{console.url}/probe")


def press(page: Page, evil: str, address: str) -> str:
    """Press the button of a foreign page; the page that comes."""
    Evil.pages["/"] = FORM.format(address, LI, PASSWORD)
    page.goto(evil)
    with page.expect_navigation():
        page.get_by_role("button").click()
    return page.content()


def test_a_foreign_form_acts_for_nobody_and_the_visitor_stays_logged_in(
    console: Console, evil: str, bare: BrowserContext
) -> None:
    page = bare.new_page()
    log_in(page, console)
    for path in ("/probe", "/logout"):
        press(page, evil, console.url + path)
    assert Acts(console.redis).newest(9) == []
    page.goto(f"{console.url}/probe")
    assert page.get_by_role("button", name="退出").is_visible()


def test_a_foreign_form_logs_nobody_in(console: Console, evil: str, bare: BrowserContext) -> None:
    page = bare.new_page()
    shown = press(page, evil, f"{console.url}/login")
    assert "请求头 Sec-Fetch-Site 是“cross-site”" in shown
    assert bare.cookies() == []


def test_on_plain_http_in_a_network_our_own_form_is_taken_by_its_origin_and_the_cookie_is_kept(
    browser: Browser, console: Console
) -> None:
    sent: list[dict[str, str]] = []
    flags = [*FLAGS, "--host-resolver-rules=MAP laike.test 127.0.0.1"]
    own = browser.browser_type.launch(executable_path=CHROMIUM, args=flags)
    page = own.new_page()
    page.on("request", lambda request: sent.append(request.all_headers()) if request.method == "POST" else None)
    console.url = f"http://laike.test:{console.port}"
    log_in(page, console)
    page.get_by_role("button", name="退出").click()
    page.wait_for_url(f"{console.url}/login")
    own.close()
    assert [headers["origin"] for headers in sent] == [console.url] * 2
    assert not any("sec-fetch-site" in headers for headers in sent)


def test_no_frame_of_another_site_shows_the_console(console: Console, evil: str, bare: BrowserContext) -> None:
    page = bare.new_page()
    log_in(page, console)
    Evil.pages["/frame"] = f'<iframe src="{console.url}/login"></iframe>'
    page.goto(f"{evil}/frame")
    frame = page.frames[1]
    assert "来客同步" not in frame.content()


def test_the_back_button_shows_nothing_after_the_logout(console: Console, bare: BrowserContext) -> None:
    page = bare.new_page()
    log_in(page, console)
    page.get_by_role("button", name="退出").click()
    page.wait_for_url(f"{console.url}/login")
    page.go_back()
    assert page.url == f"{console.url}/login?next=%2Fprobe"
