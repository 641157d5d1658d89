"""Checks before a handler: token, calls of the month, scope, the app's right on the document; and throttling.

应用权限 (scopes) and 文档权限 are independent of each other; a call on the base needs both.
"""

import math

from emulator.feishu.bitable.model import Base
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
HTTP_FORBIDDEN = 403
NO_SCOPE = 99991672
FORBIDDEN = 91403
NO_ADVANCED_PERMISSION = 1254302
# The narrow scope of each endpoint; a wide one is enough, too.
SCOPES = {
    "base.meta": "base:app:read",
    "tables.list": "base:table:read",
    "tables.create": "base:table:create",
    "fields.list": "base:field:read",
    "fields.create": "base:field:create",
    "records.search": "base:record:retrieve",
    "records.batch_create": "base:record:create",
    "records.batch_update": "base:record:update",
    "records.batch_delete": "base:record:delete",
    "views.list": "base:view:read",
    "views.get": "base:view:read",
    "views.create": "base:view:write_only",
    "views.patch": "base:view:write_only",
    "views.delete": "base:view:write_only",
    "wiki.node": "wiki:node:read",
}
WIDE, WIDE_FOR_READS = "bitable:app", "bitable:app:readonly"
OF_THE_WIKI = ["wiki:wiki", "wiki:wiki:readonly"]
OF_THE_MONTH = {"10000": 10_000, "1000000": 1_000_000}  # monthly_calls: those of the free edition
OF_THE_BASE = {  # too_many_requests: code and HTTP status
    "1254290": (1254290, HTTP_OK),
    "1254290_429": (1254290, TOO_MANY_REQUESTS),
    "1254112": (1254112, HTTP_OK),
}


def throttled(feishu: Feishu, wait: float, rate: float) -> Reply:
    """Refuse a call too many (频控策略): as the gateway does, with the seconds to wait, or as the base does."""
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
    """Require a tenant token as bearer, and an app that is in use."""
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
    """Refuse a call beyond the month's quota, without its scope or without the right on the document."""
    spent = feishu.months[month_of(feishu.clock.now())]
    if route.metered and spent >= OF_THE_MONTH[feishu.unsure["monthly_calls"]]:
        raise Refusal(MONTH_USED_UP, "This month's API call quota has been exceeded", status=TOO_MANY_REQUESTS)
    if route.name in feishu.permissions.denied:
        words = f"Access denied. One of the following scopes is required: [{', '.join(scopes_of(route))}]."
        raise Refusal(NO_SCOPE, words, status=HTTP_BAD_REQUEST)
    if (token := call.params.get("app_token")) in feishu.bases:
        _check_document(feishu.bases[token], route)


def scopes_of(route: Route[Feishu]) -> list[str]:
    """The scopes of an endpoint: any one of them is enough."""
    if route.name == "wiki.node":
        return [*OF_THE_WIKI, SCOPES[route.name]]
    return [WIDE, *([] if route.writes else [WIDE_FOR_READS]), SCOPES[route.name]]


def _check_document(base: Base, route: Route[Feishu]) -> None:
    right = base.document
    if right == "none" or (right == "view" and route.writes):
        raise Refusal(FORBIDDEN, "Forbidden", status=HTTP_FORBIDDEN)
    if route.writes and base.hides_rows:
        raise Refusal(NO_ADVANCED_PERMISSION, "Permission denied.", status=HTTP_FORBIDDEN)


FAMILY = Family(
    name="feishu",
    refuse=refuse,
    throttled=throttled,
    authorize=authorize,
    permit=permit,
    wrong_method=Refusal(WRONG_METHOD, "method not allowed", status=HTTP_BAD_REQUEST),
)
