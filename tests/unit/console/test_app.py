"""What stands around every page."""

import asyncio
from types import SimpleNamespace

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message

from console import app
from console.site import Site
from pipeline.settings import Settings


def broken(_: Request) -> Response:
    raise ZeroDivisionError


def test_a_defect_is_told_in_words_with_the_headers_of_every_page_and_raised_for_the_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(app, "PAGES", (*app.PAGES, SimpleNamespace(ROUTES=[Route("/broken", broken)])))
    site = Site(Settings.model_construct(redis_url="redis://127.0.0.1:1/0"))
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/broken", "query_string": b"", "headers": []}
    with pytest.raises(ZeroDivisionError):
        asyncio.run(app.build(site)(scope, receive, send))  # type: ignore[arg-type]
    start, body = sent
    assert start["status"] == 500
    assert b"default-src 'none'" in dict(start["headers"])[b"content-security-policy"]
    assert "请联系维护人员" in body["body"].decode()
