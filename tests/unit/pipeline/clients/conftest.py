"""Http on real servers, closed after each test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from pipeline.clients.http import Http
from tests.unit.pipeline.clients.wire import Wire

Serve = Callable[..., Wire]
Connect = Callable[[str], Http]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers."""
    with ExitStack() as stack:
        yield lambda *pieces, **how: stack.enter_context(Wire(*pieces, **how))


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Iterator[Connect]:
    """Makes clients whose connections are closed in the end; no proxy of this machine stands between."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ExitStack() as stack:

        def made(url: str) -> Http:
            http = Http("service", url)
            stack.callback(http.close)
            return http

        yield made
