"""`/_control`: what tests do to the two services. No call of it is counted, and no fault hits it."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Path

from emulator.control.actions import PROBLEMS, act, words
from emulator.control.inspection import VIEWS
from emulator.shared.parsing import json_of
from emulator.shared.visitors import FORBIDDEN, foreign
from emulator.shared.wire import HTTP_BAD_REQUEST, HTTP_OK, json_bytes
from emulator.world.world import World


def routes(world: World) -> list[Path]:
    """The two routes of control."""

    async def post(request: Request) -> Response:
        body = await request.body()
        if why := foreign(request):
            return _json({"error": why}, FORBIDDEN)
        try:
            return _json(act(world, request.path_params["action"], json_of(body) if body else {}))
        except PROBLEMS as problem:
            return _refused(problem)

    async def get(request: Request) -> Response:
        view = VIEWS.get(request.path_params["view"])
        if view is None:
            return _refused(ValueError(f"there is {', '.join(VIEWS)}"))
        try:
            with world.lock:
                return _json(view(world, dict(request.query_params)))
        except PROBLEMS as problem:
            return _refused(problem)

    return [
        Path("/_control/{action:path}", post, methods=["POST"]),
        Path("/_control/{view}", get, methods=["GET"]),
    ]


def _refused(problem: Exception) -> Response:
    return _json({"error": words(problem)}, HTTP_BAD_REQUEST)


def _json(answer: dict[str, Any], status: int = HTTP_OK) -> Response:
    return Response(json_bytes(answer), status, media_type="application/json")
