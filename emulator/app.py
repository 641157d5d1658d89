"""The ASGI application: both services, control, and the pages for people."""

import asyncio
import time
from collections.abc import Iterable
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Route as Path
from starlette.types import Message, Receive, Scope, Send

from emulator.control import routes as control
from emulator.exchange import JSON_TYPE, Exchange
from emulator.feishu.envelope import NOT_FOUND, WRONG_PATH
from emulator.feishu.gate import FAMILY as FEISHU
from emulator.oceanengine.envelope import UNKNOWN_PATH
from emulator.oceanengine.gate import FAMILY as OCEANENGINE
from emulator.pages import consent, overview
from emulator.shared.wire import Call, Family, Refusal, Reply, Route
from emulator.world.routes import ROUTES
from emulator.world.world import World

DRIP_S = 0.05  # between two bytes of an answer that drips
DROP = ord(" ")  # after its last byte
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
UNKNOWN = {
    OCEANENGINE.name: Refusal(UNKNOWN_PATH, "接口不存在", status=UNKNOWN_PATH),
    FEISHU.name: Refusal(WRONG_PATH, "404 page not found", status=NOT_FOUND),
}


def build(world: World) -> Starlette:
    """The application on a world."""
    by_path: dict[str, dict[str, Route[Any]]] = {}
    for route in ROUTES:
        by_path.setdefault(route.path, {})[route.method] = route
    endpoints = [Path(path, Endpoint(world, by_method), methods=METHODS) for path, by_method in by_path.items()]
    strays = [
        Path("/open_api/{rest:path}", Nowhere(OCEANENGINE), methods=METHODS),
        Path("/open-apis/{rest:path}", Nowhere(FEISHU), methods=METHODS),
    ]
    app = Starlette(
        routes=[*endpoints, *consent.routes(world), *control.routes(world), *overview.routes(world), *strays]
    )
    app.router.redirect_slashes = False  # Ocean Engine's paths end with a slash, Feishu's do not
    return app


class Endpoint:
    """One path with its methods, as an ASGI application."""

    def __init__(self, world: World, routes: dict[str, Route[Any]]) -> None:
        self._world = world
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the call and answer it through an exchange."""
        call = await read_call(scope, receive)
        line = Wire(scope, receive, send)
        route = self._routes.get(call.method)
        if route is None:
            family = next(iter(self._routes.values())).family
            await line.answer(family.refuse(family.wrong_method))
        else:
            await Exchange(self._world, route, call, line).run()


class Nowhere:
    """Unknown paths under a service's prefix."""

    def __init__(self, family: Family[Any]) -> None:
        self._family = family

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the service's own error."""
        await read_call(scope, receive)
        await Wire(scope, receive, send).answer(self._family.refuse(UNKNOWN[self._family.name]))


class Wire:
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
