"""The authorize page: what it refuses, what it shows, and what agreeing sends to the callback."""

import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.emulator.client import Client


def ticks(emulator: Client) -> tuple[str, ...]:
    """The accounts that the page offers, ticked."""
    return ticks_at(emulator, emulator.facts["redirect_uri"])


def ticks_at(emulator: Client, redirect_uri: str) -> tuple[str, ...]:
    """The same where another callback address is registered."""
    page = emulator.authorize(redirect_uri=redirect_uri).text
    return tuple(re.findall(r'name="account" value="(\d+)" checked', page))


def agreed(emulator: Client, **changes: object) -> dict[str, str]:
    """What the callback is told after the button was pressed."""
    answer = emulator.authorize("POST", ticks(emulator), **changes)
    assert answer.status_code == 302, answer.text
    address = urlsplit(answer.headers["location"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == emulator.facts["redirect_uri"]
    return {name: values[0] for name, values in parse_qs(address.query, keep_blank_values=True).items()}


def exchange(emulator: Client, code: str) -> int:
    return int(emulator.oauth("access_token", refresh_token=None, auth_code=code).json()["code"])


def test_the_page_shows_the_accounts_and_a_button(emulator: Client) -> None:
    answer = emulator.authorize()
    assert answer.status_code == 200
    assert "城南餐饮 来客" in answer.text
    assert "同意授权" in answer.text
    assert "敏感物料" not in answer.text
    assert "敏感物料" in emulator.authorize(material_auth="1").text


def test_agreeing_sends_the_callback_all_that_the_real_one_sends(emulator: Client) -> None:
    told = agreed(emulator, state="甲 &乙")
    assert told.keys() == {"app_id", "auth_code", "state", "scope", "material_auth_status", "uid"}
    assert (told["app_id"], told["state"]) == (str(emulator.facts["app_id"]), "甲 &乙")
    assert (told["material_auth_status"], told["uid"].isdigit()) == ("0", True)
    assert all(type(scope) is int for scope in json.loads(told["scope"]))
    assert agreed(emulator, material_auth="1")["material_auth_status"] == "1"


def test_the_code_of_the_callback_is_good_for_a_token_once(emulator: Client) -> None:
    code = agreed(emulator)["auth_code"]
    assert [exchange(emulator, code) for _ in range(2)] == [0, 40115]


def test_the_code_of_the_callback_lives_ten_minutes(emulator: Client) -> None:
    early, late = (agreed(emulator)["auth_code"] for _ in range(2))
    emulator.control("settings", {"clock_offset_s": 590})
    assert exchange(emulator, early) == 0
    emulator.control("settings", {"clock_offset_s": 601})
    assert exchange(emulator, late) == 40115


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"app_id": "1"}, "app_id"),
        ({"app_id": None}, "app_id"),
        ({"redirect_uri": "https://example.com/laike/callback/"}, "redirect_uri"),
        ({"redirect_uri": None}, "redirect_uri"),
    ],
)
def test_a_wrong_address_is_refused_with_what_is_wrong(
    emulator: Client, method: str, changes: dict[str, object], named: str
) -> None:
    answer = emulator.authorize(method, ticks(emulator), **changes)
    problems = re.findall(r"<li>(\w+)", answer.text)
    assert (answer.status_code, problems) == (400, [named])
    assert "location" not in answer.headers
    assert "同意授权" not in answer.text


@pytest.mark.parametrize("ticked", [(), ("1800000000000001",)])
def test_nothing_is_granted_without_a_ticked_account(emulator: Client, ticked: tuple[str, ...]) -> None:
    answer = emulator.authorize("POST", ticked)
    assert (answer.status_code, "请至少勾选一个账户" in answer.text) == (400, True)


def test_what_stands_in_the_address_is_text_and_never_markup(emulator: Client) -> None:
    assert "<script>" not in emulator.authorize(redirect_uri="<script>alert(1)</script>").text


def test_what_is_not_ticked_is_no_longer_authorized(emulator: Client) -> None:
    workbench = {"account_id": 7, "account_name": "集团", "account_type": "CUSTOMER_ADMIN"}
    life = {"account_id": 8, "account_name": "城南餐饮", "account_type": "PLATFORM_ROLE_LIFE"}
    emulator.control("authorized", {"ticked": [workbench, life]})
    assert ticks(emulator) == ("7", "8")
    assert "集团 工作台" in emulator.authorize().text
    code = parse_qs(urlsplit(emulator.authorize("POST", ("7",)).headers["location"]).query)["auth_code"][0]
    granted = emulator.oauth("access_token", refresh_token=None, auth_code=code).json()["data"]
    assert granted["advertiser_ids"] == [7]
    assert ticks(emulator) == ("7",)


def test_another_callback_address_can_be_registered_and_then_only_that_one_is_taken(emulator: Client) -> None:
    ours, former = "http://127.0.0.1:8000/authorize/callback", emulator.facts["redirect_uri"]
    emulator.control("settings", {"redirect_uri": ours})
    assert emulator.look("facts", url="x")["redirect_uri"] == ours
    answer = emulator.authorize("POST", ticks_at(emulator, ours), redirect_uri=ours)
    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (302, ours)
    assert emulator.authorize(redirect_uri=former).status_code == 400


@pytest.mark.parametrize(
    "value",
    [
        "",
        "127.0.0.1:8000/cb",
        "ftp://example.com/cb",
        "https://",
        "https://[/cb",
        "https://a.cn/cb?x=1",
        "https://a.cn/#x",
        7,
    ],
)
def test_what_is_no_callback_address_cannot_be_registered(emulator: Client, value: object) -> None:
    with pytest.raises(ValueError, match="redirect_uri"):
        emulator.control("settings", {"redirect_uri": value})
