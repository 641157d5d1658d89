"""What a call on the base needs besides a token: an API scope, and the app's right on the document.

应用权限 (scopes) and 文档权限 are independent of each other; both are needed.
"""

from emulator.feishu.state import Feishu
from emulator.shared.wire import HTTP_BAD_REQUEST, Call, Refusal, Route

HTTP_FORBIDDEN = 403
NO_SCOPE = 99991672
FORBIDDEN = 91403
NO_ADVANCED_PERMISSION = 1254302
# The narrow scope of each endpoint. One of the wide ones does as well.
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


def permit(feishu: Feishu, call: Call, route: Route[Feishu]) -> None:
    """Refuse a call for which the app lacks the scope or the right on the document."""
    if route.name in feishu.permissions.denied:
        words = f"Access denied. One of the following scopes is required: [{', '.join(scopes_of(route))}]."
        raise Refusal(NO_SCOPE, words, status=HTTP_BAD_REQUEST)
    if call.params.get("app_token") == feishu.base.app_token:
        _check_document(feishu, route)


def scopes_of(route: Route[Feishu]) -> list[str]:
    """The scopes of which one is needed."""
    if route.name == "wiki.node":
        return [*OF_THE_WIKI, SCOPES[route.name]]
    return [WIDE, *([] if route.writes else [WIDE_FOR_READS]), SCOPES[route.name]]


def _check_document(feishu: Feishu, route: Route[Feishu]) -> None:
    right = feishu.permissions.document
    if right == "none" or (right == "view" and route.writes):
        raise Refusal(FORBIDDEN, "Forbidden", status=HTTP_FORBIDDEN)
    if route.writes and feishu.permissions.hides_rows:
        raise Refusal(NO_ADVANCED_PERMISSION, "Permission denied.", status=HTTP_FORBIDDEN)
