"""The connection of one request: read the call, answer it, or break off."""

import asyncio
import time
from collections.abc import Iterable
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from emulator.shared.wire import Call, Reply

JSON_TYPE = "application/json; charset=utf-8"
DRIP_S = 0.05  # between two bytes of an answer that drips
DROP = ord(" ")  # after its last byte


class Connection:
    """The connection of one request; its transport comes from the server's protocol class."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._transport: Any = scope["state"]["transport"]
        self._receive = receive
        self._send = send

    async def answer(self, reply: Reply) -> None:
        """Send a whole answer."""
        body = reply.encode()
        await self._send(_start(reply, len(body)))
        await self._send({"type": "http.response.body", "body": body})

    async def answer_half(self, reply: Reply) -> None:
        """Promise the whole body, send half of it, and close."""
        body = reply.encode()
        await self._send(_start(reply, len(body)))
        await self._send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        self._transport.close()
        await self._receive()

    async def answer_in_pieces(self, reply: Reply, pieces: Iterable[bytes]) -> None:
        """Send a body of any size until the client closes."""
        await self._send(_start(reply, None))
        for piece in pieces:
            if self._transport.is_closing():
                break
            await self._send({"type": "http.response.body", "body": piece, "more_body": True})
        await self._send({"type": "http.response.body", "body": b""})

    async def answer_slowly(self, reply: Reply, part: str, seconds: float) -> None:
        """Send byte by byte for that many seconds, from the head or the body on; then close."""
        body = reply.encode()
        if part == "body":
            await self._send(_start(reply, len(body)))
        drops = iter(body if part == "body" else f"HTTP/1.1 {reply.status} OK\r\nX-Drip: {'x' * len(body)}".encode())
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self._transport.is_closing():
            self._transport.write(bytes([next(drops, DROP)]))
            await asyncio.sleep(DRIP_S)
        await self.drop()

    async def drop(self) -> None:
        """Close without an answer. Waits until the server has noticed: else it would send a 500."""
        self._transport.abort()
        await self._receive()


def _start(reply: Reply, length: int | None) -> Message:
    counted = {} if length is None else {"content-length": str(length)}
    headers = {"content-type": JSON_TYPE} | counted | reply.headers
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http.response.start", "status": reply.status, "headers": encoded}


async def read_call(scope: Scope, receive: Receive) -> Call:
    """Read the whole request."""
    chunks = []
    more = True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    query = Call.parse_query(scope["query_string"])
    return Call(scope["method"], scope["path"], scope["path_params"], query, headers, b"".join(chunks))
