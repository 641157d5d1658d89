"""Ocean Engine's envelope: business errors come with HTTP 200 and `code` other than 0."""

import math
import uuid
from typing import TYPE_CHECKING, Any

from emulator.shared.wire import Call, Family, Refusal, Reply, Route

if TYPE_CHECKING:
    from emulator.world.world import World

# 返回码. 40000 is used for every parameter that is not acceptable: it is the code that was seen live for
# them, while 40001 stands only in older tables; that one is kept for names that are no metric.
NOT_ACCEPTABLE = 40000
BAD_METRIC = 40001
NO_PERMISSION = 40002
BAD_FILTER = 40003
TOO_FREQUENT = 40100
INVALID_PARTNER = 40101
ACCESS_TOKEN_EXPIRED = 40102
REFRESH_TOKEN_EXPIRED = 40103
EMPTY_ACCESS_TOKEN = 40104
INVALID_ACCESS_TOKEN = 40105
INVALID_REFRESH_TOKEN = 40107
AUTH_CODE_USED = 40115
APP_TOO_FREQUENT = 40110
API_NOT_AUTHORIZED = 40118
TOO_MANY_REQUESTS = 429
RETRY_IN = "X-RateLimit-RetryIn"  # seconds; reported by users
METHOD_NOT_ALLOWED = 405
UNKNOWN_PATH = 404


def success(data: dict[str, Any] | list[Any]) -> Reply:
    """An answer with data."""
    return Reply({"code": 0, "message": "OK", "request_id": uuid.uuid4().hex, "data": data})


def refuse(refusal: Refusal) -> Reply:
    """An error: no `data` at all."""
    payload = {"code": refusal.code, "message": refusal.message, "request_id": uuid.uuid4().hex}
    return Reply(payload, status=refusal.status)


def throttled(world: "World", wait: float, _rate: float) -> Reply:
    """Too frequent: for the platform, for the app, or before the gateway, which answers no JSON."""
    if world.holds("throttled_calls", "http_429"):
        return Reply(raw=b"<html><title>429 Too Many Requests</title></html>", status=TOO_MANY_REQUESTS)
    if world.holds("throttled_calls", "40100"):
        return refuse(Refusal(TOO_FREQUENT, "请求过于频繁，请稍后重试"))
    reply = refuse(Refusal(APP_TOO_FREQUENT, "开发者请求过于频繁，请稍后重试"))
    if world.holds("throttled_calls", "40110_retry_in"):
        reply.headers |= {RETRY_IN: str(math.ceil(wait))}
    return reply


def authorize(world: "World", call: Call) -> None:
    """The `Access-Token` header, bare."""
    token = call.headers.get("access-token", "")
    if not token:
        raise Refusal(EMPTY_ACCESS_TOKEN, "Access-Token 为空")
    world.oauth.check_access(token)


def permit(world: "World", _call: Call, route: Route) -> None:
    """Refuse an API for which the app has no permission group."""
    if route.name in world.permissions.denied:
        raise Refusal(API_NOT_AUTHORIZED, "应用未获得该接口的授权")


FAMILY = Family(
    name="oceanengine",
    refuse=refuse,
    throttled=throttled,
    authorize=authorize,
    permit=permit,
    wrong_method=Refusal(METHOD_NOT_ALLOWED, "Method Not Allowed", status=METHOD_NOT_ALLOWED),
)
