"""A piece of network between two parties: it carries bytes to a port of this machine until it is cut."""

import selectors
import socket
import struct
import threading
from contextlib import suppress
from enum import StrEnum

HOST = "127.0.0.1"
PIECE_BYTES, LOOK_S = 1 << 16, 0.05
STUCK_S = 10.0  # a party that is stopped takes no bytes: its connection is given up, the others go on
NO_LINGERING = struct.pack("ii", 1, 0)  # close with a reset


class Cut(StrEnum):
    """How a wire fails: it says so to both ends, or it says nothing."""

    RESET = "reset"
    SILENT = "silent"


class Wire:
    """Takes connections on `port` and carries them to another port, in a thread of its own."""

    def __init__(self, target: int) -> None:
        self._target, self._how = target, ""
        self._ear = socket.create_server((HOST, 0), backlog=1024)
        self.port: int = self._ear.getsockname()[1]
        self._peers: dict[socket.socket, socket.socket] = {}
        self._silent: list[socket.socket] = []
        self._lock, self._over = threading.Lock(), threading.Event()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._ear, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def cut(self, how: Cut) -> None:
        """Fail until `mend`: every connection is reset, or carries nothing from now on, and so is each new one."""
        with self._lock:
            self._how = how
            for end in list(self._peers):
                self._fail(end)
            self._peers.clear()

    def mend(self) -> None:
        """Carry new connections again; those that fell silent stay so."""
        with self._lock:
            self._how = ""

    def close(self) -> None:
        """Be gone, with everything that went through."""
        self._over.set()
        self._thread.join()
        for end in (self._ear, *self._peers, *self._silent):
            end.close()
        self._selector.close()

    def _work(self) -> None:
        while not self._over.is_set():
            for key, _ in self._selector.select(LOOK_S):
                with self._lock:
                    if key.fileobj is self._ear:
                        self._meet(self._ear.accept()[0])
                    elif key.fileobj in self._peers:
                        self._carry(key.fileobj)

    def _meet(self, caller: socket.socket) -> None:
        if self._how:
            self._fail(caller)
            return
        try:
            called = socket.create_connection((HOST, self._target), STUCK_S)
        except OSError:  # nobody listens there
            caller.close()
            return
        for one, other in ((caller, called), (called, caller)):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            one.settimeout(STUCK_S)
            self._peers[one] = other
            self._selector.register(one, selectors.EVENT_READ)

    def _carry(self, end: socket.socket) -> None:
        with suppress(OSError):  # reset by one of the two, or stuck: it is over for both
            if piece := end.recv(PIECE_BYTES):
                self._peers[end].sendall(piece)
                return
        for one in (end, self._peers[end]):
            self._selector.unregister(one)
            del self._peers[one]
            one.close()

    def _fail(self, end: socket.socket) -> None:
        with suppress(KeyError):
            self._selector.unregister(end)
        if self._how == Cut.SILENT:
            self._silent.append(end)
        else:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGERING)
            end.close()
