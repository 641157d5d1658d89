"""Change a true answer to the shapes chosen in `unsure`, where sources disagree."""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from emulator.oceanengine.kinds import KINDS
from emulator.oceanengine.metrics import AMOUNTS, RATIOS
from emulator.shared.unsure import Choices
from emulator.shared.wire import Reply, Route

Data = Any  # of a success: an object, or a list of rows
ROWS = {  # Ocean Engine's lists: the key of the rows, by endpoint
    "accounts.local": "adv_list",
    "accounts.workbench": "accounts",
    "accounts.ebp": "account_list",
    "accounts.agent": "list",
    "accounts.child_agents": "child_agent_ids",
    **{f"report.{kind.name}": kind.rows for kind in KINDS.values()},
}
# advertiser_role of oauth2/advertiser/get: kinds with a number; the others keep their name
ROLE_NUMBERS = {"ADVERTISER": 1, "CUSTOMER_ADMIN": 2, "AGENT": 3, "CHILD_AGENT": 4, "PLATFORM_ROLE_STAR": 6}


def shaped(unsure: Choices, route: Route[Any], reply: Reply) -> Reply:
    """Shape a success; leave a refusal as it is."""
    data = reply.payload.get("data")
    if reply.payload.get("code") != 0 or not isinstance(data, dict | list):
        return reply
    if route.name in ROWS and isinstance(data, dict):
        _without_rows(unsure, data, ROWS[route.name])
    for choice in unsure.items():
        where, shape = SHAPES.get(choice, ("", _as_it_is))
        if where in (route.name, route.name.partition(".")[0], route.family.name):
            shape(data)
    return reply


def _as_it_is(_data: Data) -> None:
    return


def _without_rows(unsure: Choices, data: Data, rows: str) -> None:
    info = data.get("page_info")
    if data[rows] or info is None or info["total_number"]:
        return
    if unsure.holds("empty_pages", "one"):
        info["total_page"] = 1
    if unsure.holds("empty_pages", "absent"):
        del data["page_info"]
    # no source has an answer with neither rows nor page_info
    if unsure.holds("empty_list", "absent") and "page_info" in data:
        del data[rows]
    elif not unsure.holds("empty_list", "list"):
        data[rows] = None


def _ids_as_text(data: Data) -> None:
    if isinstance(data, list):
        for item in data:
            _ids_as_text(item)
    if not isinstance(data, dict):
        return
    for name, value in data.items():
        if isinstance(value, int) and (name == "id" or name.endswith("_id")):
            data[name] = str(value)
        elif isinstance(value, list) and value and isinstance(value[0], int):
            data[name] = [str(one) for one in value]
        else:
            _ids_as_text(value)


def _reported(data: Data) -> Iterator[dict[str, Any]]:
    return (row for kind in KINDS.values() for row in data.get(kind.rows) or [])


def _noisy(data: Data) -> None:
    for row in _reported(data):
        row |= {name: math.nextafter(row[name], math.inf) for name in AMOUNTS if row.get(name)}


def _undivided(change: Callable[[dict[str, Any], str], object]) -> Callable[[Data], None]:
    """Change the ratios of a row that has their denominator, and has it as zero."""

    def shape(data: Data) -> None:
        for row in _reported(data):
            for name in [name for name in row if name in RATIOS and row.get(RATIOS[name][1]) == 0]:
                change(row, name)

    return shape


def _valid_by_silence(data: Data) -> None:
    for line in data["list"]:
        if line["is_valid"]:
            del line["is_valid"]


def _role_alone(data: Data) -> None:
    for line in data["list"]:
        del line["account_type"]


def _number_alone(data: Data) -> None:
    for line in data["list"]:
        role = ROLE_NUMBERS.get(line.pop("account_type"))
        if role:
            del line["account_role"]
            line["advertiser_role"] = role


def _nameless(name: str | None) -> Callable[[Data], None]:
    def shape(data: Data) -> None:
        for row in data:
            row["name"] = name

    return shape


def _renamed(old: str, new: str) -> Callable[[Data], None]:
    def shape(data: Data) -> None:
        if old in data:
            data[new] = data.pop(old)

    return shape


def _both_lists(data: Data) -> None:
    if "list" in data:
        data["advertiser_ids"] = data["list"]


def _texts(cell: Callable[[str], object]) -> Callable[[Data], None]:
    def shape(data: Data) -> None:
        for item in data.get("items") or []:
            for name, value in item["fields"].items():
                if isinstance(value, list) and value and isinstance(value[0], dict) and value[0].get("type") == "text":
                    item["fields"][name] = cell("".join(segment["text"] for segment in value))

    return shape


def _pieces(text: str) -> object:
    middle = len(text) // 2
    return [{"type": "text", "text": piece} for piece in (text[:middle], text[middle:])]


def _nothing_found(*, absent: bool) -> Callable[[Data], None]:
    def shape(data: Data) -> None:
        if data["items"] == []:
            data["items"] = None
            if absent:
                del data["items"]

    return shape


def _last_token(token: str) -> Callable[[Data], None]:
    def shape(data: Data) -> None:
        if data.get("has_more") is False:
            data["page_token"] = token

    return shape


def _reversed(data: Data) -> None:
    data["records"] = data["records"][::-1]


def _ids_alone(data: Data) -> None:
    data["records"] = [{"record_id": record["record_id"]} for record in data["records"]]


def _listed_value(data: Data) -> None:
    info = data["view"]["property"]["filter_info"]
    for condition in info["conditions"] if info else ():
        condition["value"] = json.loads(condition["value"])


def _unfiltered(*, absent: bool) -> Callable[[Data], None]:
    def shape(data: Data) -> None:
        properties = data["view"]["property"]
        if properties["filter_info"] is None:
            properties["filter_info"] = {"conjunction": "and", "conditions": []}
            if absent:
                del properties["filter_info"]

    return shape


# (fact, alternative): the endpoint, group or service, and the change to its answers
SHAPES: Mapping[tuple[str, str], tuple[str, Callable[[Data], None]]] = {
    ("money", "float_noise"): ("report", _noisy),
    ("ratio_without_denominator", "zero"): ("report", _undivided(lambda row, name: row.update({name: 0}))),
    ("ratio_without_denominator", "null"): ("report", _undivided(lambda row, name: row.update({name: None}))),
    ("ratio_without_denominator", "absent"): ("report", _undivided(lambda row, name: row.pop(name))),
    ("is_valid", "absent"): ("accounts.authorized", _valid_by_silence),
    ("account_type", "role"): ("accounts.authorized", _role_alone),
    ("account_type", "number"): ("accounts.authorized", _number_alone),
    ("public_names", "row_missing"): ("accounts.names", lambda data: data.clear()),
    ("public_names", "empty"): ("accounts.names", _nameless("")),
    ("public_names", "null"): ("accounts.names", _nameless(None)),
    ("agent_ids", "advertiser_ids"): ("accounts.agent", _renamed("list", "advertiser_ids")),
    ("agent_ids", "both"): ("accounts.agent", _both_lists),
    ("cursor_info", "cursor_info"): ("accounts.agent", _renamed("cursor_page_info", "cursor_info")),
    ("child_agent_ids", "list"): ("accounts.child_agents", _renamed("child_agent_ids", "list")),
    ("ids", "text"): ("oceanengine", _ids_as_text),
    ("text_cells", "string"): ("records.search", _texts(lambda text: text)),
    ("text_cells", "pieces"): ("records.search", _texts(_pieces)),
    ("empty_search", "null"): ("records.search", _nothing_found(absent=False)),
    ("empty_search", "absent"): ("records.search", _nothing_found(absent=True)),
    ("last_page_token", "empty"): ("feishu", _last_token("")),
    ("last_page_token", "kept"): ("feishu", _last_token("bGFzdA")),
    ("created_order", "reversed"): ("records.batch_create", _reversed),
    ("write_echo", "ids"): ("records.batch_create", _ids_alone),
    ("view_value", "list"): ("views.get", _listed_value),
    ("unfiltered_view", "empty"): ("views.get", _unfiltered(absent=False)),
    ("unfiltered_view", "absent"): ("views.get", _unfiltered(absent=True)),
}
