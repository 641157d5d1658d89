"""From a token to its 本地推 accounts.

Follows 巨量引擎 Marketing API: 获取已授权账户 (oauth2/advertiser/get), 获取来客账户下的本地推账户
(local/life/advertiser/list), 获取工作台下账户列表 (customer_center/account/list) and 获取广告主公开信息
(advertiser/public_info).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.clients.oceanengine.api import OceanEngine
from pipeline.core.errors import BadResponse

AUTHORIZED = "/open_api/oauth2/advertiser/get/"
OF_LIFE = "/open_api/v3.0/local/life/advertiser/list/"
OF_WORKBENCH = "/open_api/v3.0/customer_center/account/list/"
PUBLIC_INFO = "/open_api/2/advertiser/public_info/"
LIFE_TYPES = ("PLATFORM_ROLE_LIFE",)
WORKBENCH_TYPES = ("CUSTOMER_ADMIN", "CUSTOMER_OPERATOR")
NAMES_A_CALL = 100


@dataclass(frozen=True, slots=True)
class Authorized:
    """One account that a person ticked: a 来客 account, a 工作台, or of a type that is none of our business."""

    id: str
    name: str
    type: str
    valid: bool  # False: the person no longer manages it


def authorized(api: OceanEngine) -> list[Authorized]:
    """What the token was given for.

    Raises:
        BadResponse: A line lacks its id.
    """
    listed = api.get(AUTHORIZED, {}, token_as="access_token").get("list") or []  # noqa: S106 a parameter's name
    if not isinstance(listed, list) or not all(isinstance(line, dict) for line in listed):
        raise BadResponse(f"{AUTHORIZED}: list is not a list of accounts")
    return [
        Authorized(
            id=_id(AUTHORIZED, line, "account_id"),
            name=str(line.get("account_name") or ""),
            type=str(line.get("account_type") or ""),
            valid=line.get("is_valid") is not False,
        )
        for line in listed
    ]


def accounts_of_life(api: OceanEngine, life_account_id: str) -> list[str]:
    """Ids of the 本地推 accounts, main and copied, under a 来客 account; the service tells no names here."""
    rows = api.pages(OF_LIFE, {"life_account_id": life_account_id}, "adv_list", ("local_account_id",))
    return [_id(OF_LIFE, row, "local_account_id") for row in rows]


def accounts_of_workbench(api: OceanEngine, workbench_id: str) -> dict[str, str]:
    """The 本地推 accounts under a 工作台: name by id, empty where the service tells none."""
    params = {"account_id": workbench_id, "filter": {"account_type": "LOCAL"}}
    rows = api.pages(OF_WORKBENCH, params, "accounts", ("account_id",))
    return {_id(OF_WORKBENCH, row, "account_id"): str(row.get("account_name") or "") for row in rows}


def names_of(api: OceanEngine, account_ids: Sequence[str]) -> dict[str, str]:
    """The accounts' names by id.

    Raises:
        BadResponse: An account has none.
    """
    names: dict[str, str] = {}
    for first in range(0, len(account_ids), NAMES_A_CALL):
        chunk = [int(number) for number in account_ids[first : first + NAMES_A_CALL]]
        rows = api.get_list(PUBLIC_INFO, {"advertiser_ids": chunk})
        names |= {_id(PUBLIC_INFO, row, "id"): str(row.get("name") or "") for row in rows}
    if nameless := [number for number in account_ids if not names.get(number)]:
        raise BadResponse(f"{PUBLIC_INFO}: no name for {', '.join(nameless)}")
    return names


def _id(path: str, row: Mapping[str, Any], name: str) -> str:
    """An id as text; some endpoints send a number, some a string."""
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int | str) or not str(value).isdigit():
        raise BadResponse(f"{path}: a row has no {name}: {value!r}")
    return str(value)
