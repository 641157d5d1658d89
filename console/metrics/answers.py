"""`/healthz` and `/metrics`, answered before anything that looks at hosts, logins or sessions."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

import redis
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from console.metrics.scrape import Metrics
from console.site import Site
from pipeline.redis_address import RedisAddress
from pipeline.state.store import connect

READING = ("GET", "HEAD")
_NOT_KEPT = {"Cache-Control": "no-store"}
_ALLOW = {"Allow": ", ".join(READING)}


@dataclass(frozen=True, slots=True)
class ForMachines:
    """An application before another one: it answers probes and Prometheus, and passes on what people ask for.

    Args:
        metrics: Makes the text of `/metrics`.
        token: The secret that Prometheus shows; empty: there is no `/metrics`.
        is_well: Whether Redis answers within a moment.
    """

    people: ASGIApp
    metrics: Metrics
    token: str
    is_well: Callable[[], bool]

    @classmethod
    def before(cls, people: ASGIApp, site: Site) -> "ForMachines":
        """The same before a site's pages."""
        token = site.settings.metrics_token
        is_well = answers_at_once(site.settings.redis_address)
        return cls(people, Metrics(site.context, is_well), token.get_secret_value() if token else "", is_well)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        answers = {"/healthz": self._health, "/metrics": self._metrics}
        answer = answers.get(_path(scope)) if scope["type"] == "http" else None
        if answer is None:
            await self.people(scope, receive, send)
            return
        allowed = scope["method"] in READING
        response = await run_in_threadpool(answer, Headers(scope=scope)) if allowed else _plain(405, headers=_ALLOW)
        await response(scope, receive, send)

    def _health(self, _: Headers) -> Response:
        return _plain(200, "ok") if self.is_well() else _plain(503)

    def _metrics(self, headers: Headers) -> Response:
        if not self.token:
            return _plain(404)
        shown = headers.get("authorization", "").encode("latin-1")
        if not hmac.compare_digest(shown, f"Bearer {self.token}".encode()):
            return _plain(401, headers={"WWW-Authenticate": "Bearer"})
        return Response(self.metrics.text(), headers=_NOT_KEPT | {"Content-Type": CONTENT_TYPE_LATEST})


def answers_at_once(address: RedisAddress) -> Callable[[], bool]:
    """Whether a Redis answers, as a function that asks once and waits for no restart."""
    client = connect(address, tries=0)

    def asked() -> bool:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False

    return asked


def _plain(status: int, words: str = "", headers: dict[str, str] | None = None) -> Response:
    return PlainTextResponse(words or HTTPStatus(status).phrase, status, _NOT_KEPT | (headers or {}))


def _path(scope: Scope) -> str:
    """The path behind the prefix under which a proxy shows the console."""
    path: str = scope.get("path", "")
    return path.removeprefix(scope.get("root_path", ""))
