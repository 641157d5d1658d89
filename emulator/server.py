"""The emulator over HTTP: as a process, or in a thread of a test."""

import asyncio
import socket
import threading
from collections.abc import Sequence
from datetime import date
from types import TracebackType
from typing import Any, Self

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from emulator.app import build
from emulator.world.seed import NAMES
from emulator.world.world import DEFAULT_SEED, World

BACKLOG = 2048
GRACE_S = 1
PATIENCE_S = 10
KEEP_ALIVE_S = 75  # as common gateways; uvicorn's five seconds would drop idle clients between steps


class OpenProtocol(H11Protocol):
    """HTTP that hands its transport to the application, so that a fault can close the connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Hand the transport to every request's scope."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


def listen(host: str, port: int) -> socket.socket:
    """A socket that accepts connections before the server runs."""
    # asyncio switches Nagle's algorithm off only where the protocol is named; else each answer takes 40 ms.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    sock.listen(BACKLOG)
    return sock


def url_of(host: str, port: int) -> str:
    """The URL of a host and port; an IPv6 address in brackets."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def make_server(world: World) -> uvicorn.Server:
    """A server on a world, without an access log."""
    config = uvicorn.Config(
        build(world),
        http=OpenProtocol,
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=KEEP_ALIVE_S,
    )
    return uvicorn.Server(config)


class EmulatorServer:
    """The emulator in a daemon thread, on a free port: `with EmulatorServer() as emulator: emulator.url`."""

    def __init__(self, seed: int = DEFAULT_SEED, day: date | None = None, names: Sequence[str] = NAMES) -> None:
        self.world = World(seed, day, names=names)
        self._server = make_server(self.world)
        self._socket = listen("127.0.0.1", 0)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)
        self.url = url_of("127.0.0.1", self._socket.getsockname()[1])

    def facts(self) -> dict[str, Any]:
        """Its address, ids and credentials."""
        return self.world.facts(self.url)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(PATIENCE_S)
        self._socket.close()
