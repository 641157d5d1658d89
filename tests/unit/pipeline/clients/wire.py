"""A real HTTP server for the tests of clients: it reads each request whole, records it and sends bytes back."""

import json
import socketserver
import threading
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

Reply = Callable[[], Sequence[bytes]]


class Wire(socketserver.ThreadingTCPServer):
    """Answers every request with the same pieces, `pause_s` apart; no pieces: it hangs up; `stall`: it says nothing."""

    allow_reuse_address = True

    def __init__(self, *pieces: bytes, pause_s: float = 0, stall: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pieces, self.pause_s, self.stall = pieces, pause_s, stall
        self.requests: list[bytes] = []
        self.connections = 0
        self.sent = 0  # pieces
        self.over = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, args=[0.01])

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        self.over.set()
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(socketserver.StreamRequestHandler):
    server: Wire

    def handle(self) -> None:
        self.server.connections += 1
        while not self.server.over.is_set() and (request := self._read()):
            self.server.requests.append(request)
            if self.server.stall:
                self.server.over.wait(5)
            if self.server.stall or not self.server.pieces:
                return
            for piece in self.server.pieces:
                try:
                    self.wfile.write(piece)
                except OSError:
                    return  # the client has had enough
                self.server.sent += 1
                self.server.over.wait(self.server.pause_s)
            if b"Connection: close" in self.server.pieces[0]:
                return

    def _read(self) -> bytes:
        head, length = b"", 0
        try:
            while (line := self.rfile.readline()) not in (b"\r\n", b""):
                head += line
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            return head and head + b"\r\n" + self.rfile.read(length)
        except OSError:
            return b""


def reply(status: int, body: bytes, headers: Mapping[str, str] | None = None, *, length: int | None = None) -> bytes:
    """An answer as it goes over the wire; the connection is closed after it."""
    lines = [f"HTTP/1.1 {status} Words", f"Content-Length: {len(body) if length is None else length}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body


def ok(body: object = None) -> bytes:
    """A success with a JSON body."""
    return reply(200, json.dumps({"code": 0} if body is None else body).encode())
