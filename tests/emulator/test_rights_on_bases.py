"""The app's right on each of several bases: taken, given, narrowed; what is refused then."""

from typing import Any

import pytest

from tests.emulator.client import TYPED, Client
from tests.emulator.further import BLANK, NEW, OF_A_BASE, SEARCH, add, call, outcome, refused_by_control


@pytest.mark.parametrize("route", OF_A_BASE, ids=lambda route: str(route.name))
def test_the_app_may_have_no_right_in_one_base(emulator: Client, route: Any) -> None:  # noqa: ANN401 a route of any
    other = add(emulator)
    emulator.control("permissions", {"document": "none", "app_token": other.facts["app_token"]})
    assert outcome(call(other, route.name, table_id=other.facts[TYPED])) == (403, 91403)
    assert call(emulator, route.name, table_id=emulator.facts[TYPED]).json()["code"] != 91403


def test_a_right_to_view_one_base_forbids_its_writes_only(emulator: Client) -> None:
    other = add(emulator)
    emulator.control("permissions", {"document": "view", "app_token": other.facts["app_token"]})
    assert outcome(other.table("POST", NEW, json=BLANK)) == (403, 91403)
    assert other.table("POST", SEARCH, json={}).json()["code"] == 0
    assert emulator.table("POST", NEW, json=BLANK).json()["code"] == 0


def test_without_a_base_named_the_right_is_that_on_the_first(emulator: Client) -> None:
    other = add(emulator)
    emulator.control("permissions", {"document": "none"})
    assert outcome(emulator.base("GET")) == (403, 91403)
    assert other.base("GET").json()["code"] == 0


def test_a_right_that_was_taken_can_be_given_again(emulator: Client) -> None:
    other = add(emulator)
    for right, code in (("none", 91403), ("edit", 0)):
        changed = emulator.control("permissions", {"document": right, "app_token": other.facts["app_token"]})
        assert changed["permissions"]["document"] == right
        assert other.base("GET").json()["code"] == code


def test_advanced_permissions_are_those_of_one_base(emulator: Client) -> None:
    other = add(emulator)
    assert other.table("POST", NEW, json=BLANK).json()["code"] == 0
    emulator.control("permissions", {"advanced": True, "app_token": other.facts["app_token"]})
    assert outcome(other.table("POST", NEW, json=BLANK)) == (403, 1254302)
    assert other.table("POST", SEARCH, json={}).json()["data"] == {"items": [], "has_more": False, "total": 0}
    flags = [client.base("GET").json()["data"]["app"]["is_advanced"] for client in (emulator, other)]
    assert flags == [False, True]
    assert emulator.table("POST", SEARCH, json={}).json()["data"]["total"] == 1


def test_an_endpoint_that_is_denied_is_so_in_every_base(emulator: Client) -> None:
    other = add(emulator)
    emulator.control("permissions", {"denied": ["tables.list"]})
    assert [outcome(one.base("GET", "/tables")) for one in (emulator, other)] == [(400, 99991672)] * 2


@pytest.mark.parametrize("wanted", [{"denied": []}, {"feishu_app_in_use": False}, {"document": "owner"}])
def test_what_is_not_about_a_base_is_refused_with_one(emulator: Client, wanted: dict[str, object]) -> None:
    before = emulator.look("state")
    refused_by_control(emulator, "permissions", {"app_token": emulator.facts["app_token"], "advanced": True} | wanted)
    after = emulator.look("state")
    assert (after["permissions"], after["bases"]) == (before["permissions"], before["bases"])


@pytest.mark.parametrize("app_token", ["bascnNone", "", None, []])
def test_a_right_on_an_unknown_base_cannot_be_given(emulator: Client, app_token: object) -> None:
    refused_by_control(emulator, "permissions", {"document": "none", "app_token": app_token})
    assert emulator.base("GET").json()["code"] == 0


def test_a_script_may_take_the_right_on_a_base(emulator: Client) -> None:
    other = add(emulator)
    body = {"document": "none", "app_token": other.facts["app_token"]}
    emulator.control("script", {"before": "records.search", "call": 2, "do": "permissions", "body": body})
    answers = [other.table("POST", SEARCH, json={}).json()["code"] for _ in range(2)]
    assert (answers, emulator.table("POST", SEARCH, json={}).json()["code"]) == ([0, 91403], 0)


def test_rows_of_a_table_in_a_further_base_may_be_lost_silently(emulator: Client) -> None:
    other = add(emulator)
    assert other.table("POST", NEW, json=BLANK).json()["code"] == 0
    emulator.control("settings", {"lost_permission": other.facts[TYPED]})
    assert other.table("POST", SEARCH, json={}).json()["data"]["total"] == 0
    assert emulator.table("POST", SEARCH, json={}).json()["data"]["total"] == 1
