"""Behind a proxy: whose word about the visitor's address and scheme is believed, and under which path we are.

uvicorn.Config(app, **proxies.believed(settings.console_proxies), ...)
app = Prefix(app, settings.console_prefix)              # outermost, before uvicorn; no `root_path` for uvicorn
"""

from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send


def believed(proxies: str | None) -> dict[str, Any]:
    """Options of uvicorn by which X-Forwarded-For and -Proto of these addresses and networks count, and nobody else's.

    Both are given in any case: by default uvicorn believes every process of this machine.
    """
    return {"proxy_headers": bool(proxies), "forwarded_allow_ips": proxies or ""}


class Prefix:
    """Serves the application under a path, whether or not the proxy strips it."""

    def __init__(self, app: ASGIApp, prefix: str = "") -> None:
        self._app, self._prefix = app, prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application know the prefix as `root_path`, with which `path` begins, as ASGI has it."""
        prefix = self._prefix
        if prefix and scope["type"] != "lifespan":
            path: str = scope["path"]
            whole = f"{prefix}/" if path == prefix else path  # people leave the slash at the end out
            carries = whole.startswith(f"{prefix}/")
            scope = {**scope, "root_path": prefix, "path": whole if carries else prefix + path}
        await self._app(scope, receive, send)
