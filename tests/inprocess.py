"""The product on an emulator in the same process, without sockets and waits: for tests of thousands of examples.

Every call still goes as bytes through `requests`, the emulator's application and all its gates; only the wire between
them is left out, and with it whatever takes time: latency, delays and dropped connections need `tests/lab.py`.
"""

import io
import logging
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import redis
import requests
import structlog
from requests.adapters import BaseAdapter, HTTPAdapter
from starlette.types import Message, Scope
from urllib3 import HTTPResponse

from emulator.app import build as build_emulator
from emulator.control.actions import act
from emulator.world.world import World
from lab.processes import settings_for
from pipeline.clients.http import Http
from pipeline.composition import build, tenant_token
from pipeline.context import Context
from pipeline.settings import Settings
from pipeline.state.no_redis import in_memory
from tests.lab import TOKEN_KEY

URL = "http://emulator"


class Direct(BaseAdapter):
    """Hands a request to the emulator's application, one at a time, and its answer back."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._app = build_emulator(world)
        self._lock = threading.Lock()
        self._made = HTTPAdapter()

    def send(self, request: requests.PreparedRequest, *_: object, **__: object) -> requests.Response:
        """The answer, to be read as a stream."""
        said: list[Message] = []
        with self._lock:
            _to_its_end(self._answered(request, said))
        start, *rest = said
        body = io.BytesIO(b"".join(message.get("body", b"") for message in rest))
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        raw = HTTPResponse(body=body, headers=headers, status=start["status"], preload_content=False)
        return self._made.build_response(request, raw)

    def close(self) -> None:
        """Nothing is open."""

    async def _answered(self, request: requests.PreparedRequest, said: list[Message]) -> None:
        content = request.body or b""
        body = content.encode() if isinstance(content, str) else content

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            said.append(message)

        await self._app(_scope(request), receive, send)


def _scope(request: requests.PreparedRequest) -> Scope:
    parts = urlsplit(str(request.url))
    return {
        "type": "http",
        "method": request.method,
        "path": unquote(parts.path),
        "query_string": parts.query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in request.headers.items()],
        "state": {"transport": None},
    }


def _to_its_end(work: Coroutine[Any, Any, None]) -> None:
    try:
        work.send(None)
    except StopIteration:
        return
    work.close()
    msg = "the emulator waits: latency and delays need real HTTP"
    raise AssertionError(msg)


class DirectHttp(Http):
    """The product's HTTP, whose sessions lead to the emulator directly."""

    def __init__(self, service: str, adapter: Direct) -> None:
        super().__init__(service, URL)
        self._adapter = adapter

    def new_session(self) -> requests.Session:
        """One that asks the emulator without a connection."""
        session = super().new_session()
        session.mount(URL, self._adapter)
        return session


def context(world: World, table_id: str, home: Path, alone: redis.Redis | None = None, **more: str) -> Context:
    """A context on a table of the emulator, its state in memory: of its own, or what others left there.

    Args:
        more: Settings by their names in the environment.
    """
    facts = world.facts(URL) | {"table": table_id}
    made = settings_for(facts, "redis://nowhere:1/0", home, "table")
    made |= {"LAIKE_TOKEN_KEYS": TOKEN_KEY, "LAIKE_WAIT_SCALE": "0", **more}
    plain = {name.removeprefix("LAIKE_").lower(): value for name, value in made.items()}
    settings = Settings(_env_file=None, **plain)  # type: ignore[arg-type]
    http, reports = DirectHttp("feishu", Direct(world)), DirectHttp("oceanengine", Direct(world))
    ctx = build(settings, alone=alone or in_memory())
    token = tenant_token(settings, ctx.client, http)
    return replace(ctx, feishu_http=http, oceanengine_http=reports, tenant_token=token)


def control(world: World, action: str, **body: object) -> dict[str, Any]:
    """A control action, as over HTTP."""
    return act(world, action, body)


@contextmanager
def quiet(level: int = logging.CRITICAL) -> Iterator[None]:
    """Without the log's lines below a level, of which thousands of examples write tens of thousands."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(level))
    try:
        yield
    finally:
        structlog.configure(**before)
