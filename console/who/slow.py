"""Clients that dribble: how long a connection may take for its headers, its body, and for reading the answer.

    uvicorn.Config(app, **slow.LIMITS, ...)
    Starlette(middleware=[..., Middleware(SlowBody)], max_body_size=slow.BODY_MOST)     # within the error pages

uvicorn itself waits for a request without end, and for a body, too.
"""

import asyncio
from typing import Any

import h11
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

HEADERS_S, BODY_S, READING_S = 10.0, 15.0, 60.0
BODY_MOST = 64 * 1024  # bytes; our largest form is a list of accounts
HEADERS_MOST = 16 * 1024  # bytes
CONNECTIONS = 512  # below the 1,024 open files of a usual limit


class PunctualProtocol(H11Protocol):
    """HTTP that closes a connection whose request does not arrive, or whose answer is not read."""

    headers_s, reading_s = HEADERS_S, READING_S

    def __init__(self, *args: Any, **more: Any) -> None:  # noqa: ANN401 uvicorn's own
        super().__init__(*args, **more)
        self._request: asyncio.TimerHandle | None = None
        self._reading: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Take data; no dribble of it prolongs the wait."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Wait for the rest of a request that was answered before it was whole."""
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        for timer in (self._request, self._reading):
            if timer:
                timer.cancel()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Begin to wait until the client reads."""
        super().pause_writing()
        self._reading = self.loop.call_later(self.reading_s, self.transport.abort)

    def resume_writing(self) -> None:
        """The client reads."""
        super().resume_writing()
        if self._reading:
            self._reading.cancel()

    def _watch(self) -> None:
        """Let the time run while a request is under way that nobody answers yet, or whose rest nobody wants."""
        answering = self.cycle is not None and not self.cycle.response_complete
        waits = not answering and self.conn.their_state in {h11.IDLE, h11.SEND_BODY}
        if not waits and self._request:
            self._request.cancel()
            self._request = None
        elif waits and not self._request:
            self._request = self.loop.call_later(self.headers_s, self.transport.abort)


LIMITS: dict[str, Any] = {
    "http": PunctualProtocol,
    "ws": "none",
    "limit_concurrency": CONNECTIONS,
    "h11_max_incomplete_event_size": HEADERS_MOST,
    "timeout_keep_alive": 5,
    "timeout_graceful_shutdown": 3,
}


class SlowBody:
    """Answers 408 and closes when a body takes too long."""

    def __init__(self, app: ASGIApp, seconds: float = BODY_S) -> None:
        self._app, self._seconds = app, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, with a deadline for the whole body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        deadline, whole = asyncio.get_running_loop().time() + self._seconds, False

        async def in_time() -> Message:
            nonlocal whole
            if whole:
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408, headers={"Connection": "close"}) from None
            whole = not message.get("more_body", False)
            return message

        await self._app(scope, in_time, send)
