"""One clock over a whole call: connecting, sending, status line, headers, body.

A time-out of `requests` begins anew with each piece that comes, so an answer that drips holds a call for ever. Here
each wait on the network gets the time that the call has left: each address of a name, the answer of a proxy, the
handshake, each piece sent or received. No thread watches, nothing is interrupted.
"""

import io
import math
import queue
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from http.client import HTTPResponse
from time import perf_counter
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, LocationParseError, NameResolutionError, NewConnectionError
from urllib3.util.connection import allowed_gai_family

NO_END_S = 3600.0  # for a call without a limit
_END: ContextVar[float] = ContextVar("end", default=math.inf)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Limit the calls that this thread makes in the block to `seconds` in all."""
    token = _END.set(perf_counter() + seconds)
    try:
        yield
    finally:
        _END.reset(token)


def left() -> float:
    """Seconds that the call has left; `TimeoutError` if none."""
    if (seconds := min(_END.get() - perf_counter(), NO_END_S)) <= 0:
        raise TimeoutError
    return seconds


class _Pieces(io.RawIOBase):
    """Reads a socket, each piece within the time left."""

    def __init__(self, sock: socket.socket, raw: io.RawIOBase) -> None:
        self._sock, self._raw = sock, raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401 the buffer of the io module
        self._sock.settimeout(left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        if not self.closed:
            self._raw.close()  # else the socket is never closed
        super().close()


class _Response(HTTPResponse):
    """An answer, also that of a proxy to CONNECT."""

    def __init__(self, sock: socket.socket, *rest: Any, **more: Any) -> None:  # noqa: ANN401 http.client's own
        super().__init__(sock, *rest, **more)
        self.fp = io.BufferedReader(_Pieces(sock, self.fp.detach()))


class _Timed(HTTPConnection):
    """Connects and sends within the time left."""

    response_class = _Response

    def _new_conn(self) -> socket.socket:
        """Connect to the first address that answers: each gets the usual time, all together the time left."""
        name, patience = self._dns_host, self.timeout
        trouble: Exception = NewConnectionError(self, "the name has no address")
        try:
            for address in self._addresses(name):
                self._dns_host, self.timeout = address, min(left(), patience or NO_END_S)
                try:
                    sock = super()._new_conn()
                except (ConnectTimeoutError, NewConnectionError) as error:
                    trouble = error
                else:
                    sock.settimeout(left())
                    return sock
        except TimeoutError:
            trouble = ConnectTimeoutError(self, "the time of the call is up")
        finally:
            self._dns_host, self.timeout = name, patience
        raise trouble

    def _addresses(self, name: str) -> list[str]:
        try:
            return _look_up(name.strip("[]"), self.port)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except UnicodeError:
            raise LocationParseError(name) from None

    def _tunnel(self) -> None:
        super()._tunnel()
        self.sock.settimeout(left())  # the handshake comes next

    def send(self, data: Any) -> None:  # noqa: ANN401 http.client's own
        """Send bytes, all of them within the time left."""
        if self.sock is not None:
            self.sock.settimeout(left())
        super().send(data)


class _TimedTls(_Timed, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Timed


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TimedTls


class TimedAdapter(HTTPAdapter):
    """Connections of `requests` whose calls end by the clock, directly and through a proxy."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 the library's own
        """Make the pools of direct connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 the library's own
        """The pools of connections through a proxy."""
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = self.poolmanager.pool_classes_by_scheme
        return manager


def _look_up(name: str, port: int | None) -> list[str]:
    """The addresses of a name, asked in a thread, since the system's resolver takes no time-out.

    Raises:
        TimeoutError: It does not answer in the time left.
        OSError: There are none.
    """
    found: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers = socket.getaddrinfo(name, port, allowed_gai_family(), socket.SOCK_STREAM)
            found.put([str(address[0]) for *_, address in answers])
        except (OSError, UnicodeError) as error:
            found.put(error)

    threading.Thread(target=ask, name="look-up", daemon=True).start()
    try:
        answer = found.get(timeout=left())
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(answer, Exception):
        raise answer
    return answer
