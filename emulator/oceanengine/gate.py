"""Checks before a handler: the token, the app's permissions; and throttling."""

import math

from emulator.oceanengine.envelope import refuse
from emulator.oceanengine.state import OceanEngine
from emulator.shared.wire import Call, Family, Refusal, Reply, Route

TOO_FREQUENT = 40100
APP_TOO_FREQUENT = 40110
EMPTY_ACCESS_TOKEN = 40104
API_NOT_AUTHORIZED = 40118
TOO_MANY_REQUESTS = 429
RETRY_IN = "X-RateLimit-RetryIn"  # seconds; reported by users
METHOD_NOT_ALLOWED = 405


def throttled(ocean: OceanEngine, wait: float, _rate: float) -> Reply:
    """Refuse a call too many: for the platform, for the app, or at the gateway without JSON."""
    if ocean.unsure.holds("throttled_calls", "http_429"):
        return Reply(raw=b"<html><title>429 Too Many Requests</title></html>", status=TOO_MANY_REQUESTS)
    if ocean.unsure.holds("throttled_calls", "40100"):
        return refuse(Refusal(TOO_FREQUENT, "请求过于频繁，请稍后重试"))
    reply = refuse(Refusal(APP_TOO_FREQUENT, "开发者请求过于频繁，请稍后重试"))
    if ocean.unsure.holds("throttled_calls", "40110_retry_in"):
        reply.headers |= {RETRY_IN: str(math.ceil(wait))}
    return reply


def authorize(ocean: OceanEngine, call: Call) -> None:
    """Require a valid token in the header `Access-Token`, without a scheme."""
    token = call.headers.get("access-token", "")
    if not token:
        raise Refusal(EMPTY_ACCESS_TOKEN, "Access-Token 为空")
    ocean.oauth.check_access(token)


def permit(ocean: OceanEngine, _call: Call, route: Route[OceanEngine]) -> None:
    """Refuse an API that the app has no permission for."""
    if route.name in ocean.permissions.denied:
        raise Refusal(API_NOT_AUTHORIZED, "应用未获得该接口的授权")


FAMILY = Family(
    name="oceanengine",
    refuse=refuse,
    throttled=throttled,
    authorize=authorize,
    permit=permit,
    wrong_method=Refusal(METHOD_NOT_ALLOWED, "Method Not Allowed", status=METHOD_NOT_ALLOWED),
)
