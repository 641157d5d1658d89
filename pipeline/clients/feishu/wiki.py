"""Resolve a token to its base. Follows Wiki: 获取知识空间节点信息, and Bitable: 获取多维表格元数据.

The address of a base in a wiki (知识库) holds the token of its node, which is no app_token.
"""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from pipeline.clients.feishu.api import Feishu, parsed
from pipeline.clients.feishu.tables import Tables
from pipeline.core.errors import LaikeError, NeedsPerson

NODE = "/open-apis/wiki/v2/spaces/get_node"
BITABLE = "bitable"
NO_BASE, NO_NODE = (1254003, 1254040), 131005
NO_SCOPE = (99991672, 99991676, 99991679)
_SCOPE = (
    "请检查 LAIKE_BITABLE_APP_TOKEN；若多维表格在知识库中（网址含 /wiki/），"
    "请为应用开通 wiki:node:read 权限并发布版本。"
)
_OTHER = "知识库链接指向的不是多维表格：请在知识库中打开该多维表格，把它的网址填入 LAIKE_BITABLE_APP_TOKEN。"
_UNSEEN = "找不到多维表格，或应用无权查看它所在的知识库，请联系维护人员。"
_NO_BASE = "知识库链接指向的不是多维表格，请联系维护人员修正。"


class _Node(BaseModel):
    obj_type: str
    obj_token: str


class _Answer(BaseModel):
    node: _Node


@dataclass(frozen=True, slots=True)
class FoundBase:
    """The base behind a token: its app_token, and its time zone if the answer told it."""

    app_token: str
    time_zone: ZoneInfo | None = None
    sure: bool = True  # False: the service did not tell, and the token is taken as it is


def find_base(api: Feishu, token: str) -> FoundBase:
    """Resolve an app_token, or the token of a wiki node.

    If a permission is lacking the token is taken as it is: the calls that need the permission fail.

    Raises:
        NeedsPerson: The token names neither, or the app may not read the wiki.
    """
    try:
        return FoundBase(token, Tables(api, token).time_zone())
    except LaikeError as error:
        if error.code in NO_BASE:
            return FoundBase(base_of_node(api, token))
        if isinstance(error, NeedsPerson):
            return FoundBase(token, sure=False)
        raise


def base_of_node(api: Feishu, token: str) -> str:
    """The app_token of a wiki node's base; `NeedsPerson` if the node is missing, hidden from the app, or no base."""
    try:
        node = parsed(_Answer, api.read("GET", NODE, params={"token": token}), NODE).node
    except NeedsPerson as error:
        if error.code not in NO_SCOPE:
            raise
        code, request_id = error.code, error.request_id
        raise NeedsPerson(
            error.message, what_to_do=_UNSEEN, for_maintainer=_SCOPE, code=code, request_id=request_id
        ) from None
    if node.obj_type != BITABLE:
        msg = f"{NODE}: the node is of type {node.obj_type}, no base"
        raise NeedsPerson(msg, what_to_do=_NO_BASE, for_maintainer=_OTHER)
    return node.obj_token
