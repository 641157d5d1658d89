"""A proxy's word about visitors is believed, and nobody else's; the prefix works whether or not the proxy strips it."""

import asyncio
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send
from uvicorn import Config

from console.who.proxies import Prefix, believed
from pipeline.console_settings import judged_proxies


def seen(proxies: str | None, client: str, **headers: str) -> tuple[str, str]:
    """Address and scheme of a visitor, as the application sees them behind uvicorn's own middleware."""
    found: list[Scope] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        found.append(scope)

    config = Config(app, **believed(proxies))
    config.load()
    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "client": (client, 1), "scheme": "http", "headers": sent, "method": "GET", "path": "/"}
    asyncio.run(config.loaded_app(scope, None, None))
    return found[0]["client"][0], found[0]["scheme"]


FORGED = {"x_forwarded_for": "203.0.113.9", "x_forwarded_proto": "https"}


@pytest.mark.parametrize("proxies", [None, "", "172.18.0.2", "10.0.0.0/8"])
def test_who_is_no_proxy_of_ours_is_not_believed_not_even_on_this_machine(
    proxies: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")  # uvicorn's own variable
    assert seen(proxies, "127.0.0.1", **FORGED) == ("127.0.0.1", "http")


@pytest.mark.parametrize("proxies", ["172.18.0.2", "172.18.0.0/16", "10.0.0.1, 172.18.0.2", "fd00::/8,172.18.0.0/30"])
def test_a_proxy_of_ours_is_believed_by_address_and_by_network(proxies: str) -> None:
    assert seen(judged_proxies(proxies), "172.18.0.2", **FORGED) == ("203.0.113.9", "https")


def test_what_a_visitor_claims_before_our_proxy_is_not_believed() -> None:
    headers = {"x_forwarded_for": "10.9.9.9, 203.0.113.9", "x_forwarded_proto": "ftp"}
    assert seen("172.18.0.2", "172.18.0.2", **headers) == ("203.0.113.9", "http")


def test_behind_two_proxies_of_ours_the_visitor_is_before_both() -> None:
    headers = {"x_forwarded_for": "203.0.113.9, 172.18.0.3"}
    assert seen("172.18.0.0/16", "172.18.0.2", **headers)[0] == "203.0.113.9"


@pytest.mark.parametrize(
    ("prefix", "asked", "path", "root"),
    [
        ("", "/runs", "/runs", ""),
        ("/console", "/runs", "/console/runs", "/console"),
        ("/console", "/console/runs", "/console/runs", "/console"),
        ("/console", "/", "/console/", "/console"),
        ("/console", "/console", "/console/", "/console"),  # as people type it
        ("/console", "/consoles", "/console/consoles", "/console"),
    ],
)
def test_a_page_is_found_whether_or_not_the_proxy_strips_the_prefix(
    prefix: str, asked: str, path: str, root: str
) -> None:
    found: list[dict[str, Any]] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        found.append(dict(scope))

    scope = {"type": "http", "path": asked, "root_path": ""}
    asyncio.run(Prefix(app, prefix)(scope, None, None))  # type: ignore[arg-type]
    assert (found[0]["path"], found[0]["root_path"]) == (path, root)
    assert scope == {"type": "http", "path": asked, "root_path": ""}
