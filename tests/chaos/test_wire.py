"""The network of the chaos tests fails as it says."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.chaos.wire import HOST, Cut, Wire

WAIT_S = 5.0
SILENCE_S = 0.3


def echo(ear: socket.socket) -> None:
    """Say again what anybody says, to everybody at once."""

    def serve(caller: socket.socket) -> None:
        with caller, suppress(ConnectionError):
            while words := caller.recv(100):
                caller.sendall(words)

    while True:
        try:
            caller = ear.accept()[0]
        except OSError:  # the test is over
            return
        threading.Thread(target=serve, args=[caller], daemon=True).start()


@pytest.fixture
def wire() -> Iterator[Wire]:
    """A wire to somebody who says everything again."""
    with socket.create_server((HOST, 0)) as ear:
        threading.Thread(target=echo, args=[ear], daemon=True).start()
        made = Wire(ear.getsockname()[1])
        yield made
        made.close()
        ear.shutdown(socket.SHUT_RDWR)


def call(wire: Wire) -> socket.socket:
    """A connection through it."""
    return socket.create_connection((HOST, wire.port), WAIT_S)


def says_again(caller: socket.socket, seconds: float = WAIT_S) -> bool:
    """Whether the other end answers."""
    caller.settimeout(seconds)
    try:
        caller.sendall(b"hello")
        return caller.recv(100) == b"hello"
    except TimeoutError:
        return False


def calls_and_hears(wire: Wire) -> bool:
    """Whether somebody who calls now is answered."""
    with call(wire) as caller:
        return says_again(caller)


def test_a_wire_carries_bytes_both_ways(wire: Wire) -> None:
    with call(wire) as one, call(wire) as other:
        assert says_again(one)
        assert says_again(other)


def test_a_reset_tells_both_ends_and_everybody_who_calls_until_it_is_mended(wire: Wire) -> None:
    with call(wire) as caller:
        assert says_again(caller)
        wire.cut(Cut.RESET)
        with pytest.raises(ConnectionError):
            says_again(caller)
    with pytest.raises(ConnectionError):
        calls_and_hears(wire)
    wire.mend()
    assert calls_and_hears(wire)


def test_what_fell_silent_stays_silent_and_new_connections_work_when_it_is_mended(wire: Wire) -> None:
    with call(wire) as old, call(wire) as idle:
        assert says_again(old)
        wire.cut(Cut.SILENT)
        assert not says_again(old, SILENCE_S)
        with call(wire) as early:
            assert not says_again(early, SILENCE_S)
            wire.mend()
            assert not says_again(early, SILENCE_S)
        assert not says_again(old, SILENCE_S)
        assert not says_again(idle, SILENCE_S)
        assert calls_and_hears(wire)
