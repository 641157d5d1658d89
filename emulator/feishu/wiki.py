"""The wiki (知识库): a node for each base and one for a page. Follows 获取知识空间节点信息."""

from emulator.feishu import envelope
from emulator.feishu.bitable.model import Base
from emulator.feishu.state import Feishu
from emulator.shared.wire import HTTP_BAD_REQUEST, Call, Refusal, Reply

SPACE_ID = "7300000000000000001"
PAGE_NODE = "wikcnLaikeDemo7c2e02"
PAGE_TOKEN = "doxcnLaikeDemo7c2e"  # noqa: S105 - the id of a page, not a secret
PARAM_ERROR, NOT_FOUND, NO_PERMISSION = 131002, 131005, 131006


def node_of(base: Base) -> str:
    """The token of a base's node."""
    return f"wikcn{base.app_token.removeprefix('bascn')}01"


def nodes(feishu: Feishu) -> dict[str, Base | None]:
    """All nodes by token; None is the page, which lies beside the first base."""
    return {**{node_of(base): base for base in feishu.bases.values()}, PAGE_NODE: None}


def get_node(feishu: Feishu, call: Call) -> Reply:
    """GET /open-apis/wiki/v2/spaces/get_node?token=…."""
    token = envelope.query_of(call, ("token",)).get("token", "")
    if not token:
        raise Refusal(PARAM_ERROR, "param err: token is required", status=HTTP_BAD_REQUEST)
    known = nodes(feishu)
    if token not in known:
        raise Refusal(NOT_FOUND, "not found: there is no such node", status=HTTP_BAD_REQUEST)
    base = known[token]
    if (base or feishu.base).document == "none":
        raise Refusal(NO_PERMISSION, "permission denied: node permission denied", status=HTTP_BAD_REQUEST)
    kind, obj_token, title = ("bitable", base.app_token, base.name) if base else ("docx", PAGE_TOKEN, "说明")
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
