"""From a token to its 本地推 accounts.

Follows 巨量引擎 Marketing API: 获取已授权账户 (oauth2/advertiser/get), 获取来客账户下的本地推账户
(local/life/advertiser/list), 获取工作台下账户列表 (customer_center/account/list), 获取升级版工作台下账户列表
(ebp/advertiser/list), 代理商管理账户列表 (agent/advertiser/select), 二级代理商列表 (agent/child_agent/select) and
获取广告主公开信息 (advertiser/public_info).

`stated` in the listings: believe an empty one only if its `page_info` says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from pipeline.clients.oceanengine.api import OceanEngine
from pipeline.clients.oceanengine.paging import PAGE_SIZE, BeyondPages, Data, check_rows
from pipeline.clients.oceanengine.values import id_in, is_id, name_of
from pipeline.core.errors import BadResponse, NeedsPerson
from pipeline.core.text import one_line

AUTHORIZED = "/open_api/oauth2/advertiser/get/"
OF_LIFE = "/open_api/v3.0/local/life/advertiser/list/"
OF_WORKBENCH = "/open_api/v3.0/customer_center/account/list/"
OF_EBP = "/open_api/2/ebp/advertiser/list/"
OF_AGENT = "/open_api/2/agent/advertiser/select/"
CHILD_AGENTS = "/open_api/2/agent/child_agent/select/"
PUBLIC_INFO = "/open_api/2/advertiser/public_info/"
LIFE_TYPES = ("PLATFORM_ROLE_LIFE",)
WORKBENCH_TYPES = ("CUSTOMER_ADMIN", "CUSTOMER_OPERATOR")
EBP_TYPES = tuple(f"PLATFORM_ROLE_ENTERPRISE_BP_{role}" for role in ("ADMIN", "OPERATOR", "CUSTOM"))
GROUP_TYPES = ("PLATFORM_ROLE_GROUP_BP_ADMIN", "PLATFORM_ROLE_GROUP_BP_OPERATOR")
LOCAL_AGENT = "PLATFORM_ROLE_LOCAL_AGENT"
AGENT_TYPES = (LOCAL_AGENT, "AGENT", "AGENT_SYSTEM_ACCOUNT")
CHILD_AGENT_TYPES = ("CHILD_AGENT",)
ADVERTISER = "ADVERTISER"  # an account of 巨量广告: not a 本地推 id, and nothing lies under it
# advertiser_role, for a line without account_type and account_role
ROLES = {1: ADVERTISER, 2: "CUSTOMER_ADMIN", 3: "AGENT", 4: "CHILD_AGENT", 6: "PLATFORM_ROLE_STAR"}
LOCAL = "LOCAL"
NAMES_A_CALL = 100
LAST_ROW = 10_000  # reached by pages of customer_center/account/list and agent/advertiser/select
_TOO_MANY = (
    "工作台 {number} 下有 {total:,} 个本地推账户，接口最多列出 {most:,} 个：请{ask}，或分到多个工作台后重新授权。"
)
_NAME_THEM = "在 LAIKE_ACCOUNTS 中写明要同步的账户"
_ASK = "联系维护人员指定要同步的账户"


@dataclass(frozen=True, slots=True)
class Authorized:
    """One account that a person ticked: a parent of accounts, or of a type that we do not use."""

    id: str
    name: str
    type: str
    valid: bool  # False: the person no longer manages the account


@dataclass(frozen=True, slots=True)
class Agency:
    """The accounts of an agent."""

    ids: tuple[str, ...]
    source: str  # their kind, such as LOCAL or AD; empty: not told


class _Cursor(BaseModel):
    cursor: int
    has_more: bool
    total_number: int


def authorized(api: OceanEngine) -> list[Authorized]:
    """The accounts that were ticked for the token; `BadResponse` if a line lacks its id."""
    listed = api.get(AUTHORIZED, {}, token_as="access_token").get("list") or []  # noqa: S106 a parameter's name
    if not isinstance(listed, list) or not all(isinstance(line, dict) for line in listed):
        raise BadResponse(f"{AUTHORIZED}: list is not a list of accounts")
    return [
        Authorized(
            id=id_in(AUTHORIZED, line, "account_id"),
            name=name_of(line.get("account_name")),
            type=_type(line),
            valid=line.get("is_valid") is not False,
        )
        for line in listed
    ]


def accounts_of_life(api: OceanEngine, life_account_id: str, *, stated: bool = False) -> list[str]:
    """Ids of the 本地推 accounts, main and copied, under a 来客 account; this list has no names."""
    params = {"life_account_id": life_account_id}
    rows = api.pages(OF_LIFE, params, "adv_list", ("local_account_id",), stated=stated)
    return [id_in(OF_LIFE, row, "local_account_id") for row in rows]


def accounts_of_workbench(api: OceanEngine, workbench_id: str, *, stated: bool = False) -> dict[str, str]:
    """The 本地推 accounts under a 工作台: names by id, some empty; `NeedsPerson` if there are too many to list."""
    params = {"account_id": workbench_id, "filter": {"account_type": LOCAL}}
    try:
        rows = api.pages(OF_WORKBENCH, params, "accounts", ("account_id",), stated=stated, most=LAST_ROW)
    except BeyondPages as error:
        cure, ours = (
            _TOO_MANY.format(number=workbench_id, total=error.total, most=LAST_ROW, ask=ask)
            for ask in (_ASK, _NAME_THEM)
        )
        raise NeedsPerson(error.message, what_to_do=cure, for_maintainer=ours) from None
    return _named(OF_WORKBENCH, rows)


def accounts_of_ebp(api: OceanEngine, organisation_id: str, *, stated: bool = False) -> dict[str, str]:
    """The 本地推 accounts under a 升级版工作台: names by id, some empty."""
    params = {"enterprise_organization_id": organisation_id, "account_source": LOCAL}
    rows = api.pages(OF_EBP, params, "account_list", ("account_id",), stated=stated)
    return _named(OF_EBP, [row for row in rows if row.get("account_type") in (None, LOCAL)])


def accounts_of_agent(api: OceanEngine, agent_id: str, *, stated: bool = False) -> Agency:
    """The accounts of an agent, without its second-level agents'; by cursor beyond 10,000."""
    params = {"advertiser_id": agent_id}
    try:
        rows = api.pages(OF_AGENT, params, _rows_of_agent, ("id",), stated=stated, most=LAST_ROW - 1)
    except BeyondPages:
        rows = _by_cursor(api, params)
    sources = {str(row["source"] or "") for row in rows}
    if len(sources) > 1:
        raise BadResponse(f"{OF_AGENT}: account_source changed between pages: {sorted(sources)}")
    return Agency(tuple(id_in(OF_AGENT, row, "id") for row in rows), next(iter(sources), ""))


def child_agents(api: OceanEngine, agent_id: str, *, stated: bool = False) -> list[str]:
    """Ids of an agent's second-level agents."""
    rows = api.pages(CHILD_AGENTS, {"advertiser_id": agent_id}, _rows_of_children, ("id",), stated=stated)
    return [id_in(CHILD_AGENTS, row, "id") for row in rows]


def names_of(api: OceanEngine, account_ids: Sequence[str]) -> dict[str, str]:
    """The accounts' names by id, as far as the service knows them."""
    names: dict[str, str] = {}
    for first in range(0, len(account_ids), NAMES_A_CALL):
        chunk = [int(account_id) for account_id in account_ids[first : first + NAMES_A_CALL]]
        rows = api.get_list(PUBLIC_INFO, {"advertiser_ids": chunk})
        names |= {id_in(PUBLIC_INFO, row, "id"): name_of(row.get("name")) for row in rows}
    return {account_id: names[account_id] for account_id in account_ids if names.get(account_id)}


def _by_cursor(api: OceanEngine, params: Mapping[str, object]) -> list[dict[str, Any]]:
    """All rows of an agent's list, following its cursor."""
    rows: list[dict[str, Any]] = []
    cursors: set[int] = set()
    asked: dict[str, object] = {**params, "count": PAGE_SIZE}
    while True:
        data = api.get(OF_AGENT, asked)
        try:
            info = _Cursor.model_validate(data.get("cursor_page_info") or data.get("cursor_info"))
        except ValidationError:
            raise BadResponse(f"{OF_AGENT}: no usable cursor_page_info") from None
        found = _rows_of_agent(data) or []
        if not found or info.cursor in cursors:
            raise BadResponse(f"{OF_AGENT}: an empty page, or a cursor that came before")
        rows += found
        if len(rows) > info.total_number:
            raise BadResponse(f"{OF_AGENT}: {info.total_number} rows promised, {len(rows)} came")
        cursors.add(info.cursor)
        if not info.has_more:
            check_rows(OF_AGENT, rows, info.total_number, ("id",))
            return rows
        asked["cursor"] = info.cursor


def _rows_of_agent(data: Data) -> list[dict[str, Any]] | None:
    return _bare(data, "list", "advertiser_ids", source=data.get("account_source"))


def _rows_of_children(data: Data) -> list[dict[str, Any]] | None:
    return _bare(data, "child_agent_ids", "list")


def _bare(data: Data, *keys: str, **rest: object) -> list[dict[str, Any]] | None:
    """Bare ids as rows, from the first of these keys that has any; `None`: no key is there."""
    there = [data[key] for key in keys if key in data]
    if not there:
        return None
    ids = next(filter(None, there), None) or []
    if not isinstance(ids, list):
        raise BadResponse(f"{keys[0]} is no list of ids")
    return [{"id": one, **rest} for one in ids]


def _named(path: str, rows: Sequence[Data]) -> dict[str, str]:
    return {id_in(path, row, "account_id"): name_of(row.get("account_name")) for row in rows}


def _type(line: Data) -> str:
    """What kind of account a line is; the older names of the field are still filled, and may be all that is there."""
    if word := line.get("account_type") or line.get("account_role"):
        return one_line(str(word))
    role = str(line.get("advertiser_role") or "")
    return ROLES.get(int(role), role) if is_id(role) else ""
