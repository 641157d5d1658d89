"""Headers of every answer: what a browser may load, and what it may keep.

app = Headers(app)      # inside `Prefix`; pure ASGI
"""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
SECURITY = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with `no-referrer` our own forms would have the origin "null"
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
STATIC = "/static/"
FOR_EVER = "max-age=31536000, immutable"
OK, NOT_MODIFIED = 200, 304


class Headers:
    """Adds the headers. A static file whose address has a hash (`?v=…`) is kept for ever, and nothing else is kept."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the headers besides."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        hashed = _hashed(scope)  # now: a mount changes the scope

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = FOR_EVER if hashed and message["status"] in {OK, NOT_MODIFIED} else "no-store"
                MutableHeaders(scope=message).update({**SECURITY, "Cache-Control": kept})
            await send(message)

        await self._app(scope, receive, with_headers)


def _hashed(scope: Scope) -> bool:
    path: str = scope["path"].removeprefix(scope.get("root_path", ""))
    return path.startswith(STATIC) and scope["query_string"].startswith(b"v=")
