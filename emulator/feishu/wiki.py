"""The wiki (知识库): two nodes, one of which is the base. Follows 获取知识空间节点信息."""

from emulator.feishu import envelope
from emulator.feishu.state import Feishu
from emulator.shared.wire import HTTP_BAD_REQUEST, Call, Refusal, Reply

SPACE_ID = "7300000000000000001"
BASE_NODE, PAGE_NODE = "wikcnLaikeDemo7c2e01", "wikcnLaikeDemo7c2e02"
PAGE_TOKEN = "doxcnLaikeDemo7c2e"  # noqa: S105 - the id of a page, not a secret
PARAM_ERROR, NOT_FOUND, NO_PERMISSION = 131002, 131005, 131006


def get_node(feishu: Feishu, call: Call) -> Reply:
    """GET /open-apis/wiki/v2/spaces/get_node?token=…."""
    token = envelope.query_of(call, ("token",)).get("token", "")
    if not token:
        raise Refusal(PARAM_ERROR, "param err: token is required", status=HTTP_BAD_REQUEST)
    nodes = {BASE_NODE: ("bitable", feishu.base.app_token, feishu.base.name), PAGE_NODE: ("docx", PAGE_TOKEN, "说明")}
    if token not in nodes:
        raise Refusal(NOT_FOUND, "not found: there is no such node", status=HTTP_BAD_REQUEST)
    if feishu.permissions.document == "none":
        raise Refusal(NO_PERMISSION, "permission denied: node permission denied", status=HTTP_BAD_REQUEST)
    kind, obj_token, title = nodes[token]
    node = {
        "space_id": SPACE_ID,
        "node_token": token,
        "obj_token": obj_token,
        "obj_type": kind,
        "parent_node_token": "",
        "node_type": "origin",
        "title": title,
        "has_child": False,
    }
    return envelope.success({"node": node})
