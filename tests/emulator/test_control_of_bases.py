"""Further bases in control and on the page: made, shown, worked in by people, named in the log and in faults."""

import re

import pytest

from tests.emulator.client import TYPED, Client
from tests.emulator.further import BLANK, NEW, SEARCH, add, at, items, refused_by_control


def test_a_further_base_has_one_empty_table_of_its_own(emulator: Client) -> None:
    made = emulator.control("bases/add", {"name": "投放资料", "time_zone": "America/New_York"})
    other = at(emulator, made)
    app = other.base("GET").json()["data"]["app"]
    assert (app["app_token"], app["name"], app["time_zone"]) == (made["app_token"], "投放资料", "America/New_York")
    assert made["url"] == f"https://demo.feishu.cn/base/{made['app_token']}"
    listed = items(other.base("GET", "/tables"))
    assert [(one["table_id"], one["name"]) for one in listed] == [(made["table_id"], "数据表")]
    columns = items(other.table("GET", "/fields", made["table_id"]))
    assert [(one["field_name"], one["type"], one["is_primary"]) for one in columns] == [
        ("多行文本", 1, True), ("单选", 3, False), ("日期", 5, False),
    ]  # fmt: skip
    assert items(other.table("POST", SEARCH, made["table_id"], json={})) == []
    assert [view["view_name"] for view in items(other.table("GET", "/views", made["table_id"]))] == ["表格"]


def test_a_further_base_leaves_the_first_as_it_was(emulator: Client) -> None:
    before = emulator.base("GET").json()["data"], emulator.base("GET", "/tables").json()["data"]
    other = add(emulator)
    assert other.table("POST", NEW, json=BLANK).json()["code"] == 0
    assert (emulator.base("GET").json()["data"], emulator.base("GET", "/tables").json()["data"]) == before
    assert emulator.send("GET", "/_control/facts", params={"url": emulator.url}).json() == emulator.facts


def test_a_new_base_may_have_blank_rows_as_a_new_table_may(emulator: Client) -> None:
    emulator.control("unsure", {"new_table_rows": "ten_blank"})
    assert add(emulator).table("POST", SEARCH, json={}).json()["data"]["total"] == 10


@pytest.mark.parametrize(
    "body", [{"name": 1}, {"time_zone": "Mars/Olympus"}, {"time_zone": 8}, {"zone": "Asia/Shanghai"}]
)
def test_a_base_with_bad_facts_is_not_made(emulator: Client, body: object) -> None:
    refused_by_control(emulator, "bases/add", body)
    assert len(emulator.look("state")["bases"]) == 1


def test_a_reset_forgets_further_bases_and_repeats_their_ids(emulator: Client) -> None:
    first = emulator.control("bases/add")
    emulator.control("reset")
    assert at(emulator, first).base("GET").json()["code"] == 1254040
    assert emulator.control("bases/add") == first


def test_control_shows_every_base_with_its_tables(emulator: Client) -> None:
    other = add(emulator, name="投放资料", time_zone="Asia/Tokyo")
    emulator.control("permissions", {"document": "view", "app_token": other.facts["app_token"]})
    state, tokens = emulator.look("state"), [client.facts["app_token"] for client in (emulator, other)]
    assert [(one["app_token"], one["name"]) for one in state["tables"]] == [
        (tokens[0], "广告日报"), (tokens[0], "广告日报（文本）"), (tokens[1], "数据表"),
    ]  # fmt: skip
    assert state["app_token"] == tokens[0]
    right = {"advanced": False}
    assert state["bases"] == [
        {"app_token": tokens[0], "name": "本地推日报", "time_zone": "Asia/Shanghai", "document": "edit", **right},
        {"app_token": tokens[1], "name": "投放资料", "time_zone": "Asia/Tokyo", "document": "view", **right},
    ]


def test_people_work_in_every_base(emulator: Client) -> None:
    other = add(emulator)
    there = {"table_id": other.facts[TYPED]}
    made = emulator.control("rows/insert", there | {"fields": {"多行文本": "甲", "单选": "新"}})["record_ids"]
    emulator.control("rows/edit", there | {"record_id": made[0], "fields": {"多行文本": "乙"}})
    emulator.control("columns/add", there | {"name": "公式", "type": 20})
    emulator.control("columns/retype", there | {"field_name": "多行文本", "type": 2})
    emulator.control("views/add", there | {"name": "我的"})
    emulator.control("tables/rename", there | {"name": "广告日报"})  # the name of a table in the first base
    [row] = emulator.look("records", **there)["records"]
    assert (row["record_id"], row["fields"]) == (made[0], {"单选": "新"})
    table = emulator.look("state")["tables"][-1]
    assert (table["name"], [view["view_name"] for view in table["views"]]) == ("广告日报", ["表格", "我的"])
    assert [one["field_name"] for one in table["fields"]] == ["多行文本", "单选", "日期", "公式"]
    emulator.control("rows/delete", there | {"all": True})
    assert emulator.look("records", **there)["records"] == []


def test_the_last_table_of_a_base_stays(emulator: Client) -> None:
    other = add(emulator)
    assert "last table" in refused_by_control(emulator, "tables/delete", {"table_id": other.facts[TYPED]})
    second = other.base("POST", "/tables", json={"table": {"name": "新表"}}).json()["data"]["table_id"]
    emulator.control("tables/delete", {"table_id": other.facts[TYPED]})
    assert [one["table_id"] for one in items(other.base("GET", "/tables"))] == [second]


def test_a_name_that_two_tables_have_does_not_say_which(emulator: Client) -> None:
    add(emulator)
    emulator.control("rows/insert", {"table_id": "数据表", "fields": {}})
    add(emulator)
    assert "more than one" in refused_by_control(emulator, "rows/insert", {"table_id": "数据表", "fields": {}})


def test_the_log_says_which_base_a_call_was_about(emulator: Client) -> None:
    other = add(emulator)
    other.table("POST", SEARCH, json={})
    emulator.base("GET")
    emulator.report()
    calls = [one for one in emulator.look("calls")["calls"] if one["endpoint"] != "feishu.token"]
    assert [one["about"].get("app_token") for one in calls] == [
        other.facts["app_token"], emulator.facts["app_token"], None,
    ]  # fmt: skip
    assert calls[0]["about"]["table_id"] == other.facts[TYPED]


def test_a_fault_can_hit_one_base_only(emulator: Client) -> None:
    other = add(emulator)
    match = {"app_token": other.facts["app_token"]}
    fault = {"endpoint": "base.meta", "kind": "code", "code": 1254290, "times": "always", "match": match}
    emulator.control("faults", fault)
    assert [client.base("GET").json()["code"] for client in (emulator, other, emulator)] == [0, 1254290, 0]


def tabs(emulator: Client, **query: str) -> str:
    html = emulator.send("GET", "/", params=query).text
    found = re.search(r'<nav class="tabs" id="tables">.*?</nav>', html, re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0])).strip() if found else ""


def test_the_page_shows_the_tables_of_all_bases_with_the_names_of_these(emulator: Client) -> None:
    assert tabs(emulator) == "广告日报 1 广告日报（文本） 1"
    other = add(emulator, name="投放<资料>")
    assert tabs(emulator) == "本地推日报 广告日报 1 广告日报（文本） 1 投放&lt;资料&gt; 数据表 0"
    html = emulator.send("GET", "/", params={"table": other.facts[TYPED]}).text
    assert "<title>数据表 · 投放&lt;资料&gt;</title>" in html
    assert f'data-table="{other.facts[TYPED]}"' in html
