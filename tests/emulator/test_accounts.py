# ruff: noqa: E501 - a limit is one line, whatever its length
"""From a token to its accounts: what was ticked, both listings, names; and what each of them refuses."""

import json
from typing import Any

import pytest
import requests

from tests.emulator.client import Client
from tests.emulator.refusing import Call, Refused

AUTHORIZED = "/open_api/oauth2/advertiser/get/"
LIFE_LIST = "/open_api/v3.0/local/life/advertiser/list/"
WORKBENCH_LIST = "/open_api/v3.0/customer_center/account/list/"
PUBLIC_INFO = "/open_api/2/advertiser/public_info/"
LIFE_ID, BENCH_ID = "7100000000000000001", "1790000000000009"
LIFE = {"account_id": LIFE_ID, "account_name": "城南餐饮", "account_type": "PLATFORM_ROLE_LIFE"}
BENCH = {"account_id": BENCH_ID, "account_name": "总部工作台", "account_type": "CUSTOMER_ADMIN"}
LOCAL = json.dumps({"account_type": "LOCAL"})
Plain = dict[str, Any]


def get(path: str, **query: object) -> Call:
    """A GET with the token; None takes a parameter out."""

    def call(emulator: Client) -> requests.Response:
        given = {name: value for name, value in query.items() if value is not None}
        return emulator.send("GET", path, params=given, headers={"Access-Token": emulator.facts["access_token"]})

    return call


def bench(**changes: object) -> Call:
    """The listing of a 工作台 that was ticked."""

    def call(emulator: Client) -> requests.Response:
        emulator.control("authorized", {"ticked": [LIFE, BENCH]})
        return get(WORKBENCH_LIST, **({"account_id": BENCH_ID, "filter": LOCAL} | changes))(emulator)

    return call


def life(**changes: object) -> Call:
    return get(LIFE_LIST, **({"life_account_id": LIFE_ID} | changes))


def no_longer_managed(emulator: Client) -> requests.Response:
    emulator.control("authorized", {"ticked": [LIFE | {"is_valid": False}]})
    return life()(emulator)


EBP_ID, AGENT_ID, CHILD_ID = "1790000000000021", "1790000000000031", "1790000000000032"
EBP = {"account_id": EBP_ID, "account_name": "新总部", "account_type": "PLATFORM_ROLE_ENTERPRISE_BP_ADMIN"}
GROUP_ID = "1790000000000022"
GROUP = {"account_id": GROUP_ID, "account_name": "集团", "account_type": "PLATFORM_ROLE_GROUP_BP_OPERATOR"}
AGENT = {"account_id": AGENT_ID, "account_name": "代理", "account_type": "PLATFORM_ROLE_LOCAL_AGENT"}
TICKED: Plain = {"ticked": [LIFE, BENCH, EBP, GROUP, AGENT], "children": {AGENT_ID: [CHILD_ID]}}


def ticked(path: str, unsure: Plain | None = None, **query: object) -> Call:
    """A listing of something that was ticked."""

    def call(emulator: Client) -> requests.Response:
        emulator.control("authorized", TICKED)
        emulator.control("unsure", unsure or {})
        return get(path, **query)(emulator)

    return call


def ebp(unsure: Plain | None = None, **changes: object) -> Call:
    query: Plain = {"enterprise_organization_id": EBP_ID, "account_source": "LOCAL"} | changes
    return ticked("/open_api/2/ebp/advertiser/list/", unsure, **query)


def agent(**changes: object) -> Call:
    query: Plain = {"advertiser_id": AGENT_ID} | changes
    return ticked("/open_api/2/agent/advertiser/select/", **query)


def child_agents(**changes: object) -> Call:
    query: Plain = {"advertiser_id": AGENT_ID} | changes
    return ticked("/open_api/2/agent/child_agent/select/", **query)


OF_EBP, OF_AGENT, OF_CHILDREN = "升级版工作台账户列表", "代理商管理账户列表", "二级代理商列表"
BOTH, DISCOVERY, NAMES = "本地推 / 工作台: 账户列表", "获取已授权账户", "获取广告主公开信息"
TABLE = [
    Refused("the token stands in the query", DISCOVERY, get(AUTHORIZED), 200, 40000),
    Refused("a wrong token in the query is refused", DISCOVERY, get(AUTHORIZED, access_token="x"), 200, 40105),
    Refused("a 来客 account is needed", BOTH, life(life_account_id=None), 200, 40000),
    Refused("a 来客 account is a number", BOTH, life(life_account_id="x"), 200, 40000),
    Refused("a 来客 account must have been ticked", BOTH, life(life_account_id="7100000000000000002"), 200, 40002),
    Refused("a 工作台 is no 来客 account", BOTH, life(life_account_id=BENCH_ID), 200, 40002),
    Refused("who is no longer managed is not listed", BOTH, no_longer_managed, 200, 40002),
    Refused("a role is one of three", BOTH, life(filtering='{"local_account_role":"MAIN"}'), 200, 40003),
    Refused("the 来客 list has pages of at most 100", BOTH, life(page_size="101"), 200, 40000),
    Refused("a 工作台 is needed", BOTH, bench(account_id=None), 200, 40000),
    Refused("a 工作台 must have been ticked", BOTH, bench(account_id="1790000000000010"), 200, 40002),
    Refused("a 来客 account is no 工作台", BOTH, bench(account_id=LIFE_ID), 200, 40002),
    Refused("the filter is called filter", BOTH, bench(filter=None, filtering=LOCAL), 200, 40000),
    Refused("a filter is needed", BOTH, bench(filter=None), 200, 40000),
    Refused("a filter is JSON", BOTH, bench(filter="LOCAL"), 200, 40000),
    Refused("a filter is an object", BOTH, bench(filter='["LOCAL"]'), 200, 40003),
    Refused("a filter names its account_type", BOTH, bench(filter="{}"), 200, 40003),
    Refused("an account_type is one of three", BOTH, bench(filter='{"account_type":"ALL"}'), 200, 40003),
    Refused("a filter has known keys", BOTH, bench(filter='{"account_type":"LOCAL","name":"x"}'), 200, 40003),
    Refused("accounts are filtered by numbers", BOTH, bench(filter='{"account_type":"LOCAL","account_ids":["1"]}'), 200, 40003),
    Refused("the 工作台 list has pages of at least 1", BOTH, bench(page_size="0"), 200, 40000),
    Refused("the 工作台 list has pages of at most 100", BOTH, bench(page_size="101"), 200, 40000),
    Refused("pages of the 工作台 list count from 1", BOTH, bench(page="0"), 200, 40000),
    Refused("the 工作台 list ends at row 10000", BOTH, bench(page="101", page_size="100"), 200, 40000),
    Refused("a 升级版工作台 is needed", OF_EBP, ebp(enterprise_organization_id=None), 200, 40000),
    Refused("a 升级版工作台 is a number", OF_EBP, ebp(enterprise_organization_id="x"), 200, 40000),
    Refused("a 升级版工作台 must have been ticked", OF_EBP, ebp(enterprise_organization_id="1790000000000029"), 200, 40002),
    Refused("an older 工作台 is no 升级版工作台", OF_EBP, ebp(enterprise_organization_id=BENCH_ID), 200, 40002),
    Refused("a 升级版工作台 is no older 工作台", BOTH, ticked(WORKBENCH_LIST, account_id=EBP_ID, filter=LOCAL), 200, 40002),
    Refused("the kind of accounts is needed", OF_EBP, ebp(account_source=None), 200, 40000),
    Refused("the kind of accounts is one of three", OF_EBP, ebp(account_source="ALL"), 200, 40000),
    Refused("the filter of the 升级版工作台 has known keys", OF_EBP, ebp(filtering='{"name":"x"}'), 200, 40003),
    Refused("active_account is true or false", OF_EBP, ebp(filtering='{"active_account":"x"}'), 200, 40003),
    Refused("the 升级版工作台 has pages of at most 100", OF_EBP, ebp(page_size="101"), 200, 40000),
    Refused("pages of the 升级版工作台 count from 1", OF_EBP, ebp(page="0"), 200, 40000),
    Refused("a 企业号 has no such list", OF_EBP, ebp({"enterprise_bp": "refused"}), 200, 40002),
    Refused("a 集团工作台 may have no such list", OF_EBP, ebp({"group_bp": "refused"}, enterprise_organization_id=GROUP_ID), 200, 40002),
    Refused("an agent is needed", OF_AGENT, agent(advertiser_id=None), 200, 40000),
    Refused("an agent must have been ticked, or lie under one that was", OF_AGENT, agent(advertiser_id="1790000000000039"), 200, 40002),
    Refused("a 来客 account is no agent", OF_AGENT, agent(advertiser_id=LIFE_ID), 200, 40002),
    Refused("an agent's list has a filter with known keys", OF_AGENT, agent(filtering='{"ids":[1]}'), 200, 40003),
    Refused("companies are a JSON list", OF_AGENT, agent(company_ids="1"), 200, 40000),
    Refused("an agent's list has pages of at most 100", OF_AGENT, agent(page_size="101"), 200, 40000),
    Refused("an agent's list ends at row 10000 by page", OF_AGENT, agent(page="101", page_size="100"), 200, 40000),
    Refused("pages and a cursor are two ways", OF_AGENT, agent(page="1", count="100"), 200, 40000),
    Refused("a cursor needs its count", OF_AGENT, agent(cursor="0"), 200, 40000),
    Refused("a count is at most 100", OF_AGENT, agent(count="101"), 200, 40000),
    Refused("a cursor is one that was told", OF_AGENT, agent(count="100", cursor="99999"), 200, 40000),
    Refused("second-level agents lie under an agent", OF_CHILDREN, child_agents(advertiser_id=LIFE_ID), 200, 40002),
    Refused("the agent of second-level agents is needed", OF_CHILDREN, child_agents(advertiser_id=None), 200, 40000),
    Refused("second-level agents come in pages of at most 100", OF_CHILDREN, child_agents(page_size="101"), 200, 40000),
    Refused("names are asked for by 1 id at least", NAMES, get(PUBLIC_INFO, advertiser_ids="[]"), 200, 40000),
    Refused("names are asked for by 100 ids at most", NAMES, get(PUBLIC_INFO, advertiser_ids=json.dumps([*range(101)])), 200, 40000),
    Refused("ids are numbers", NAMES, get(PUBLIC_INFO, advertiser_ids='["1834207156320263"]'), 200, 40000),
    Refused("a foreign account has no name", NAMES, get(PUBLIC_INFO, advertiser_ids="[1]"), 200, 40002),
]  # fmt: skip


@pytest.mark.parametrize("line", TABLE, ids=[f"{line.limit} ({line.page})" for line in TABLE])
def test_the_limit_is_kept(emulator: Client, line: Refused) -> None:
    answer = line.call(emulator)
    assert (answer.status_code, answer.json()["code"]) == (line.status, line.code)
    assert "data" not in answer.json()


def data(call: Call, emulator: Client) -> Plain:
    answer = call(emulator).json()
    assert answer["code"] == 0, answer
    found: Plain = answer["data"]
    return found


def ids(found: Plain) -> list[str]:
    return [
        str(row.get("local_account_id", row.get("account_id")))
        for row in found.get("adv_list") or found.get("accounts") or []
    ]


def test_a_selection_may_hold_what_is_invalid_and_what_nobody_knows(emulator: Client) -> None:
    stranger = {"account_id": "9", "account_name": "某", "account_type": "PLATFORM_ROLE_OF_TOMORROW"}
    emulator.control("authorized", {"ticked": [LIFE | {"is_valid": False}, BENCH, stranger]})
    listed = data(get(AUTHORIZED, access_token=emulator.facts["access_token"]), emulator)["list"]
    assert [(str(line["account_id"]), line["account_type"], line["is_valid"]) for line in listed] == [
        (LIFE_ID, "PLATFORM_ROLE_LIFE", False),
        (BENCH_ID, "CUSTOMER_ADMIN", True),
        ("9", "PLATFORM_ROLE_OF_TOMORROW", True),
    ]


def test_an_account_lies_under_one_of_them_the_other_or_both(emulator: Client) -> None:
    first, second, third, *others = emulator.facts["accounts"]
    parents = {first: [BENCH_ID], second: [LIFE_ID, BENCH_ID], third: []}
    emulator.control("authorized", {"parents": parents})
    assert sorted(ids(data(bench(), emulator))) == sorted([first, second])
    assert sorted(ids(data(life(page_size=100), emulator))) == sorted([second, *others])


def test_an_account_under_nothing_that_was_ticked_has_no_report(emulator: Client) -> None:
    first, second, *_ = emulator.facts["accounts"]
    emulator.control("authorized", {"ticked": [BENCH, LIFE | {"is_valid": False}], "parents": {first: [BENCH_ID]}})
    codes = [emulator.report(local_account_id=known).json()["code"] for known in (first, second)]
    assert codes == [0, 40002]


def test_the_workbench_tells_names_and_finds_by_id_and_name(emulator: Client) -> None:
    first, second, *_ = emulator.facts["accounts"]
    name = emulator.facts["accounts"][first]
    emulator.control("authorized", {"parents": {first: [BENCH_ID], second: [BENCH_ID]}})
    listed = data(bench(), emulator)["accounts"]
    assert listed[0] == {"account_id": int(first), "account_name": name, "account_type": "LOCAL"}
    for wanted in ({"account_ids": [int(first)]}, {"account_name": name[:2]}):
        words = json.dumps({"account_type": "LOCAL"} | wanted)
        assert ids(data(bench(filter=words), emulator)) == [first]
    for nothing in ({"account_type": "AD"}, {"account_type": "LOCAL", "account_tag": "备注"}):
        assert ids(data(bench(filter=json.dumps(nothing)), emulator)) == []


def test_an_upgraded_workbench_tells_names_and_only_local_accounts(emulator: Client) -> None:
    first, second, *_ = emulator.facts["accounts"]
    name = emulator.facts["accounts"][first]
    emulator.control("authorized", {"parents": {first: [EBP_ID], second: [EBP_ID]}})
    listed = data(ebp(), emulator)["account_list"]
    assert listed[0] == {"account_id": int(first), "account_name": name, "account_type": "LOCAL"}
    assert len(listed) == 2
    words = json.dumps({"account_name": name})
    assert [str(row["account_id"]) for row in data(ebp(filtering=words), emulator)["account_list"]] == [first]
    assert data(ebp(account_source="AD"), emulator)["account_list"] == []


def test_an_agent_lists_ids_by_page_and_by_cursor_and_says_of_which_kind(emulator: Client) -> None:
    first, second, third, *_ = emulator.facts["accounts"]
    emulator.control("authorized", {"parents": {one: [AGENT_ID] for one in (first, second, third)}})
    by_page = data(agent(page=1, page_size=2), emulator)
    assert (by_page["list"], by_page["account_source"]) == ([int(first), int(second)], "LOCAL")
    assert by_page["page_info"] == {"page": 1, "page_size": 2, "total_number": 3, "total_page": 2}
    start = data(agent(count=2), emulator)
    assert start["cursor_page_info"] == {"cursor": 2, "count": 2, "has_more": True, "total_number": 3}
    end = data(agent(count=2, cursor=2), emulator)
    assert (end["list"], end["cursor_page_info"]["has_more"]) == ([int(third)], False)
    emulator.control("authorized", {"sources": {AGENT_ID: "AD"}})
    assert data(agent(), emulator)["account_source"] == "AD"


def test_accounts_of_a_second_level_agent_are_reached_through_the_agent_that_was_ticked(emulator: Client) -> None:
    first, *_ = emulator.facts["accounts"]
    emulator.control("authorized", {"parents": {first: [CHILD_ID]}})
    assert data(child_agents(), emulator)["child_agent_ids"] == [int(CHILD_ID)]
    assert data(agent(), emulator)["list"] == []
    assert data(agent(advertiser_id=CHILD_ID), emulator)["list"] == [int(first)]
    assert emulator.report(local_account_id=first).json()["code"] == 0


def test_the_listings_have_pages(emulator: Client) -> None:
    emulator.control("accounts/add", {"count": 5})
    found = data(life(page=2), emulator)
    assert len(ids(found)) == 2
    assert found["page_info"] == {"page": 2, "page_size": 10, "total_number": 12, "total_page": 2}


def test_an_account_that_is_added_after_others_were_removed_takes_nobodys_place(emulator: Client) -> None:
    first, second, *others = emulator.facts["accounts"]
    emulator.control("accounts/remove", {"account_id": second})
    added = emulator.control("accounts/add", {"count": 2})["accounts"]
    assert {str(one["id"]) for one in emulator.look("state")["accounts"]} == {first, *others, *added}
    assert len(added) == 2


def test_a_copy_is_marked_as_one(emulator: Client) -> None:
    first, *others = emulator.facts["accounts"]
    emulator.control("authorized", {"copies": [first]})
    tags = {str(row["local_account_id"]): row["account_main_copy_tag"] for row in data(life(), emulator)["adv_list"]}
    assert tags == {first: "COPY_ACCOUNT", **dict.fromkeys(others, "MAIN_ACCOUNT")}


@pytest.mark.parametrize(
    "body",
    [
        {"list": []},
        {"ticked": [{"account_id": "1", "account_name": "x"}]},
        {"ticked": [LIFE | {"is_valid": "no"}]},
        {"ticked": [LIFE | {"account_type": ""}]},
        {"ticked": [LIFE | {"role": "x"}]},
        {"parents": {"x": []}},
        {"children": {"x": []}},
        {"sources": {AGENT_ID: "ALL"}},
    ],
)
def test_a_selection_that_is_none_is_refused_and_changes_nothing(emulator: Client, body: Plain) -> None:
    with pytest.raises(ValueError, match="error"):
        emulator.control("authorized", body)
    assert len(ids(data(life(), emulator))) == 7
