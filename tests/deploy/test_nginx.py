"""deploy/nginx-console.conf on the real nginx: TLS, a prefix, and a console that knows both."""

import os
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from console import app
from lab.processes import free_port
from tests.console.attacked import ACTOR, PROBE, TOKEN, Browser, Console
from tests.tls import HOST, _issue
from tests.workers import wait_until

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE, BROUGHT = ROOT / "deploy/nginx-console.conf", ROOT / ".venv/nginx"
AROUND = """daemon off; master_process off; pid {home}/pid; error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {home}/body; proxy_temp_path {home}/proxy; fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;
    {site}
}}
"""


def binary() -> str:
    found = shutil.which("nginx", path=f"{BROUGHT}{os.pathsep}{os.environ['PATH']}")
    if found:
        return found
    assert not os.environ.get("LAIKE_REQUIRE_NGINX"), "LAIKE_REQUIRE_NGINX is set but there is no nginx"
    pytest.skip("there is no nginx here; scripts/nginx brings it where there is apt")


@dataclass
class Proxied:
    """The console behind nginx."""

    url: str
    plain: str
    ca: Path
    home: Path

    def browser(self) -> Browser:
        """A browser that trusts the certificate."""
        made = Browser(self.url + "/laike")
        made.session.trust_env = False  # a bundle of CAs in the environment would count instead
        made.session.verify = str(self.ca)
        return made

    def log(self) -> str:
        """What nginx wrote about visits."""
        return (self.home / "laike.log").read_text(encoding="utf-8")


def settled(home: Path, console: Console, https: int, http: int) -> str:
    """The example, with this machine's ports and files in place of the example's."""
    site = re.sub(r" *listen \[::\].*\n", "", EXAMPLE.read_text(encoding="utf-8"))
    changes = {
        "listen 80;": f"listen {HOST}:{http};",
        "listen 443 ssl;": f"listen {HOST}:{https} ssl;",
        "https://$host$request_uri": f"https://$host:{https}$request_uri",
        "return 301 /laike/;": "absolute_redirect off; return 301 /laike/;",
        "/etc/nginx/tls/laike.example.com.pem": f"{home}/server.pem",
        "/etc/nginx/tls/laike.example.com.key": f"{home}/server.pem",
        "/var/log/nginx": str(home),
        "http://127.0.0.1:8000": console.url,
    }
    for said, here in changes.items():
        assert said in site
        site = site.replace(said, here)
    return AROUND.format(home=home, site=site)


@pytest.fixture(params=["keeps", "strips"])
def proxied(
    request: pytest.FixtureRequest, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Proxied]:
    """The example as it stands, and as somebody changes it who strips the prefix."""
    nginx = binary()
    monkeypatch.setattr(app, "PAGES", (*app.PAGES, PROBE))
    https, http = free_port(), free_port()
    _issue(tmp_path / "ca.pem", tmp_path / "server.pem", (HOST,))
    given = dict(re.findall(r"^#     LAIKE_(CONSOLE_\w+)=(.+)$", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE))
    given["CONSOLE_URL"] = f"https://{HOST}:{https}/laike"
    with Console(redis_url, **{name.lower(): value for name, value in given.items()}) as console:
        config = settled(tmp_path, console, https, http)
        if request.param == "strips":
            config = config.replace(f"proxy_pass {console.url};", f"proxy_pass {console.url}/;")
        (tmp_path / "nginx.conf").write_text(config, encoding="utf-8")
        process = subprocess.Popen([nginx, "-p", tmp_path, "-e", "stderr", "-c", tmp_path / "nginx.conf"])
        try:
            made = Proxied(f"https://{HOST}:{https}", f"http://{HOST}:{http}", tmp_path / "ca.pem", tmp_path)
            assert wait_until(lambda: answers(made), 20)
            yield made
        finally:
            process.terminate()
            process.wait(20)


def answers(proxied: Proxied) -> bool:
    try:
        return requests.get(proxied.plain, allow_redirects=False, timeout=5).status_code == 301
    except requests.ConnectionError:
        return False


def test_a_person_works_behind_the_proxy_as_without_it(proxied: Proxied) -> None:
    browser, ours = proxied.browser(), {"Origin": proxied.url}
    assert browser.get("/probe").headers["Location"] == "/laike/login?next=%2Flaike%2Fprobe"
    name, _, password = ACTOR.partition(":")
    form = {"name": name, "password": password, "next": "/laike/probe"}
    entered = browser.post("/login", form, headers=ours)
    assert entered.headers["Location"] == "/laike/probe"
    cookie = entered.headers["Set-Cookie"].lower()
    assert "secure" in cookie
    assert "path=/laike;" in cookie
    page = browser.get("/probe")
    assert page.status_code == 200
    for address in re.findall(r'(?:href|src|action)="(/[^"]*)"', page.text):
        assert address.startswith("/laike/")
    style = re.search(r'href="/laike(/static/console\.css\?v=\w+)"', page.text)
    assert style
    assert "immutable" in browser.get(style[1]).headers["Cache-Control"]
    token = TOKEN.search(page.text)
    assert token
    assert browser.post("/probe", {"csrf": token[1]}, headers=ours).headers["Location"] == "/laike/"
    assert browser.post("/probe", {"csrf": token[1]}, headers={"Origin": "https://evil.example"}).status_code == 403
    assert browser.post("/logout", {"csrf": token[1]}, headers=ours).headers["Location"] == "/laike/login"
    assert browser.get("/probe").status_code == 303


def test_plain_http_and_the_path_without_a_slash_lead_to_the_console(proxied: Proxied) -> None:
    plain = requests.get(f"{proxied.plain}/laike/runs?page=2", allow_redirects=False, timeout=5)
    assert plain.headers["Location"] == f"{proxied.url}/laike/runs?page=2"
    assert proxied.browser().get("").headers["Location"] == "/laike/"


def test_what_a_visitor_claims_before_the_proxy_is_not_believed(
    proxied: Proxied, capsys: pytest.CaptureFixture[str]
) -> None:
    forged = {"X-Forwarded-For": "172.16.0.9, 203.0.113.9", "X-Forwarded-Proto": "http"}
    form = {"name": "x", "password": "wrong"}
    assert proxied.browser().post("/login", form, headers=forged).status_code == 401
    assert "203.0.113.9" not in "".join(capsys.readouterr())
    name, _, password = ACTOR.partition(":")
    entered = proxied.browser().post("/login", {"name": name, "password": password}, headers=forged)
    assert "secure" in entered.headers["Set-Cookie"].lower()


def test_one_address_with_many_slow_requests_is_refused_more_and_holds_nobody_off(proxied: Proxied) -> None:
    most = int(re.findall(r"limit_conn laike (\d+);", EXAMPLE.read_text(encoding="utf-8"))[0])
    with ExitStack() as held:
        for _ in range(most):
            held.enter_context(unfinished(proxied, "127.0.0.2"))
        assert wait_until(lambda: status_for(proxied, "127.0.0.2") == 429, 10)
        assert proxied.browser().get("/login").status_code == 200
    assert wait_until(lambda: status_for(proxied, "127.0.0.2") == 200, 10)


def unfinished(proxied: Proxied, source: str) -> ssl.SSLSocket:
    """A form that is never sent to its end, from an address of this machine."""
    request = "POST /laike/login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nname="
    made = connected(proxied, source)
    made.sendall(request.encode())
    return made


def status_for(proxied: Proxied, source: str) -> int:
    """The status of the login page for an address of this machine."""
    with connected(proxied, source) as made:
        made.sendall(b"GET /laike/login HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return int(made.recv(65536).split(b" ", 2)[1])


def connected(proxied: Proxied, source: str) -> ssl.SSLSocket:
    port = int(proxied.url.rsplit(":", 1)[1])
    plain = socket.create_connection((HOST, port), timeout=10, source_address=(source, 0))
    return ssl.create_default_context(cafile=str(proxied.ca)).wrap_socket(plain, server_hostname=HOST)


def test_no_code_of_an_authorization_is_in_the_log_of_the_proxy(proxied: Proxied) -> None:
    path = "/authorize/callback?auth_code=canary-of-a-code&state=x"
    proxied.browser().get(path)
    requests.get(f"{proxied.plain}/laike{path}", allow_redirects=False, timeout=5)
    assert wait_until(lambda: proxied.log().count("/laike/authorize/callback") == 2, 5)
    assert "canary" not in proxied.log()


def test_browsers_are_told_to_use_tls_and_large_bodies_go_no_further(proxied: Proxied) -> None:
    browser = proxied.browser()
    answer = browser.get("/login")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert browser.post("/login", {"name": "x" * 70_000}).status_code == 413
