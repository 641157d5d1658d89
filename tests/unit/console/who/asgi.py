"""Asks an ASGI application without a server."""

import asyncio
from typing import Any

from starlette.types import ASGIApp, Message


def ask(app: ASGIApp, path: str = "/", **scope: Any) -> tuple[int, dict[str, str]]:  # noqa: ANN401 parts of a scope
    """Status and headers of an answer."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    asked = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": [], **scope}
    asyncio.run(app(asked, receive, send))  # type: ignore[arg-type]
    return sent[0]["status"], {name.decode(): value.decode() for name, value in sent[0]["headers"]}
