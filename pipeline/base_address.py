"""Takes the address of a base, as copied from a browser, in place of its token."""

from collections.abc import Mapping
from typing import Any

from pipeline.core.tables.address import read_address

# its names in an environment and as an argument
APP_TOKEN = ("LAIKE_BITABLE_APP_TOKEN", "FEISHU_APP_TOKEN", "bitable_app_token")
TABLE_ID = ("LAIKE_BITABLE_TABLE_ID", "FEISHU_TABLE_ID", "bitable_table_id")


def from_address(given: Mapping[str, Any]) -> dict[str, Any]:
    """Replace the base's address by its token; the table in the address counts unless another is set."""
    made = dict(given)
    name = next((name for name in APP_TOKEN if made.get(name)), "")
    address = read_address(str(made.get(name, "")))
    if address is None:
        return made
    made.setdefault("bitable_url", made[name])
    made[name] = address.app_token
    if address.table_id and not any(map(made.get, TABLE_ID)):
        made["LAIKE_BITABLE_TABLE_ID"] = address.table_id
    return made
