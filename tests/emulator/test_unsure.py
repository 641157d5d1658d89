"""What nobody is sure of: one list, each alternative with a source, a switch and an effect."""

import re
import subprocess
import sys
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

import emulator as package
from emulator.server import EmulatorServer
from emulator.shapes import SHAPES
from emulator.shared.unsure import FACTS, Fact
from emulator.world.world import World
from tests.emulator.client import Client

CODE = "\n".join(
    path.read_text(encoding="utf-8") for path in Path(package.__path__[0]).rglob("*.py") if path.stem != "unsure"
)
each_fact = pytest.mark.parametrize("fact", FACTS.values(), ids=list(FACTS))


def test_there_are_at_least_thirty() -> None:
    assert len(FACTS) >= 30


@each_fact
def test_a_fact_says_what_it_is_about_and_where_that_stands(fact: Fact) -> None:
    assert re.match(r"(OE\+?|FS) (\d|Corrections)", fact.source)
    assert fact.about
    assert len(fact.alternatives) >= 2


@each_fact
def test_all_alternatives_but_one_are_asked_for_somewhere(fact: Fact) -> None:
    if f'unsure["{fact.name}"]' in CODE or fact.settings.keys() == set(fact.alternatives):
        return
    asked = [f'holds("{fact.name}", "{other}")' in CODE or (fact.name, other) in SHAPES for other in fact.alternatives]
    assert sum(asked) >= len(asked) - 1


def test_no_shape_is_of_something_else() -> None:
    assert all(other in FACTS[name].alternatives for name, other in SHAPES)


def test_control_lists_the_facts_and_what_holds(emulator: Client) -> None:
    shown = emulator.look("unsure")["facts"]
    assert [fact["name"] for fact in shown] == list(FACTS)
    assert all(fact["holds"] == fact["alternatives"][0] for fact in shown)
    emulator.control("unsure", {"ids": "text"})
    assert {fact["name"]: fact["holds"] for fact in emulator.look("unsure")["facts"]}["ids"] == "text"


def test_an_alternative_can_be_chosen_and_a_reset_brings_back_the_usual_one(emulator: Client) -> None:
    emulator.control("unsure", {"ids": "text", "client_token": "refused"})
    row = emulator.report().json()["data"]["promotion_list"][0]
    assert isinstance(row["promotion_id"], str)
    assert emulator.look("state")["settings"]["client_token_mode"] == "refuse"
    emulator.control("reset")
    assert isinstance(emulator.report().json()["data"]["promotion_list"][0]["promotion_id"], int)
    assert emulator.look("state")["settings"]["client_token_mode"] == "replay"


@pytest.mark.parametrize("wrong", [{"ids": "x"}, {"nothing": "list"}, {"ids": None}, ["ids"]])
def test_what_is_no_alternative_is_refused_and_changes_nothing(emulator: Client, wrong: Any) -> None:  # noqa: ANN401
    with pytest.raises(ValueError, match="error"):
        emulator.control("unsure", wrong)
    assert all(fact["holds"] == fact["alternatives"][0] for fact in emulator.look("unsure")["facts"])


def test_an_alternative_can_be_chosen_from_the_start_and_outlasts_a_reset() -> None:
    world = World(chosen={"old_access_token": "alive"})
    world.reset()
    assert world.unsure.holds("old_access_token", "alive")
    assert world.settings.access_token_grace == 86_400


def test_the_process_takes_alternatives_as_options() -> None:
    command = [sys.executable, "-m", "emulator", "--unsure", "ids=words"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert ended.returncode == 1
    assert "'ids' cannot be 'words'; there are numbers, text" in ended.stderr


def empty(emulator: Client, **chosen: str) -> Any:  # noqa: ANN401 JSON
    emulator.control("unsure", chosen)
    return emulator.report(filtering='{"promotion_ids":[1]}').json()["data"]


def test_a_list_without_rows_has_the_shape_that_was_chosen(emulator: Client) -> None:
    info = {"page": 1, "page_size": 100, "total_number": 0, "total_page": 0}
    assert empty(emulator) == {"promotion_list": [], "page_info": info}
    assert empty(emulator, empty_list="null") == {"promotion_list": None, "page_info": info}
    assert empty(emulator, empty_list="absent") == {"page_info": info}
    assert empty(emulator, empty_list="list", empty_pages="one")["page_info"]["total_page"] == 1
    assert empty(emulator, empty_pages="absent") == {"promotion_list": []}
    assert empty(emulator, empty_list="absent") == {"promotion_list": None}  # something has to be there


@pytest.mark.parametrize("kind", ["project", "account", "material"])
def test_a_sum_without_rows_has_the_shape_that_was_chosen(emulator: Client, kind: str) -> None:
    emulator.control("unsure", {"empty_list": "absent", "empty_pages": "one"})
    shown = emulator.report(kind, filtering='{"campaign_type":"SEARCHING"}').json()["data"]
    assert shown == {"page_info": {"page": 1, "page_size": 100, "total_number": 0, "total_page": 1}}


@pytest.mark.parametrize("kind", ["project", "account", "material"])
def test_amounts_of_sums_may_be_noisy(emulator: Client, kind: str) -> None:
    emulator.control("unsure", {"money": "float_noise"})
    (rows,) = [rows for name, rows in emulator.report(kind).json()["data"].items() if name.endswith("_list")]
    assert all(len(str(row["stat_cost"])) > 8 for row in rows if row["stat_cost"])


def test_a_report_of_materials_without_rows_may_be_refused(emulator: Client) -> None:
    nothing = '{"material_ids":[1]}'
    assert emulator.report("material", filtering=nothing).json()["data"]["material_list"] == []
    emulator.control("unsure", {"no_materials": "refused"})
    assert emulator.report("material", filtering=nothing).json()["code"] == 40000
    assert emulator.report("material", page="9").json()["data"]["material_list"] == []
    assert emulator.report("project", filtering='{"cdp_project_ids":[1]}').json()["code"] == 0


def test_what_is_no_metric_of_materials_may_be_left_out_of_their_rows(emulator: Client) -> None:
    asked = '["stat_cost","poi_recommend_count"]'
    assert emulator.report("material", metrics=asked).json()["code"] == 40001
    emulator.control("unsure", {"metric_of_no_material": "omitted"})
    (row, *_) = emulator.report("material", metrics=asked).json()["data"]["material_list"]
    assert row.keys() & {"stat_cost", "poi_recommend_count"} == {"stat_cost"}
    assert emulator.report("material", metrics=asked, order_field="poi_recommend_count").json()["code"] == 40000
    assert emulator.report("material", metrics='["ad_click_cnt"]').json()["code"] == 40001
    assert "poi_recommend_count" in emulator.report(metrics=asked).json()["data"]["promotion_list"][0]


@pytest.mark.parametrize("kind", ["project", "material"])
def test_without_a_granularity_a_sum_may_be_of_the_whole_span(emulator: Client, kind: str) -> None:
    first = str(date.fromisoformat(emulator.facts["day"]) - timedelta(days=5))
    asked = {"start_date": first, "metrics": '["stat_cost"]', "time_granularity": None}
    days = emulator.report(kind, **asked).json()["data"][f"{kind}_list"]
    emulator.control("unsure", {"default_granularity": "total"})
    whole = emulator.report(kind, **asked, order_field="stat_cost").json()["data"][f"{kind}_list"]
    assert [row["stat_cost"] for row in whole] == sorted(row["stat_cost"] for row in whole)
    spent: Counter[int] = Counter()
    for row in days:
        spent[row[f"{kind}_id"]] += round(row["stat_cost"] * 100)
    assert {row[f"{kind}_id"]: round(row["stat_cost"] * 100) for row in whole} == spent
    assert len(whole) < len(days)
    assert not any("stat_time_day" in row for row in whole)


def test_without_a_granularity_the_whole_span_may_be_one_row(emulator: Client) -> None:
    emulator.control("unsure", {"default_granularity": "total"})
    first = str(date.fromisoformat(emulator.facts["day"]) - timedelta(days=2))
    (whole,) = emulator.report("account", time_granularity=None, start_date=first).json()["data"]["data_list"]
    days = emulator.report("account", start_date=first).json()["data"]["data_list"]
    assert "stat_time_day" not in whole
    assert whole["stat_cost"] == pytest.approx(sum(day["stat_cost"] for day in days))
    assert len(days) > 1
    rows = emulator.report(time_granularity=None).json()["data"]["promotion_list"]
    assert rows
    assert all("stat_time_day" not in row for row in rows)


@pytest.mark.parametrize("page", ["2", "9"])
def test_a_page_after_the_last_one_is_empty_or_refused(emulator: Client, page: str) -> None:
    assert emulator.report(page=page).json()["data"]["promotion_list"] == []
    emulator.control("unsure", {"page_beyond_end": "refused"})
    assert emulator.report(page=page).json()["code"] == 40000
    assert emulator.report().json()["code"] == 0


def throttled(emulator: Client, **chosen: str) -> requests.Response:
    emulator.control("unsure", chosen)
    emulator.control("faults/clear")
    emulator.control("faults", {"endpoint": "report.promotion", "kind": "throttled", "seconds": 7})
    return emulator.report()


def test_a_call_too_many_is_refused_in_the_way_that_was_chosen(emulator: Client) -> None:
    assert throttled(emulator).json()["code"] == 40100
    assert throttled(emulator, throttled_calls="40110").json()["code"] == 40110
    told = throttled(emulator, throttled_calls="40110_retry_in")
    assert (told.json()["code"], told.headers["X-RateLimit-RetryIn"]) == (40110, "7")
    bare = throttled(emulator, throttled_calls="http_429")
    assert (bare.status_code, bare.text[:6]) == (429, "<html>")


FEISHU = {
    "429": (429, 99991400, True),
    "429_bare": (429, 99991400, False),
    "400": (400, 99991400, True),
    "1254290": (200, 1254290, False),
    "1254290_429": (429, 1254290, False),
    "1254112": (200, 1254112, False),
}


@pytest.mark.parametrize(("way", "expected"), FEISHU.items())
def test_feishu_refuses_a_call_too_many_in_the_way_that_was_chosen(
    emulator: Client, way: str, expected: tuple[int, int, bool]
) -> None:
    emulator.control("unsure", {"too_many_requests": way})
    emulator.control("faults", {"endpoint": "records.search", "kind": "throttled"})
    answer = emulator.table("POST", "/records/search", json={})
    assert (answer.status_code, answer.json()["code"], "x-ogw-ratelimit-reset" in answer.headers) == expected


def test_a_table_that_was_just_made_may_not_be_there_yet_and_may_have_blank_rows(emulator: Client) -> None:
    emulator.control("unsure", {"just_created": "late", "new_table_rows": "ten_blank"})
    made = emulator.base("POST", "/tables", json={"table": {"name": "新表"}}).json()["data"]["table_id"]
    answers = [emulator.table("POST", "/records/search", made, json={}).json() for _ in range(2)]
    assert [answer["code"] for answer in answers] == [1254041, 0]
    assert answers[1]["data"]["total"] == 10


def test_a_read_may_be_refused_while_a_write_is_under_way() -> None:
    with EmulatorServer() as server, Client(server.facts()) as client:
        client.control("unsure", {"conflicts": "reads_too"})
        server.world.feishu.base.writers = 1
        assert client.table("POST", "/records/search", json={}).json()["code"] == 1254291
        assert client.base("GET", "").json()["code"] == 0
        client.control("unsure", {"conflicts": "writes"})
        assert client.table("POST", "/records/search", json={}).json()["code"] == 0


def test_a_view_may_take_the_names_of_options(emulator: Client) -> None:
    emulator.control("unsure", {"view_select": "option_names"})
    emulator.control("rows/insert", {"table_id": emulator.facts["typed_table_id"], "fields": {"账户名称": "城东店"}})
    view, field = emulator.view_id(), emulator.field_id("账户名称")
    listed = emulator.table("GET", "/fields", params={"page_size": 100}).json()["data"]["items"]
    option = next(one for one in listed if one["field_id"] == field)["property"]["options"][0]["id"]

    def patch(value: str) -> Any:  # noqa: ANN401 JSON
        condition = {"field_id": field, "operator": "is", "value": value}
        info = {"conjunction": "and", "conditions": [condition]}
        return emulator.table("PATCH", f"/views/{view}", json={"property": {"filter_info": info}}).json()

    assert patch(f'["{option}"]')["code"] == 1254018
    assert patch('["城东店"]')["code"] == 0
    shown = emulator.table("GET", f"/views/{view}").json()["data"]["view"]["property"]["filter_info"]["conditions"]
    assert shown[0]["value"] == '["城东店"]'


def test_dates_may_be_compared_by_their_instants(emulator: Client) -> None:
    midnight = 1_790_006_400_000  # 2026-09-22 in Shanghai
    table = emulator.facts["typed_table_id"]
    emulator.control("rows/insert", {"table_id": table, "fields": {"单元ID": "1", "时间": midnight + 3_600_000}})
    condition = {"field_name": "时间", "operator": "isGreater", "value": ["ExactDate", str(midnight)]}
    body = {"filter": {"conjunction": "and", "conditions": [condition]}, "field_names": ["单元ID"]}

    def found() -> list[Any]:
        items = emulator.table("POST", "/records/search", json=body).json()["data"]["items"]
        return [item for item in items if item["fields"].get("单元ID")]

    assert found() == []
    emulator.control("unsure", {"date_filter": "instants"})
    assert len(found()) == 1
