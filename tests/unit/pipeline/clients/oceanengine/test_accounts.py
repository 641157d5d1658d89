import json
import logging
from typing import Any

import pytest

from pipeline.clients.http import Answer
from pipeline.clients.oceanengine.accounts import (
    Agency,
    Authorized,
    accounts_of_agent,
    accounts_of_ebp,
    accounts_of_life,
    accounts_of_workbench,
    authorized,
    child_agents,
    names_of,
)
from pipeline.clients.oceanengine.api import OceanEngine
from pipeline.core.errors import BadRequest, BadResponse, LaikeError, NeedsPerson, TransportTrouble
from pipeline.core.token import Entrance
from tests.unit.pipeline.clients.conftest import Connect, Serve
from tests.unit.pipeline.clients.oceanengine.test_api import QUICK, Calm, Tokens, api
from tests.unit.pipeline.clients.stub import StubHttp, answer, data, told
from tests.unit.pipeline.clients.wire import ok, reply

Plain = dict[str, Any]
CANARY = "canary-access-token"


def page(rows: str, *found: Plain, number: int = 1, total: int | None = None) -> Answer:
    count = len(found) if total is None else total
    info = {"page": number, "page_size": 100, "total_number": count, "total_page": -(-count // 100)}
    return data(**{rows: list(found), "page_info": info})


def test_what_was_authorized_is_told_in_our_words() -> None:
    line = {"account_id": 7100000000000000001, "account_name": "城南餐饮", "account_type": "PLATFORM_ROLE_LIFE"}
    http = StubHttp(data(list=[line, {**line, "account_id": "9", "account_type": "OF_TOMORROW", "is_valid": False}]))
    assert authorized(api(http)[0]) == [
        Authorized("7100000000000000001", "城南餐饮", "PLATFORM_ROLE_LIFE", valid=True),
        Authorized("9", "城南餐饮", "OF_TOMORROW", valid=False),
    ]
    assert (http.calls[0].path, http.calls[0].params) == ("/open_api/oauth2/advertiser/get/", {"access_token": "t1"})


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"account_type": "AGENT", "account_role": "CUSTOMER_ADMIN", "advertiser_role": 2}, "AGENT"),
        ({"account_type": None, "account_role": "CUSTOMER_ADMIN"}, "CUSTOMER_ADMIN"),
        ({"account_type": "", "account_role": "", "advertiser_role": 1}, "ADVERTISER"),
        ({"advertiser_role": 2}, "CUSTOMER_ADMIN"),
        ({"advertiser_role": "3"}, "AGENT"),
        ({"advertiser_role": 4}, "CHILD_AGENT"),
        ({"advertiser_role": 10}, "10"),
        ({"advertiser_role": "1" * 5000}, ""),
        ({"advertiser_role": "２"}, ""),
        ({"advertiser_role": [2]}, ""),
        ({}, ""),
    ],
)
def test_the_older_names_say_the_kind_of_a_line_where_the_newer_one_is_absent(said: Plain, kind: str) -> None:
    line = {"account_id": 9, "account_name": "某", **said}
    assert authorized(api(StubHttp(data(list=[line])))[0]) == [Authorized("9", "某", kind, valid=True)]


@pytest.mark.parametrize("listed", [None, []])
def test_a_token_may_be_good_for_nothing(listed: object) -> None:
    assert authorized(api(StubHttp(data(list=listed)))[0]) == []


@pytest.mark.parametrize("listed", [{"a": 1}, ["x"], [{}], [{"account_id": True}], [{"account_id": "x"}]])
def test_lines_without_an_id_are_no_lines(listed: object) -> None:
    with pytest.raises(BadResponse):
        authorized(api(StubHttp(data(list=listed)))[0])


def test_a_token_that_was_refused_in_the_query_is_renewed_there_too() -> None:
    http = StubHttp(answer({"code": 40105, "message": "m"}), data(list=[]))
    authorized(api(http)[0])
    assert [call.params for call in http.calls] == [{"access_token": "t1"}, {"access_token": "t2"}]


@pytest.mark.parametrize("code", [40000, 40001, 40003, 40104, 40105, 40118, 41234])
def test_no_error_holds_the_token_that_stands_in_the_query(code: int) -> None:
    made, tokens, _ = api(StubHttp(answer({"code": code, "message": "m"})))
    tokens.token = CANARY
    with pytest.raises(LaikeError) as caught:
        authorized(made)
    assert CANARY not in told(caught.value)
    assert CANARY not in repr(caught.value.trouble())
    if isinstance(caught.value, BadRequest):
        assert "request: {}" in caught.value.message


WAYS_TO_FAIL = {
    "hangs up": [],
    "answers in HTML": [reply(502, b"<html>")],
    "sends a header that is none": [b"HTTP/1.1 200 OK\r\nno header at all\r\nContent-Length: 2\r\n\r\n{}"],
    "sends elsewhere": [reply(302, b"", {"Location": "/elsewhere"})],
}


@pytest.mark.parametrize("pieces", WAYS_TO_FAIL.values(), ids=WAYS_TO_FAIL)
def test_no_log_line_holds_the_token_that_stands_in_the_query(
    pieces: list[bytes], serve: Serve, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    wire = serve(*pieces)
    tokens = Tokens()
    tokens.token = CANARY
    caplog.set_level(logging.DEBUG)
    with pytest.raises(LaikeError) as caught:
        authorized(
            OceanEngine(connect(wire.url), tokens, Calm(), lambda: 5, Entrance("https://ad.example/oauth.html"), QUICK)
        )
    assert CANARY.encode() in wire.requests[0]  # it was really sent
    assert CANARY not in caplog.text
    assert CANARY not in told(caught.value)


def test_a_log_line_of_a_success_does_not_hold_the_token_either(
    serve: Serve, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    tokens = Tokens()
    tokens.token = CANARY
    caplog.set_level(logging.DEBUG)
    wire = serve(ok({"code": 0, "data": {"list": []}}))
    authorized(
        OceanEngine(connect(wire.url), tokens, Calm(), lambda: 5, Entrance("https://ad.example/oauth.html"), QUICK)
    )
    assert CANARY not in caplog.text


def test_the_accounts_of_a_life_account_come_as_ids_in_text_main_and_copied() -> None:
    http = StubHttp(
        page(
            "adv_list",
            {"local_account_id": 1834207156320263, "account_main_copy_tag": "MAIN_ACCOUNT"},
            {"local_account_id": "1834207156320264", "account_main_copy_tag": "COPY_ACCOUNT"},
        )
    )
    assert accounts_of_life(api(http)[0], "71") == ["1834207156320263", "1834207156320264"]
    (call,) = http.calls
    assert call.path == "/open_api/v3.0/local/life/advertiser/list/"
    assert call.params == {"life_account_id": "71", "page": "1", "page_size": "100"}


def test_the_accounts_of_a_workbench_come_with_names() -> None:
    http = StubHttp(page("accounts", {"account_id": 18, "account_name": "城东店"}, {"account_id": "19"}))
    assert accounts_of_workbench(api(http)[0], "17") == {"18": "城东店", "19": ""}
    (call,) = http.calls
    assert call.path == "/open_api/v3.0/customer_center/account/list/"
    assert call.params == {
        "account_id": "17",
        "filter": '{"account_type": "LOCAL"}',
        "page": "1",
        "page_size": "100",
    }


def test_a_workbench_with_more_accounts_than_its_list_reaches_needs_a_person_and_is_never_half_a_list() -> None:
    http = StubHttp(page("accounts", *({"account_id": number} for number in range(100)), total=10_001))
    with pytest.raises(NeedsPerson, match="10001 rows") as caught:
        accounts_of_workbench(api(http)[0], "17")
    assert len(http.calls) == 1
    assert "10,001 个本地推账户" in caught.value.what_to_do
    assert "LAIKE_ACCOUNTS" in caught.value.for_maintainer


def test_the_accounts_of_an_upgraded_workbench_come_with_names_and_others_are_left_out() -> None:
    rows: list[Plain] = [{"account_id": 18, "account_name": "城东店", "account_type": "LOCAL"}, {"account_id": "19"}]
    http = StubHttp(
        page("account_list", *rows, {"account_id": 20, "account_name": "广告户", "account_type": "AD_NORMAL"})
    )
    assert accounts_of_ebp(api(http)[0], "17") == {"18": "城东店", "19": ""}
    (call,) = http.calls
    assert call.path == "/open_api/2/ebp/advertiser/list/"
    assert call.params == {
        "enterprise_organization_id": "17",
        "account_source": "LOCAL",
        "page": "1",
        "page_size": "100",
    }


def ids(key: str, *numbers: object, total: int | None = None, **facts: object) -> Answer:
    count = len(numbers) if total is None else total
    info = {"page": 1, "page_size": 100, "total_number": count, "total_page": -(-count // 100)}
    return data(**{key: list(numbers), "page_info": info, **facts})


@pytest.mark.parametrize("key", ["list", "advertiser_ids"])
def test_the_accounts_of_an_agent_come_as_bare_ids_with_their_kind(key: str) -> None:
    http = StubHttp(ids(key, 18, "19", account_source="LOCAL"))
    assert accounts_of_agent(api(http)[0], "17") == Agency(("18", "19"), "LOCAL")
    (call,) = http.calls
    assert (call.path, call.params) == (
        "/open_api/2/agent/advertiser/select/",
        {"advertiser_id": "17", "page": "1", "page_size": "100"},
    )


def test_of_two_lists_of_an_agent_the_one_that_has_ids_counts() -> None:
    http = StubHttp(ids("advertiser_ids", 18, list=[]))
    assert accounts_of_agent(api(http)[0], "17") == Agency(("18",), "")


@pytest.mark.parametrize("key", ["list", "child_agent_ids"])
def test_second_level_agents_come_as_bare_ids(key: str) -> None:
    http = StubHttp(ids(key, 21, 22))
    assert child_agents(api(http)[0], "17") == ["21", "22"]
    assert http.calls[0].path == "/open_api/2/agent/child_agent/select/"


@pytest.mark.parametrize("wrong", [["x"], [True], [1.5], [{"a": 1}], {"a": 1}])
def test_what_is_no_id_is_no_account_of_an_agent(wrong: object) -> None:
    info = {"page": 1, "page_size": 100, "total_number": 1, "total_page": 1}
    with pytest.raises(BadResponse):
        accounts_of_agent(api(StubHttp(data(list=wrong, page_info=info)))[0], "17")


def by_cursor(
    first: int, *numbers: int, more: bool = True, total: int = 10_000, key: str = "cursor_page_info"
) -> Answer:
    info = {"cursor": first + len(numbers), "count": 100, "has_more": more, "total_number": total}
    return data(**{"list": list(numbers), "account_source": "LOCAL", key: info})


@pytest.mark.parametrize("key", ["cursor_page_info", "cursor_info"])
def test_ten_thousand_accounts_of_an_agent_and_more_come_by_cursor(key: str) -> None:
    pages = [range(first, first + 100) for first in range(0, 10_000, 100)]
    http = StubHttp(
        ids("list", *pages[0], total=10_000),
        *(by_cursor(one[0], *one, more=one[-1] < 9_999, key=key) for one in pages),
    )
    assert accounts_of_agent(api(http)[0], "17") == Agency(tuple(map(str, range(10_000))), "LOCAL")
    asked = [call.params for call in http.calls[1:]]
    assert asked[0] == {"advertiser_id": "17", "count": "100"}
    assert asked[1] == {"advertiser_id": "17", "count": "100", "cursor": "100"}
    assert len(asked) == 100


BROKEN_CURSORS = {
    "no cursor": [data(list=[1], account_source="LOCAL")],
    "an empty page": [by_cursor(0)],
    "a cursor that repeats": [by_cursor(0, 1), by_cursor(0, 2)],
    "fewer than promised": [by_cursor(0, 1, 2, more=False)],
    "one that comes twice": [by_cursor(0, 1, total=2), by_cursor(1, 1, more=False, total=2)],
}


@pytest.mark.parametrize("pages", BROKEN_CURSORS.values(), ids=BROKEN_CURSORS.keys())
def test_a_suspicious_cursor_is_an_error_and_never_the_end(pages: list[Answer]) -> None:
    http = StubHttp(ids("list", *range(100), total=10_000), *pages)
    with pytest.raises(BadResponse):
        accounts_of_agent(api(http)[0], "17")


def test_a_cursor_that_leads_beyond_what_was_promised_is_followed_no_further() -> None:
    http = StubHttp(ids("list", *range(100), total=10_000), *(by_cursor(n, n, total=2) for n in range(9)))
    with pytest.raises(BadResponse, match="2 rows promised, 3 came"):
        accounts_of_agent(api(http)[0], "17")
    assert len(http.calls) == 1 + 3


def test_all_pages_of_a_listing_are_read() -> None:
    first = [{"local_account_id": number} for number in range(1, 101)]
    http = StubHttp(
        page("adv_list", *first, total=101), page("adv_list", {"local_account_id": 101}, number=2, total=101)
    )
    assert accounts_of_life(api(http)[0], "71") == [str(number) for number in range(1, 102)]


def test_a_listing_without_accounts_is_an_empty_one() -> None:
    assert accounts_of_life(api(StubHttp(page("adv_list")))[0], "71") == []
    assert accounts_of_workbench(api(StubHttp(page("accounts")))[0], "17") == {}


@pytest.mark.parametrize("row", [{}, {"local_account_id": None}, {"local_account_id": 1.5}, {"local_account_id": True}])
def test_a_row_without_an_id_is_no_account(row: Plain) -> None:
    with pytest.raises(BadResponse, match="local_account_id"):
        accounts_of_life(api(StubHttp(page("adv_list", row)))[0], "71")


def named(*numbers: int) -> Answer:
    return answer({"code": 0, "data": [{"id": number, "name": f"店{number}"} for number in numbers]})


def test_names_are_asked_for_a_hundred_at_a_time() -> None:
    http = StubHttp(named(*range(1, 101)), named(101))
    names = names_of(api(http)[0], [str(number) for number in range(1, 102)])
    assert names == {str(number): f"店{number}" for number in range(1, 102)}
    asked = [json.loads(str((call.params or {})["advertiser_ids"])) for call in http.calls]
    assert asked == [[*range(1, 101)], [101]]


@pytest.mark.parametrize(("said", "name"), [(618, "618"), (True, ""), ({"a": 1}, ""), (["x"], "")])
def test_a_name_that_comes_as_a_number_is_its_digits_and_another_shape_is_none(said: object, name: str) -> None:
    line = {"account_id": "1", "account_name": said, "account_type": "AGENT"}
    assert authorized(api(StubHttp(data(list=[line])))[0])[0].name == name
    assert accounts_of_workbench(api(StubHttp(page("accounts", line)))[0], "7") == {"1": name}
    rows = [{"id": 1, "name": said}]
    assert names_of(api(StubHttp(answer({"code": 0, "data": rows})))[0], ["1"]) == ({"1": name} if name else {})


def test_no_account_no_call() -> None:
    http = StubHttp(TransportTrouble("x"))
    assert names_of(api(http)[0], []) == {}
    assert http.calls == []


@pytest.mark.parametrize(
    "listed", [[], [{"id": 1}], [{"id": 1, "name": ""}], [{"id": 1, "name": None}], [{"id": 3, "name": "x"}]]
)
def test_an_account_whose_name_the_service_does_not_tell_has_none(listed: list[Plain]) -> None:
    rows = [*listed, {"id": 2, "name": "城东店"}]
    assert names_of(api(StubHttp(answer({"code": 0, "data": rows})))[0], ["1", "2"]) == {"2": "城东店"}


@pytest.mark.parametrize("listed", [None, {}, ["x"]])
def test_names_that_are_no_list_are_told(listed: object) -> None:
    with pytest.raises(BadResponse, match="not a list"):
        names_of(api(StubHttp(answer({"code": 0, "data": listed})))[0], ["1"])


def test_a_dead_token_needs_a_person() -> None:
    with pytest.raises(NeedsPerson):
        authorized(api(StubHttp(answer({"code": 40105, "message": "m"})))[0])
