"""Before a handler: the token, the month's calls, the app's rights; and what a call too many is told."""

import math

from emulator.feishu import rights
from emulator.feishu.envelope import refuse, refused
from emulator.feishu.state import Feishu
from emulator.shared.calllog import month_of
from emulator.shared.wire import HTTP_BAD_REQUEST, HTTP_OK, Call, Family, Refusal, Reply, Route

TOO_MANY_REQUESTS = 429
THROTTLED = 99991400
MONTH_USED_UP = 99991403
NO_TOKEN = 99991661
APP_NOT_IN_USE = 99991662
USER_TOKEN = 99991668
NOT_BEARER = 99991671
WRONG_METHOD = 99991301
OF_THE_MONTH = {"10000": 10_000, "1000000": 1_000_000}  # calls of the free edition: monthly_calls
OF_THE_BASE = {  # too_many_requests: code and HTTP status
    "1254290": (1254290, HTTP_OK),
    "1254290_429": (1254290, TOO_MANY_REQUESTS),
    "1254112": (1254112, HTTP_OK),
}


def throttled(feishu: Feishu, wait: float, rate: float) -> Reply:
    """频控策略: the gateway's refusal, with how many seconds to wait where it says so, or that of the base."""
    code, status = OF_THE_BASE.get(feishu.unsure["too_many_requests"], (0, HTTP_OK))
    if code:
        return refuse(refused(code, status=status))
    old = feishu.unsure.holds("too_many_requests", "400")
    status = HTTP_BAD_REQUEST if old else TOO_MANY_REQUESTS
    reply = refuse(Refusal(THROTTLED, "request trigger frequency limit", status=status))
    if not feishu.unsure.holds("too_many_requests", "429_bare"):
        reply.headers |= {"x-ogw-ratelimit-limit": f"{rate:g}", "x-ogw-ratelimit-reset": str(math.ceil(wait))}
    return reply


def authorize(feishu: Feishu, call: Call) -> None:
    """A tenant token as bearer, of an app that is in use."""
    header = call.headers.get("authorization", "")
    if not header:
        raise Refusal(NO_TOKEN, "Missing access token for authorization", status=HTTP_BAD_REQUEST)
    scheme, _, token = header.partition(" ")
    if scheme != "Bearer" or not token.startswith(("t-", "u-")):
        raise Refusal(NOT_BEARER, "Invalid access token: must start with t- or u-", status=HTTP_BAD_REQUEST)
    if token.startswith("u-"):
        raise Refusal(USER_TOKEN, "Invalid user access token", status=HTTP_BAD_REQUEST)
    feishu.tenant.check(token)
    if not feishu.permissions.feishu_app_in_use:
        raise Refusal(APP_NOT_IN_USE, "The app is not in use", status=HTTP_BAD_REQUEST)


def permit(feishu: Feishu, call: Call, route: Route[Feishu]) -> None:
    """The month's calls, then the app's rights."""
    spent = feishu.months[month_of(feishu.clock.now())]
    if route.metered and spent >= OF_THE_MONTH[feishu.unsure["monthly_calls"]]:
        raise Refusal(MONTH_USED_UP, "This month's API call quota has been exceeded", status=TOO_MANY_REQUESTS)
    rights.permit(feishu, call, route)


FAMILY = Family(
    name="feishu",
    refuse=refuse,
    throttled=throttled,
    authorize=authorize,
    permit=permit,
    wrong_method=Refusal(WRONG_METHOD, "method not allowed", status=HTTP_BAD_REQUEST),
)
