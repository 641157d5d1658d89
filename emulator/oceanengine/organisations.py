"""The accounts under a 升级版工作台 (EBP) or an agent.

Pages: 获取升级版工作台下账户列表, 代理商管理账户列表, 二级代理商列表.
"""

from typing import Any

from emulator.oceanengine import envelope, parameters
from emulator.oceanengine.accounts import LARGEST_PAGE, LAST_ROW, check_id, object_of, page_of, parent_of
from emulator.oceanengine.selection import ENTERPRISE_BP, GROUP_BP
from emulator.oceanengine.state import OceanEngine
from emulator.shared.parsing import whole
from emulator.shared.wire import Call, Refusal, Reply

KINDS = ("AD", "LOCAL", "QIANCHUAN")  # account_source of the 升级版工作台
AGENT_FILTERS = (
    "advertiser_ids", "create_start_time", "create_end_time", "cost_period", "stat_cost_fen_gt", "sale_id",
)  # fmt: skip
BY_PAGE, BY_CURSOR = ("page", "page_size"), ("cursor", "count")
DEFAULT_AGENT_PAGE = "100"


def ebp(ocean: OceanEngine, call: Call) -> Reply:
    """GET /open_api/2/ebp/advertiser/list/: ids with names, of one kind."""
    given = parameters.single(call, ("enterprise_organization_id", "account_source"), ("filtering", *BY_PAGE))
    wanted = _ebp_filter(given.get("filtering", "{}"))
    kinds = () if ocean.unsure.holds("enterprise_bp", "refused") else ENTERPRISE_BP
    kinds += () if ocean.unsure.holds("group_bp", "refused") else GROUP_BP
    parent = parent_of(ocean, "enterprise_organization_id", given["enterprise_organization_id"], kinds)
    if given["account_source"] not in KINDS:
        raise Refusal(envelope.NOT_ACCEPTABLE, f"account_source: 取值 {', '.join(KINDS)}")
    size, page = page_of(given)
    accounts = ocean.source.accounts
    under = ocean.selection.under(parent, accounts) if given["account_source"] == "LOCAL" else []
    found = [account_id for account_id in under if wanted.get("account_name", "") in accounts[account_id].name]
    parameters.check_page(ocean, page, size, len(found))
    listed = [
        {"account_id": account_id, "account_name": accounts[account_id].name, "account_type": "LOCAL"}
        for account_id in found[(page - 1) * size : page * size]
    ]
    return envelope.success({"account_list": listed, "page_info": parameters.page_info(page, size, len(found))})


def agent(ocean: OceanEngine, call: Call) -> Reply:
    """GET /open_api/2/agent/advertiser/select/: ids only, by page up to 10,000, by cursor beyond."""
    given = parameters.single(call, ("advertiser_id",), ("company_ids", "filtering", *BY_PAGE, *BY_CURSOR))
    agent_id = _agent(ocean, given)
    object_of("filtering", given.get("filtering", "{}"), AGENT_FILTERS)
    if "company_ids" in given:
        parameters.json_list("company_ids", given["company_ids"])
    if given.keys() & set(BY_PAGE) and given.keys() & set(BY_CURSOR):
        raise Refusal(envelope.NOT_ACCEPTABLE, "page, page_size 与 cursor, count 只能二选一")
    found = ocean.selection.under(agent_id, ocean.source.accounts)
    source = ocean.selection.sources.get(agent_id, "LOCAL")
    answer = _by_cursor(given, found) if given.keys() & set(BY_CURSOR) else _by_page(ocean, given, found)
    return envelope.success(answer | {"account_source": source})


def child_agents(ocean: OceanEngine, call: Call) -> Reply:
    """GET /open_api/2/agent/child_agent/select/: ids of the second-level agents."""
    given = parameters.single(call, ("advertiser_id",), BY_PAGE)
    found = ocean.selection.children.get(_agent(ocean, given), [])
    size, page = page_of({"page_size": DEFAULT_AGENT_PAGE} | given)
    parameters.check_page(ocean, page, size, len(found))
    shown = found[(page - 1) * size : page * size]
    return envelope.success({"child_agent_ids": shown, "page_info": parameters.page_info(page, size, len(found))})


def _ebp_filter(text: str) -> dict[str, Any]:
    given = object_of("filtering", text, ("account_name", "active_account"))
    if not isinstance(given.get("account_name", ""), str) or not isinstance(given.get("active_account", False), bool):
        raise Refusal(envelope.BAD_FILTER, "filtering: account_name 为文本, active_account 为布尔值")
    return given


def _agent(ocean: OceanEngine, given: dict[str, str]) -> int:
    check_id("advertiser_id", given["advertiser_id"])
    agent_id = int(given["advertiser_id"])
    if not ocean.selection.allows_agent(agent_id):
        raise Refusal(envelope.NO_PERMISSION, "没有权限进行相关操作")
    return agent_id


def _by_page(ocean: OceanEngine, given: dict[str, str], found: list[int]) -> dict[str, Any]:
    size, page = page_of({"page_size": DEFAULT_AGENT_PAGE} | given)
    if size * page > LAST_ROW:
        raise Refusal(envelope.NOT_ACCEPTABLE, f"数据量超过 {LAST_ROW} 时请使用 cursor 和 count")
    parameters.check_page(ocean, page, size, len(found))
    return {"list": found[(page - 1) * size : page * size], "page_info": parameters.page_info(page, size, len(found))}


def _by_cursor(given: dict[str, str], found: list[int]) -> dict[str, Any]:
    """A part of the list; the cursor counts the ids before it, and is 0 at first."""
    count, first = whole(given.get("count", ""), 1, LARGEST_PAGE), whole(given.get("cursor", "0"), 0, len(found))
    if count is None:
        raise Refusal(envelope.NOT_ACCEPTABLE, f"count: 1 至 {LARGEST_PAGE}")
    if first is None:
        raise Refusal(envelope.NOT_ACCEPTABLE, "cursor 不合法")
    after = first + count
    info = {
        "cursor": min(after, len(found)),
        "count": count,
        "has_more": after < len(found),
        "total_number": len(found),
    }
    return {"list": found[first:after], "cursor_page_info": info}
