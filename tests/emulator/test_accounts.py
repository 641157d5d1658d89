# ruff: noqa: E501 - a limit is one line, whatever its length
"""From a token to its accounts: what was ticked, both listings, names; and what each of them refuses."""

import json
from typing import Any

import pytest
import requests

from emulator.client import Client
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


def test_the_listings_have_pages(emulator: Client) -> None:
    emulator.control("accounts/add", {"count": 5})
    found = data(life(page=2), emulator)
    assert len(ids(found)) == 2
    assert found["page_info"] == {"page": 2, "page_size": 10, "total_number": 12, "total_page": 2}


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
    ],
)
def test_a_selection_that_is_none_is_refused_and_changes_nothing(emulator: Client, body: Plain) -> None:
    with pytest.raises(ValueError, match="error"):
        emulator.control("authorized", body)
    assert len(ids(data(life(), emulator))) == 7
