"""Further bases beside the first: clients of them, and calls about what is in none."""

from typing import Any

import requests

from emulator.world.routes import ROUTES
from tests.emulator.client import TYPED, Client

SEARCH, NEW = "/records/search", "/records/batch_create"
BLANK: dict[str, Any] = {"records": [{"fields": {}}]}
OF_A_BASE = [route for route in ROUTES if "{app_token}" in route.path]


def add(emulator: Client, **given: object) -> Client:
    """A client of a further base; its facts name the base's table."""
    return at(emulator, emulator.control("bases/add", given))


def at(emulator: Client, made: dict[str, Any]) -> Client:
    """A client of a base that was made."""
    ids = {"app_token": made["app_token"], "wiki_token": made["wiki_token"], TYPED: made["table_id"]}
    client = Client(emulator.facts | ids)
    client.session = emulator.session  # which the fixture closes
    return client


def outcome(answer: requests.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["code"]


def items(answer: requests.Response) -> list[dict[str, Any]]:
    assert answer.json()["code"] == 0, answer.text
    return list(answer.json()["data"]["items"])


def call(emulator: Client, name: str, **ids: str) -> requests.Response:
    """An endpoint without any parameter."""
    route = next(route for route in ROUTES if route.name == name)
    path = route.path.format(**{"app_token": emulator.facts["app_token"], "table_id": "tblNone", "view_id": "v"} | ids)
    headers = {"Authorization": f"Bearer {emulator.tenant()}"}
    return emulator.send(route.method, path, headers=headers, **({} if route.method == "GET" else {"json": {}}))


def refused_by_control(emulator: Client, action: str, body: object) -> str:
    answer = emulator.send("POST", f"/_control/{action}", json=body)
    assert answer.status_code == 400, answer.text
    return str(answer.json()["error"])
