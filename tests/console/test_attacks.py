"""What a stranger, another site or a colleague without the right may try."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, suppress
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
import requests
from starlette.routing import Route

from console import app
from console.who.headers import FOR_EVER
from console.who.slow import BODY_MOST, PunctualProtocol
from pipeline.state.console.acts import Acts
from tests.console.attacked import ACTOR, COOKIE, PROBE, VIEWER, Browser, Console
from tests.hostile import PIECES

EVIL = "https://evil.example"
OPEN = {"login", "enter", "logout", "healthz", "metrics"}  # to strangers, too
ROUTES = [route for one in (*app.PAGES, PROBE) for route in one.ROUTES if isinstance(route, Route)]
ACTS = [route for route in ROUTES if "POST" in (route.methods or ()) and route.name != "enter"]
EVERY_ACT = pytest.mark.parametrize("route", ACTS, ids=lambda route: route.name)


@pytest.fixture(scope="module", autouse=True)
def probed() -> Iterator[None]:
    """The console with the probe, and a menu to which a page in the making matters nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "PAGES", (*app.PAGES, PROBE))
        patch.setattr("console.visit.MENU", ())
        yield


@pytest.fixture(scope="module")
def served(redis_session: str) -> Iterator[Console]:
    with Console(redis_session) as made:
        yield made


@pytest.fixture
def console(served: Console, redis_url: str) -> Console:
    """A console that nobody visited yet."""
    assert redis_url
    served.forget()
    return served


def address(route: Route) -> str:
    """The path of a route, with something for each parameter."""
    return route.path_format.format_map(dict.fromkeys(route.param_convertors, "1"))


# Another site


@EVERY_ACT
def test_another_site_can_do_nothing_in_a_visitors_name(route: Route, console: Console) -> None:
    li, other = console.browser(ACTOR), console.browser(ACTOR)
    token, path = li.token(), address(route)
    ours = {"csrf": token}
    attempts = {
        "no token": li.post(path),
        "a made-up token": li.post(path, {"csrf": "x" * 88}),
        "another session's token": li.post(path, {"csrf": other.token()}),
        "a foreign origin": li.post(path, ours, headers={"Origin": EVIL}),
        "no origin at all": li.post(path, ours, headers={"Origin": "null"}),
        "another port": li.post(path, ours, headers={"Origin": "http://127.0.0.1:1"}),
        "another site": li.post(path, ours, headers={"Sec-Fetch-Site": "cross-site"}),
        "a neighbour": li.post(path, ours, headers={"Sec-Fetch-Site": "same-site"}),
    }
    assert {what: answer.status_code for what, answer in attempts.items()} == dict.fromkeys(attempts, 403)
    assert li.get("/probe").status_code == 200  # not logged out either
    assert Acts(console.redis).newest(9) == []


def test_the_refusal_names_the_header_that_differs(console: Console) -> None:
    li = console.browser(ACTOR)
    refused = li.post("/probe", {"csrf": li.token()}, headers={"Origin": EVIL})
    assert "请求头 Origin 是“https://evil.example”" in refused.text
    assert f"Host：127.0.0.1:{console.port}" in refused.text


@pytest.mark.parametrize("headers", [{"Origin": EVIL}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}])
def test_another_site_cannot_log_a_visitor_in(headers: dict[str, str], console: Console) -> None:
    name, _, password = ACTOR.partition(":")
    browser = console.browser()
    refused = browser.post("/login", {"name": name, "password": password}, headers=headers)
    assert refused.status_code == 403
    assert not browser.session.cookies


def test_our_own_form_acts_with_what_a_browser_sends_and_with_what_curl_sends(console: Console) -> None:
    li = console.browser(ACTOR)
    for headers in ({"Sec-Fetch-Site": "same-origin", "Origin": console.url}, {"Origin": console.url}, {}):
        assert li.post("/probe", {"csrf": li.token()}, headers=headers).status_code == 303
    assert [act.person for act in Acts(console.redis).newest(9)] == ["li"] * 3


def test_nothing_is_done_by_a_link(console: Console) -> None:
    li = console.browser(ACTOR)
    assert li.get("/logout").status_code == 405
    assert li.get("/probe").status_code == 200


@pytest.mark.parametrize("route", [route for route in ACTS if route.name != "logout"], ids=lambda route: route.name)
def test_a_reload_of_what_a_form_answered_leads_to_a_page_and_does_nothing(route: Route, console: Console) -> None:
    assert console.browser(ACTOR).get(address(route)).status_code in {200, 303}
    assert Acts(console.redis).newest(9) == []


# Rights


@pytest.mark.parametrize("route", [route for route in ACTS if route.name != "logout"], ids=lambda route: route.name)
def test_a_viewer_does_nothing_even_by_hand(route: Route, console: Console) -> None:
    wang = console.browser(VIEWER)
    assert wang.post(address(route), {"csrf": wang.token()}).status_code == 403
    assert Acts(console.redis).newest(9) == []


@pytest.mark.parametrize("one", [route for route in ROUTES if route.name not in OPEN], ids=lambda route: route.name)
def test_a_stranger_sees_and_does_nothing(one: Route, console: Console) -> None:
    stranger = console.browser()
    answer = (stranger.post if "POST" in (one.methods or ()) else stranger.get)(address(one))
    led_to = answer.headers.get("Location", "") + answer.headers.get("HX-Redirect", "")
    assert led_to.startswith("/login")
    assert answer.text == ""


# Sessions


def test_a_planted_cookie_is_replaced_at_the_login_and_worth_nothing(console: Console) -> None:
    victim, planted = console.browser(), "p" * 43
    victim.session.cookies.set(COOKIE, planted, domain="127.0.0.1", path="/")
    assert victim.log_in(ACTOR).status_code == 303
    assert planted not in victim.session.cookies.values()
    assert holder(console, planted).get("/probe").status_code == 303


def holder(console: Console, cookie: str) -> Browser:
    """A browser with this cookie."""
    made = console.browser()
    made.session.cookies.set(COOKIE, cookie, domain="127.0.0.1", path="/")
    return made


def test_the_session_before_a_login_ends_with_it(console: Console) -> None:
    browser = console.browser(VIEWER)
    before = browser.cookie
    browser.log_in(ACTOR)
    assert browser.cookie != before
    assert holder(console, before).get("/probe").status_code == 303


def test_a_copied_cookie_is_worth_nothing_after_the_logout(console: Console) -> None:
    li = console.browser(ACTOR)
    copied, token = li.cookie, li.token()
    assert holder(console, copied).get("/probe").status_code == 200
    assert li.post("/logout", {"csrf": token}).headers["Location"] == "/login"
    assert not li.session.cookies
    thief = holder(console, copied)
    assert thief.get("/probe").status_code == 303
    assert thief.post("/probe", {"csrf": token}).headers["Location"] == "/login"


def test_sessions_outlive_the_console_and_end_when_the_password_changes(redis_url: str) -> None:
    with Console(redis_url) as console:
        cookie = console.browser(ACTOR).cookie
    with Console(redis_url) as again:
        assert holder(again, cookie).get("/probe").status_code == 200
    with Console(redis_url, console_login="li:another-canary") as changed:
        assert holder(changed, cookie).get("/probe").status_code == 303


@pytest.mark.parametrize("cookie", ["", "x", "\x01", "é" * 43, "x" * 4000, "../" * 14 + "x", '";' * 20])
def test_a_made_up_cookie_is_no_session_and_no_error(cookie: str, console: Console) -> None:
    headers = {"Cookie": f"{COOKIE}={cookie}".encode()}
    assert console.browser().get("/probe", headers=headers).status_code in {303, 400}


def test_scripts_and_other_sites_do_not_get_the_cookie(console: Console) -> None:
    made = console.browser().log_in(ACTOR).headers["Set-Cookie"].lower()
    assert "httponly" in made
    assert "samesite=lax" in made
    assert "secure" not in made  # plain http: a browser would not keep it
    assert "path=/;" in made


# Redirects


@pytest.mark.parametrize(
    "wanted", ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", ""]
)
def test_a_login_leads_to_no_other_site(wanted: str, console: Console) -> None:
    browser = console.browser()
    assert browser.log_in(ACTOR, next=wanted).headers["Location"] == "/"
    assert "evil" not in browser.get("/login?next=" + quote(wanted)).text


@pytest.mark.parametrize("wanted", ["/runs", "/runs?state=failed&page=2", "/coverage/城?x=//y", "/%2F/evil.example"])
def test_a_login_leads_to_the_page_that_was_asked_for(wanted: str, console: Console) -> None:
    led_to = console.browser().log_in(ACTOR, next=wanted).headers["Location"]
    assert led_to == quote(wanted, safe="/?=&%")


def test_no_address_is_made_of_what_a_visitor_says_about_the_host(console: Console) -> None:
    forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    for path in ("/probe", "/login", "/probe/", "/coverage/", "/static", "/nowhere/"):
        for browser in (console.browser(), console.browser(ACTOR)):
            answer = browser.get(path, headers=forged)
            assert "evil" not in answer.text + answer.headers.get("Location", "")


def test_behind_a_prefix_the_first_page_is_there_without_a_slash_at_the_end(redis_url: str) -> None:
    with Console(redis_url, console_prefix="/laike") as console:
        stranger, li = console.browser(), console.browser(ACTOR)
        li.session.cookies.set(f"{COOKIE}_laike", li.cookie, domain="127.0.0.1", path="/laike")
        assert stranger.get("").headers["Location"].startswith("/laike/login?")
        assert li.get("").headers["Location"] == "/laike/setup"  # this console lacks settings


# Guesses


def test_guesses_are_slow_few_are_checked_and_other_pages_are_not_slower_for_it(console: Console) -> None:
    li = console.browser(ACTOR)
    statuses: list[int] = []

    def guess(number: int) -> None:
        with suppress(requests.RequestException):  # the last ones still wait when the console ends
            statuses.append(console.browser().log_in(f"wang:guess-number-{number}").status_code)

    threads = [threading.Thread(target=guess, args=(number,), daemon=True) for number in range(60)]
    for thread in threads:
        thread.start()
    until, seconds = time.monotonic() + 3, []
    while time.monotonic() < until:
        begun = time.monotonic()
        assert li.get("/probe").status_code == 200
        seconds.append(time.monotonic() - begun)
    assert statuses.count(429) >= 50  # at once
    assert statuses.count(401) <= 4  # in three seconds
    assert set(statuses) == {401, 429}
    assert sorted(seconds)[len(seconds) // 2] < 1  # a page behind the guesses would wait for all of them


def test_a_refused_guess_says_when_to_try_again(redis_url: str) -> None:
    with Console(redis_url) as console, ThreadPoolExecutor(10) as pool:
        pending = [pool.submit(console.browser().log_in, "li:wrong-password") for _ in range(10)]
        refused = next(one.result() for one in as_completed(pending) if one.result().status_code == 429)
        console.stop()  # the others would wait for half a minute
    assert refused.headers["Retry-After"] == "30"
    assert "请过半分钟再登录" in refused.text


def test_a_forged_address_makes_no_guess_quicker(console: Console) -> None:
    begun = time.monotonic()
    for number in range(3):
        headers = {"X-Forwarded-For": f"203.0.113.{number}", "Forwarded": f"for=203.0.113.{number}"}
        form = {"name": f"name-{number}", "password": "wrong-password"}
        assert console.browser().post("/login", form, headers=headers).status_code == 401
    assert time.monotonic() - begun > 1.5


# Proxies


def test_a_stranger_claims_no_scheme(console: Console) -> None:
    forged = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    name, _, password = ACTOR.partition(":")
    answer = console.browser().post("/login", {"name": name, "password": password}, headers=forged)
    assert "secure" not in answer.headers["Set-Cookie"].lower()


def test_our_proxy_does_and_the_path_is_the_prefix(redis_url: str) -> None:
    with Console(redis_url, console_proxies="127.0.0.0/8", console_prefix="/laike") as console:
        browser, (name, _, password) = console.browser(), ACTOR.partition(":")
        form = {"name": name, "password": password, "next": "/laike/probe"}
        answer = browser.post("/login", form, headers={"X-Forwarded-Proto": "https"})
        assert answer.headers["Location"] == "/laike/probe"
        assert "secure" in answer.headers["Set-Cookie"].lower()
        assert "path=/laike;" in answer.headers["Set-Cookie"].lower()
        form["next"] = "/another-application"
        assert browser.post("/login", form).headers["Location"] == "/laike/"


# Size and time


@pytest.mark.parametrize("path", ["/login", "/logout", "/probe"])
def test_a_large_body_is_refused(path: str, console: Console) -> None:
    li = console.browser(ACTOR)
    assert li.post(path, {"csrf": li.token(), "x": "y" * BODY_MOST}).status_code == 413
    assert li.post(path, {f"x{number}": "" for number in range(2000)}).status_code == 400
    files = {"name": ("name.txt", b"x")}
    assert console.browser().post("/login", files=files).status_code == 400


@pytest.mark.parametrize("charset", ["utf-8", "raw_unicode_escape", "punycode", "undefined", "idna", "x"])
def test_no_sender_chooses_how_a_form_is_decoded(charset: str, console: Console) -> None:
    li = console.browser(ACTOR)
    fields = {"csrf": li.token(), "name": r"\ud83d", "password": r"\ud83d", "next": r"/\ud83d"}
    parts = (f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{of}\r\n' for name, of in fields.items())
    body = "".join(parts) + "--B--\r\n"
    for path in ("/login", "/logout", "/probe"):
        for kind in ("multipart/form-data", "Multipart/Form-Data", "multipart/mixed"):
            headers = {"Content-Type": f"{kind}; boundary=B; charset={charset}"}
            answer = li.session.post(console.url + path, body, headers=headers, allow_redirects=False, timeout=5)
            assert answer.status_code == 400
    assert li.get("/probe").status_code == 200


def test_who_dribbles_is_cut_off_and_others_are_served_meanwhile(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PunctualProtocol, "headers_s", 0.5)
    li, begun = console.browser(ACTOR), time.monotonic()
    with ExitStack() as stack:
        slow = [stack.enter_context(socket.create_connection(("127.0.0.1", console.port))) for _ in range(100)]
        for sock in slow:
            sock.sendall(b"POST /login HTTP/1.1\r\nHost: x\r\n")
        assert li.get("/probe").status_code == 200
        assert time.monotonic() - begun < 2
        for sock in slow:
            sock.settimeout(5)
            assert closed(sock)


def closed(sock: socket.socket) -> bool:
    try:
        return sock.recv(1) == b""
    except ConnectionResetError:
        return True


# What is shown


class Shown(HTMLParser):
    """The elements of a page, and the values in its fields."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.values: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        assert not any(name.startswith("on") for name in given)
        if tag == "input":
            self.values[str(given["name"])] = given.get("value") or ""


def test_what_was_typed_is_shown_as_typed_and_never_as_a_page(console: Console) -> None:
    browser, typed = console.browser(), "".join(piece for piece in PIECES if piece.isprintable())
    plain = Shown(browser.get("/login?next=/x").text)
    headers = {"Origin": "https://<script>alert(1)</script>"}
    refused = browser.post("/login", {"name": typed}, headers=headers)
    again = browser.post("/login", {"name": typed, "password": typed, "next": f"/{typed}".replace("\\", "")})
    assert (refused.status_code, again.status_code) == (403, 401)
    shown = Shown(again.text)
    assert shown.values["name"] == typed
    assert shown.values["next"] == f"/{typed}".replace("\\", "")
    assert shown.tags.count("script") == plain.tags.count("script") == Shown(refused.text).tags.count("script")
    assert set(shown.tags) - {"div", "p"} == set(plain.tags) - {"div", "p"}
    assert "canary" not in again.text


@pytest.mark.parametrize("begin", range(5))
def test_no_name_and_no_password_breaks_the_login(begin: int, console: Console) -> None:
    typed = "".join(PIECES[begin::5]).encode(errors="replace")[:60].decode(errors="ignore")
    form = {"name": typed, "password": typed, "next": typed}
    assert console.browser().post("/login", form).status_code == 401


@pytest.mark.parametrize(
    "path", ["/login", "/probe", "/nowhere", "/static/console.css", "/static/nothing", "/healthz", "/metrics"]
)
def test_every_answer_is_told_to_be_careful(path: str, console: Console) -> None:
    headers = console.browser(ACTOR).get(path).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert "Server" not in headers


@pytest.mark.parametrize("prefix", ["", "/laike"])
def test_a_browser_keeps_our_files_and_no_page(prefix: str, redis_url: str) -> None:
    with Console(redis_url, console_prefix=prefix) as console:
        page = console.browser().get("/login")
        files = re.findall(r'(?:href|src)="([^"]+\?v=\w+)"', page.text)
        kept = {requests.get(console.url + file, timeout=5).headers["Cache-Control"] for file in files}
    assert page.headers["Cache-Control"] == "no-store"
    assert kept == {FOR_EVER}
    assert all(file.startswith(f"{prefix}/static/") for file in files)


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/..%2fapp.py", "/static/%2e%2e/app.py", "/static//etc/passwd", "/static/\0"]
)
def test_no_file_is_read_but_the_static_ones(path: str, console: Console) -> None:
    with socket.create_connection(("127.0.0.1", console.port)) as sock:
        sock.sendall(f"GET {quote(path, safe='/%.')} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = sock.makefile("rb").read()
    assert answer.startswith((b"HTTP/1.1 404", b"HTTP/1.1 400", b"HTTP/1.1 405"))


# Without a login


@pytest.mark.parametrize("viewer", [VIEWER, ""])
def test_without_a_login_every_page_names_the_missing_line_and_nobody_comes_in(viewer: str, redis_url: str) -> None:
    with Console(redis_url, console_login="", console_viewer=viewer) as console:
        browser = console.browser()
        assert browser.get("/probe").headers["Location"] == "/login?next=%2Fprobe"
        page = browser.get("/login")
        assert page.status_code == 200
        assert "LAIKE_CONSOLE_LOGIN=" in page.text
        assert "head -c 15 /dev/urandom" in page.text
        assert browser.get("/static/console.css").status_code == 200
        assert "canary" not in page.text
        for login in (ACTOR, ":", "x:"):
            assert browser.log_in(login).status_code == 403
