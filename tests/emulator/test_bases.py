"""Several bases: each with its tables, time zone and writer; ids and the month's calls are of all together."""

import threading
import time
from collections.abc import Callable
from unittest.mock import patch

import pytest
import requests

from emulator.feishu.bitable import tables
from emulator.feishu.gate import OF_THE_MONTH
from emulator.world.routes import ROUTES
from tests.emulator.client import TYPED, Client
from tests.emulator.further import BLANK, NEW, OF_A_BASE, SEARCH, add, call, items, outcome

NODE = "/open-apis/wiki/v2/spaces/get_node"
OF_A_TABLE = [route for route in ROUTES if "{table_id}" in route.path]
MIDNIGHT_MS = 1_736_870_400_000  # 2025-01-15 in Shanghai, 2025-01-14 11:00 in New York


def filled(client: Client) -> list[str]:
    """Make one of everything in a base; every id that there is then."""
    made = client.base("POST", "/tables", json={"table": {"name": "新表"}}).json()["data"]
    option = {"field_name": "选项", "type": 3, "property": {"options": [{"name": "甲"}]}}
    field = client.table("POST", "/fields", made["table_id"], json=option).json()["data"]["field"]
    rows = [{"fields": {"选项": name}} for name in ("甲", "乙")]
    records = client.table("POST", NEW, made["table_id"], json={"records": rows}).json()["data"]["records"]
    view = client.table("POST", "/views", made["table_id"], json={"view_name": "视图"}).json()["data"]["view"]
    field_ids = [one["field_id"] for one in items(client.table("GET", "/fields", made["table_id"]))]
    options = items(client.table("GET", "/fields", made["table_id"]))[1]["property"]["options"]
    ids = [made["table_id"], made["default_view_id"], view["view_id"], *(one["id"] for one in options), *field_ids]
    assert field["field_id"] in ids
    return [*ids, *(one["record_id"] for one in records)]


def test_no_id_of_one_base_is_an_id_of_another(emulator: Client) -> None:
    ids = [one for client in (emulator, add(emulator), add(emulator)) for one in filled(client)]
    assert len(ids) == 3 * 9
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("name", [route.name for route in OF_A_TABLE])
def test_a_table_of_another_base_is_not_found(emulator: Client, name: str) -> None:
    other = add(emulator)
    before = emulator.look("state")["tables"]
    status = 404 if name.startswith("views.") else 200
    assert outcome(call(other, name, table_id=emulator.facts[TYPED])) == (status, 1254041)
    assert outcome(call(emulator, name, table_id=other.facts[TYPED])) == (status, 1254041)
    assert emulator.look("state")["tables"] == before


@pytest.mark.parametrize("name", [route.name for route in OF_A_BASE])
def test_an_unknown_base_is_not_found_beside_several(emulator: Client, name: str) -> None:
    add(emulator)
    status = 404 if name.startswith("views.") else 200
    assert outcome(call(emulator, name, app_token="bascnNone", table_id=emulator.facts[TYPED])) == (status, 1254040)


def test_rows_views_and_columns_of_another_base_are_not_found(emulator: Client) -> None:
    other = add(emulator)
    [record] = emulator.look("records", table_id=emulator.facts[TYPED])["records"]
    gone = other.table("POST", "/records/batch_delete", json={"records": [record["record_id"]]})
    assert gone.json()["code"] == 1254043
    assert outcome(other.table("GET", f"/views/{emulator.view_id()}")) == (404, 1254042)
    hidden = {"property": {"hidden_fields": [emulator.field_id("备注")]}}
    assert outcome(other.table("PATCH", f"/views/{other.view_id()}", json=hidden)) == (400, 1254044)
    assert len(emulator.look("records", table_id=emulator.facts[TYPED])["records"]) == 1


def test_two_bases_may_have_tables_of_the_same_name(emulator: Client) -> None:
    other, wanted = add(emulator), {"table": {"name": "广告日报"}}
    assert emulator.base("POST", "/tables", json=wanted).json()["code"] == 1254013
    assert other.base("POST", "/tables", json=wanted).json()["code"] == 0
    assert other.base("POST", "/tables", json=wanted).json()["code"] == 1254013


def test_each_base_has_room_for_its_own_tables(emulator: Client) -> None:
    other = add(emulator)
    with patch.object(tables, "MOST_TABLES", 2):
        assert emulator.base("POST", "/tables", json={"table": {"name": "新表"}}).json()["code"] == 1254100
        codes = [other.base("POST", "/tables", json={"table": {"name": name}}).json()["code"] for name in "甲乙"]
    assert codes == [0, 1254100]


def test_each_table_has_room_for_its_own_rows(emulator: Client) -> None:
    other = add(emulator)
    emulator.control("settings", {"row_cap": 1})
    assert emulator.table("POST", NEW, json=BLANK).json()["code"] == 1254103
    assert [other.table("POST", NEW, json=BLANK).json()["code"] for _ in range(2)] == [0, 1254103]


def test_a_page_token_is_of_the_list_of_one_base(emulator: Client) -> None:
    other = add(emulator)
    other.base("POST", "/tables", json={"table": {"name": "新表"}})
    token = emulator.base("GET", "/tables", params={"page_size": 1}).json()["data"]["page_token"]
    query = {"page_size": 1, "page_token": token}
    assert other.base("GET", "/tables", params=query).json()["code"] == 1254002
    assert emulator.base("GET", "/tables", params=query).json()["code"] == 0


def test_a_client_token_is_of_one_operation_whatever_the_base(emulator: Client) -> None:
    other, query = add(emulator), {"client_token": "4f2c1a60-3b5d-4e7f-8a90-1b2c3d4e5f60"}
    first = emulator.table("POST", NEW, json=BLANK, params=query).json()
    assert other.table("POST", NEW, json=BLANK, params=query).json()["code"] == 1255006
    assert emulator.table("POST", NEW, json=BLANK, params=query).json() == first
    assert other.look("records", table_id=other.facts[TYPED])["records"] == []


def codes_of(*writes: Callable[[], requests.Response]) -> list[int]:
    """The codes of writes that begin one a little after the other."""
    found: dict[int, int] = {}

    def note(place: int) -> None:
        time.sleep(place * 0.2)
        found[place] = writes[place]().json()["code"]

    threads = [threading.Thread(target=note, args=[place]) for place in range(len(writes))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [found[place] for place in range(len(writes))]


def test_a_write_holds_up_those_of_its_own_base_only(emulator: Client) -> None:
    other, third = add(emulator), add(emulator)
    emulator.control("latency", {"records.batch_create": 1.2})
    codes = codes_of(
        lambda: emulator.table("POST", NEW, json=BLANK),
        lambda: other.table("POST", NEW, json=BLANK),
        lambda: emulator.table("POST", NEW, json=BLANK),
        lambda: other.table("POST", "/views", json={"view_name": "甲"}),
        lambda: third.table("POST", "/views", json={"view_name": "甲"}),
    )
    assert codes == [0, 0, 1254291, 1254291, 0]


def test_reads_that_a_write_refuses_are_those_of_its_base(emulator: Client) -> None:
    other = add(emulator)
    emulator.control("unsure", {"conflicts": "reads_too"})
    emulator.control("latency", {"records.batch_create": 1.2})
    codes = codes_of(
        lambda: emulator.table("POST", NEW, json=BLANK),
        lambda: other.table("POST", SEARCH, json={}),
        lambda: emulator.table("POST", SEARCH, json={}),
    )
    assert codes == [0, 0, 1254291]


def test_the_calls_of_the_month_are_those_of_all_bases(emulator: Client) -> None:
    other = add(emulator)
    with patch.dict(OF_THE_MONTH, {"10000": 2}):
        answers = [outcome(client.base("GET")) for client in (emulator, other, emulator, other)]
    assert answers == [(200, 0), (200, 0), (429, 99991403), (429, 99991403)]


def found_on(client: Client, day: str, *more: str) -> int:
    condition = {"field_name": "日期", "operator": "is", "value": [day, *more]}
    body = {"filter": {"conjunction": "and", "conditions": [condition]}}
    return int(client.table("POST", SEARCH, json=body).json()["data"]["total"])


def test_a_day_is_that_of_the_time_zone_of_its_base(emulator: Client) -> None:
    clients = [add(emulator, time_zone=zone) for zone in ("Asia/Shanghai", "America/New_York")]
    for client in clients:
        client.table("POST", NEW, json={"records": [{"fields": {"日期": MIDNIGHT_MS}}]})
    # ten hours earlier it was the day before in Shanghai, fourteen later it is the day after in New York
    instants = [str(MIDNIGHT_MS + hours * 3_600_000) for hours in (-10, 5, 14)]
    found = [[found_on(client, "ExactDate", instant) for instant in instants] for client in clients]
    assert found == [[0, 1, 1], [1, 1, 0]]


def test_the_setting_is_about_bases_without_a_time_zone_of_their_own(emulator: Client) -> None:
    own, other = add(emulator, time_zone="Asia/Tokyo"), add(emulator)
    emulator.control("settings", {"time_zone": "America/New_York"})
    zones = [client.base("GET").json()["data"]["app"]["time_zone"] for client in (emulator, own, other)]
    assert zones == ["America/New_York", "Asia/Tokyo", "America/New_York"]


def node(client: Client) -> requests.Response:
    headers = {"Authorization": f"Bearer {client.tenant()}"}
    return client.send("GET", NODE, params={"token": client.facts["wiki_token"]}, headers=headers)


def test_a_further_base_has_its_node_in_the_wiki(emulator: Client) -> None:
    other = add(emulator, name="投放资料")
    found = node(other).json()["data"]["node"]
    assert (found["obj_token"], found["obj_type"], found["title"]) == (other.facts["app_token"], "bitable", "投放资料")
    assert node(emulator).json()["data"]["node"]["obj_token"] == emulator.facts["app_token"]
    emulator.control("permissions", {"document": "none", "app_token": other.facts["app_token"]})
    assert [outcome(node(client)) for client in (emulator, other)] == [(200, 0), (400, 131006)]


def test_the_node_of_a_further_base_is_no_app_token(emulator: Client) -> None:
    other = add(emulator)
    assert outcome(call(emulator, "base.meta", app_token=other.facts["wiki_token"])) == (200, 1254003)
