"""Pages wait for their turn."""

import asyncio
import threading

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from console import routes
from console.site import PAGES_AT_ONCE, Site
from pipeline.settings import Settings


class Counted:
    """Answers slowly, and counts how many it answers at the same time."""

    def __init__(self) -> None:
        self.now = self.most = self.all = 0
        self._lock = threading.Lock()

    def __call__(self, *_: object) -> Response:
        with self._lock:
            self.now, self.all = self.now + 1, self.all + 1
            self.most = max(self.most, self.now)
        threading.Event().wait(0.02)
        with self._lock:
            self.now -= 1
        return Response()


def test_at_most_so_many_pages_are_made_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted()
    monkeypatch.setattr(routes, "_answered", counted)
    route = routes.page("/", lambda _: Response(), "today")
    app = Starlette()
    app.state.site = Site(Settings.model_construct(redis_url="redis://127.0.0.1:1/0"))

    async def asked() -> None:
        scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [], "app": app}
        await asyncio.gather(*(route.endpoint(Request(scope)) for _ in range(3 * PAGES_AT_ONCE)))

    asyncio.run(asked())
    assert (counted.most, counted.all) == (PAGES_AT_ONCE, 3 * PAGES_AT_ONCE)
