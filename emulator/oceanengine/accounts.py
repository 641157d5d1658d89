"""The accounts of a token: what was authorized, the 本地推 accounts under it, their names."""

import re
from collections.abc import Collection
from typing import Any

from emulator.oceanengine import envelope, gate, parameters
from emulator.oceanengine.selection import LIFE, WORKBENCH
from emulator.oceanengine.state import OceanEngine
from emulator.shared.parsing import json_of, whole
from emulator.shared.wire import Call, Refusal, Reply

LARGEST_PAGE = 100
LAST_ROW = 10_000  # customer_center/account/list: page × page_size
MOST_NAMES = 100
DEFAULT_PAGE_SIZE = 10
ROLES = ("ALL", "DIRECT_ACCOUNT", "VIRTUAL_ACCOUNT")
KINDS = ("LOCAL", "AD", "QIANCHUAN")
FILTER_KEYS = {"account_type", "account_ids", "account_name", "account_tag"}


def authorized(ocean: OceanEngine, call: Call) -> Reply:
    """GET /open_api/oauth2/advertiser/get/: the token is in the query, or by choice in the header."""
    if ocean.unsure.holds("authorized_token", "header"):
        parameters.single(call, (), ("access_token", "app_id", "secret"))
        gate.authorize(ocean, call)
    else:
        given = parameters.single(call, ("access_token",), ("app_id", "secret"))
        ocean.oauth.check_access(given["access_token"])
    return envelope.success({"list": [ticked.described() for ticked in ocean.selection.ticked]})


def local(ocean: OceanEngine, call: Call) -> Reply:
    """GET /open_api/v3.0/local/life/advertiser/list/: ids without names."""
    given = parameters.single(call, ("life_account_id",), ("filtering", "page", "page_size"))
    parent = parent_of(ocean, "life_account_id", given["life_account_id"], LIFE)
    role = _role(given.get("filtering", "{}"))
    size, page = page_of(given)
    found = [] if role == "VIRTUAL_ACCOUNT" else ocean.selection.under(parent, ocean.source.accounts)
    listed = [
        {
            "local_account_id": account_id,
            "local_account_role": "DIRECT_ACCOUNT",
            "account_main_copy_tag": "COPY_ACCOUNT" if account_id in ocean.selection.copies else "MAIN_ACCOUNT",
        }
        for account_id in found[(page - 1) * size : page * size]
    ]
    parameters.check_page(ocean, page, size, len(found))
    return envelope.success({"adv_list": listed, "page_info": parameters.page_info(page, size, len(found))})


def workbench(ocean: OceanEngine, call: Call) -> Reply:
    """GET /open_api/v3.0/customer_center/account/list/: ids with names; the parameter is `filter`."""
    given = parameters.single(call, ("account_id", "filter"), ("page", "page_size"))
    parent = parent_of(ocean, "account_id", given["account_id"], WORKBENCH)
    wanted = _filter(given["filter"])
    size, page = page_of(given)
    if size * page > LAST_ROW:
        raise Refusal(envelope.NOT_ACCEPTABLE, f"page*page_size: 不超过 {LAST_ROW}")
    under = ocean.selection.under(parent, ocean.source.accounts)
    found = [account_id for account_id in under if _fits(ocean, account_id, wanted)]
    listed = [
        {"account_id": account_id, "account_name": ocean.source.accounts[account_id].name, "account_type": "LOCAL"}
        for account_id in found[(page - 1) * size : page * size]
    ]
    parameters.check_page(ocean, page, size, len(found))
    return envelope.success({"accounts": listed, "page_info": parameters.page_info(page, size, len(found))})


def names(ocean: OceanEngine, call: Call) -> Reply:
    """GET /open_api/2/advertiser/public_info/."""
    given = parameters.single(call, ("advertiser_ids",), ("fields",))
    wanted = parameters.json_list("advertiser_ids", given["advertiser_ids"])
    if not 1 <= len(wanted) <= MOST_NAMES or not all(type(account_id) is int for account_id in wanted):
        raise Refusal(envelope.NOT_ACCEPTABLE, f"advertiser_ids: 1 至 {MOST_NAMES} 个整数")
    if not set(wanted) <= ocean.source.accounts.keys():
        raise Refusal(envelope.NO_PERMISSION, "没有权限进行相关操作")
    return envelope.success([{"id": one, "name": ocean.source.accounts[one].name} for one in wanted])


def parent_of(ocean: OceanEngine, name: str, text: str, kinds: Collection[str]) -> int:
    """The id of a ticked and valid line of these kinds. Refuses any other."""
    check_id(name, text)
    if not ocean.selection.allows(int(text), kinds):
        raise Refusal(envelope.NO_PERMISSION, "没有权限进行相关操作")
    return int(text)


def check_id(name: str, text: str) -> None:
    """Refuse a text that is no id."""
    if not re.fullmatch(r"[1-9][0-9]{0,18}", text):
        raise Refusal(envelope.NOT_ACCEPTABLE, f"{name}: 必须为大于 0 的整数")


def object_of(name: str, text: str, keys: Collection[str]) -> dict[str, Any]:
    """Parse a parameter that is a JSON object of these keys."""
    try:
        given = json_of(text)
    except ValueError as problem:
        raise Refusal(envelope.NOT_ACCEPTABLE, f"{name}: 不是合法的 JSON") from problem
    if not isinstance(given, dict) or not given.keys() <= set(keys):
        raise Refusal(envelope.BAD_FILTER, f"{name} 不合法")
    return given


def _role(text: str) -> str:
    role = str(object_of("filtering", text, ("local_account_role",)).get("local_account_role", "ALL"))
    if role not in ROLES:
        raise Refusal(envelope.BAD_FILTER, "filtering.local_account_role 不合法")
    return role


def _filter(text: str) -> dict[str, Any]:
    given = object_of("filter", text, FILTER_KEYS)
    if given.get("account_type") not in KINDS:
        raise Refusal(envelope.BAD_FILTER, f"filter.account_type: 必填, 取值 {', '.join(KINDS)}")
    ids = given.get("account_ids", [])
    texts = [given.get("account_name", ""), given.get("account_tag", "")]
    if not isinstance(ids, list) or not all(type(account_id) is int for account_id in ids):
        raise Refusal(envelope.BAD_FILTER, "filter.account_ids: 必须为整数列表")
    if not all(isinstance(text, str) for text in texts):
        raise Refusal(envelope.BAD_FILTER, "filter.account_name, account_tag: 必须为文本")
    return given


def _fits(ocean: OceanEngine, account_id: int, wanted: dict[str, Any]) -> bool:
    """Whether an account passes the filter. Each is a 本地推 account without 备注."""
    return (
        wanted["account_type"] == "LOCAL"
        and account_id in wanted.get("account_ids", [account_id])
        and wanted.get("account_name", "") in ocean.source.accounts[account_id].name
        and not wanted.get("account_tag")
    )


def page_of(given: dict[str, str]) -> tuple[int, int]:
    """Page size and page."""
    text = given.get("page_size", str(DEFAULT_PAGE_SIZE))
    size = whole(text, 1, LARGEST_PAGE)
    if size is None:
        raise Refusal(envelope.NOT_ACCEPTABLE, f"page_size: 1 至 {LARGEST_PAGE}")
    return size, parameters.page_number(given.get("page", "1"))
