"""The ASGI application: both services, control, and the pages for people."""

from typing import Any

from starlette.applications import Starlette
from starlette.routing import Route as Path
from starlette.types import Receive, Scope, Send

from emulator.connection import Connection, read_call
from emulator.control import routes as control
from emulator.exchange import Exchange
from emulator.feishu.envelope import NOT_FOUND, WRONG_PATH
from emulator.feishu.gate import FAMILY as FEISHU
from emulator.oceanengine.envelope import UNKNOWN_PATH
from emulator.oceanengine.gate import FAMILY as OCEANENGINE
from emulator.pages import consent, overview
from emulator.shared.wire import Family, Refusal, Route
from emulator.world.routes import ROUTES
from emulator.world.world import World

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
UNKNOWN = {
    OCEANENGINE.name: Refusal(UNKNOWN_PATH, "接口不存在", status=UNKNOWN_PATH),
    FEISHU.name: Refusal(WRONG_PATH, "404 page not found", status=NOT_FOUND),
}


def build(world: World) -> Starlette:
    """The application on a world."""
    by_path: dict[str, dict[str, Route[Any]]] = {}
    for route in ROUTES:
        by_path.setdefault(route.path, {})[route.method] = route
    endpoints = [Path(path, Endpoint(world, by_method), methods=METHODS) for path, by_method in by_path.items()]
    strays = [
        Path("/open_api/{rest:path}", Nowhere(OCEANENGINE), methods=METHODS),
        Path("/open-apis/{rest:path}", Nowhere(FEISHU), methods=METHODS),
    ]
    app = Starlette(
        routes=[*endpoints, *consent.routes(world), *control.routes(world), *overview.routes(world), *strays]
    )
    app.router.redirect_slashes = False  # Ocean Engine's paths end with a slash, Feishu's do not
    return app


class Endpoint:
    """One path with its methods, as an ASGI application."""

    def __init__(self, world: World, routes: dict[str, Route[Any]]) -> None:
        self._world = world
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the call and answer it through an exchange."""
        call = await read_call(scope, receive)
        connection = Connection(scope, receive, send)
        route = self._routes.get(call.method)
        if route is None:
            family = next(iter(self._routes.values())).family
            await connection.answer(family.refuse(family.wrong_method))
        else:
            await Exchange(self._world, route, call, connection).run()


class Nowhere:
    """Unknown paths under a service's prefix."""

    def __init__(self, family: Family[Any]) -> None:
        self._family = family

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the service's own error."""
        await read_call(scope, receive)
        await Connection(scope, receive, send).answer(self._family.refuse(UNKNOWN[self._family.name]))
