"""The refusal table's lines: a limit, its source, a call that breaks it, and the answer."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple
from unittest.mock import patch

import requests

from emulator.feishu.bitable import tables
from emulator.feishu.gate import OF_THE_MONTH
from tests.emulator.client import APPS, Client

Call = Callable[[Client], requests.Response]
NEW, UPDATE, DELETE = "/records/batch_create", "/records/batch_update", "/records/batch_delete"


class Refused(NamedTuple):
    """One line: the limit as a sentence, where it is stated, a call that breaks it, HTTP status, code."""

    limit: str
    page: str
    call: Call
    status: int
    code: int


def report(kind: str = "promotion", token: str | None = "", **changes: object) -> Call:
    return lambda emulator: emulator.report(kind, token, **changes)


def days(start: int, end: int = 0, kind: str = "promotion", **changes: object) -> Call:
    """A report from so many days ago to so many days ago."""

    def call(emulator: Client) -> requests.Response:
        today = date.fromisoformat(emulator.facts["day"]) + timedelta(days=1)
        span = {"start_date": today - timedelta(days=start), "end_date": today - timedelta(days=end)}
        return emulator.report(kind, **{name: day.isoformat() for name, day in span.items()} | changes)

    return call


def send(method: str, path: str, **options: object) -> Call:
    return lambda emulator: emulator.send(method, path, **options)


def base(method: str, path: str, **options: object) -> Call:
    return lambda emulator: emulator.base(method, path, **options)


def table(method: str, path: str, body: object = None, table_id: str = "typed_table_id", **options: object) -> Call:
    given = options if body is None else {"json": body, **options}
    return lambda emulator: emulator.table(method, path, table_id, **given)


def search(**body: object) -> Call:
    return table("POST", "/records/search", body)


def where(*conditions: object, **group: object) -> Call:
    return search(filter={"conjunction": "and", "conditions": list(conditions)} | group)


def condition(name: str, operator: str, *value: object) -> dict[str, object]:
    return {"field_name": name, "operator": operator, "value": list(value)}


def create(table_id: str = "typed_table_id", **fields: object) -> Call:
    return table("POST", NEW, {"records": [{"fields": fields}]}, table_id)


def field(**body: object) -> Call:
    return table("POST", "/fields", {"field_name": "新列", "type": 1} | body)


def new_table(**body: object) -> Call:
    return base("POST", "/tables", json={"table": {"name": "新表"} | body})


def new_column(**body: object) -> Call:
    """A new table with another column behind its index."""
    return new_table(fields=[{"field_name": "单元ID", "type": 1}, {"field_name": "列"} | body])


def full_base(emulator: Client) -> requests.Response:
    """A new table beside as many as a base holds; the limit is lowered to the two that are there."""
    with patch.object(tables, "MOST_TABLES", 2):
        return new_table()(emulator)


def patch_view(**body: object) -> Call:
    return lambda emulator: emulator.table("PATCH", f"/views/{emulator.view_id()}", json=body)


def filter_view(name: str, operator: str, value: object) -> Call:
    def call(emulator: Client) -> requests.Response:
        conditions = [{"field_id": emulator.field_id(name), "operator": operator, "value": value}]
        return patch_view(property={"filter_info": {"conjunction": "and", "conditions": conditions}})(emulator)

    return call


def after(action: str, body: object, call: Call) -> Call:
    """Do something, then the call."""

    def changed(emulator: Client) -> requests.Response:
        emulator.control(action, body)
        return call(emulator)

    return changed


def without(call: Call, **granted: object) -> Call:
    """The call of an app whose permissions were changed."""
    return after("permissions", granted, call)


def stale_code(settings: dict[str, object]) -> Call:
    """The exchange of an auth_code after settings were changed."""

    def call(emulator: Client) -> requests.Response:
        code = emulator.control("auth_code")["auth_code"]
        emulator.control("settings", settings)
        return emulator.oauth("access_token", refresh_token=None, auth_code=code)

    return call


def user_info(**query: object) -> Call:
    def call(emulator: Client) -> requests.Response:
        headers = {"Access-Token": emulator.facts["access_token"]}
        return emulator.send("GET", "/open_api/2/user/info/", params=query, headers=headers)

    return call


def used_code(emulator: Client) -> requests.Response:
    code = emulator.control("auth_code")["auth_code"]
    emulator.oauth("access_token", refresh_token=None, auth_code=code)
    return emulator.oauth("access_token", refresh_token=None, auth_code=code)


def used_up(emulator: Client) -> requests.Response:
    """A search with the month's calls used up; the limit is lowered, since 10,000 calls take too long."""
    with patch.dict(OF_THE_MONTH, {"10000": 2}):
        return [search()(emulator) for _ in range(3)][-1]


def other_base(emulator: Client) -> requests.Response:
    headers = {"Authorization": f"Bearer {emulator.tenant()}"}
    return emulator.send("GET", f"{APPS}/wikcnNone", headers=headers)


def bearer(value: str) -> Call:
    return base("GET", "", headers={"Authorization": value} if value else {})


def hook(body: object, **settings: object) -> Call:
    def call(emulator: Client) -> requests.Response:
        emulator.control("settings", settings)
        return emulator.send("POST", emulator.facts["webhook_path"], json=body)

    return call


def card(*elements: object, **parts: object) -> Call:
    body = {"schema": "2.0", "body": {"elements": list(elements)}} | parts
    return hook({"msg_type": "interactive", "card": body})
