"""From a token to its 本地推 accounts: what was authorized, the accounts under it, their names."""

import json
from typing import TYPE_CHECKING

from emulator.oceanengine import envelope, parameters
from emulator.oceanengine.oauth import LIFE_ACCOUNT_ID
from emulator.wire import Call, Refusal, Reply

if TYPE_CHECKING:
    from emulator.world import World

LARGEST_PAGE = 100
MOST_NAMES = 100
DEFAULT_PAGE_SIZE = 10
ROLES = ("ALL", "DIRECT_ACCOUNT", "VIRTUAL_ACCOUNT")
LIFE_NAME = "城南餐饮"


def authorized(world: "World", call: Call) -> Reply:
    """GET /open_api/oauth2/advertiser/get/: the token stands in the query."""
    given = parameters.single(call, ("access_token",), ("app_id", "secret"))
    world.oauth.check_access(given["access_token"])
    life = {
        "account_id": LIFE_ACCOUNT_ID,
        "account_name": LIFE_NAME,
        "account_type": "PLATFORM_ROLE_LIFE",
        "account_role": "PLATFORM_ROLE_LIFE",
        "advertiser_id": LIFE_ACCOUNT_ID,
        "advertiser_name": LIFE_NAME,
        "is_valid": True,
    }
    return envelope.success({"list": [life]})


def local(world: "World", call: Call) -> Reply:
    """GET /open_api/v3.0/local/life/advertiser/list/: ids without names."""
    given = parameters.single(call, ("life_account_id",), ("filtering", "page", "page_size"))
    if given["life_account_id"] != str(LIFE_ACCOUNT_ID):
        raise Refusal(envelope.NO_PERMISSION, "没有权限进行相关操作")
    role = _role(given.get("filtering", "{}"))
    size, page = (
        _page_size(given.get("page_size", str(DEFAULT_PAGE_SIZE))),
        parameters.page_number(given.get("page", "1")),
    )
    found = [] if role == "VIRTUAL_ACCOUNT" else list(world.source.accounts)
    listed = [
        {"local_account_id": known, "local_account_role": "DIRECT_ACCOUNT", "account_main_copy_tag": "MAIN_ACCOUNT"}
        for known in found[(page - 1) * size : page * size]
    ]
    page_info = {"page": page, "page_size": size, "total_number": len(found), "total_page": -(-len(found) // size)}
    return envelope.success({"adv_list": listed, "page_info": page_info})


def names(world: "World", call: Call) -> Reply:
    """GET /open_api/2/advertiser/public_info/."""
    given = parameters.single(call, ("advertiser_ids",), ("fields",))
    wanted = parameters.json_list("advertiser_ids", given["advertiser_ids"])
    if not 1 <= len(wanted) <= MOST_NAMES or not all(type(known) is int for known in wanted):
        raise Refusal(envelope.NOT_ACCEPTABLE, f"advertiser_ids: 1 至 {MOST_NAMES} 个整数")
    if not set(wanted) <= world.source.accounts.keys():
        raise Refusal(envelope.NO_PERMISSION, "没有权限进行相关操作")
    return envelope.success([{"id": known, "name": world.source.accounts[known].name} for known in wanted])


def _role(text: str) -> str:
    try:
        given = json.loads(text)
    except ValueError as problem:
        raise Refusal(envelope.NOT_ACCEPTABLE, "filtering: 不是合法的 JSON") from problem
    if not isinstance(given, dict) or not given.keys() <= {"local_account_role"}:
        raise Refusal(envelope.BAD_FILTER, "filtering 不合法")
    role = str(given.get("local_account_role", "ALL"))
    if role not in ROLES:
        raise Refusal(envelope.BAD_FILTER, "filtering.local_account_role 不合法")
    return role


def _page_size(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= LARGEST_PAGE):
        raise Refusal(envelope.NOT_ACCEPTABLE, f"page_size: 1 至 {LARGEST_PAGE}")
    return int(text)
