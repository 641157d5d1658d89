from urllib.parse import parse_qs, urlsplit

import pytest

from pipeline.core.errors import AccountUnavailable, NeedsAuthorization, NeedsPerson, WrongInput
from pipeline.core.token import Answer, answer_in, authorize_link, callback, code_in, entrance

PAGE = "https://ad.example/oauth.html"
CALLBACK = "https://example.com/cb?app_id=18&auth_code=code-1&state=laike&scope=%5B1%2C2%5D&uid=7"


def test_the_link_carries_what_the_page_asks_for() -> None:
    link = authorize_link(PAGE, "18", "https://example.com/cb?a=b&c")
    assert link.startswith(PAGE + "?")
    told = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    assert told == {
        "app_id": "18",
        "redirect_uri": "https://example.com/cb?a=b&c",
        "state": "laike",
        "material_auth": "1",
    }


def test_without_a_registered_callback_the_link_names_none() -> None:
    assert "redirect_uri" not in authorize_link(PAGE, "18", None)


@pytest.mark.parametrize(
    "pasted",
    [
        "code-1",
        "  code-1\n",
        CALLBACK,
        "auth_code=code-1",
        "app_id=18&auth_code=code-1&state=laike",
        "?auth_code=code-1",
        "example.com/cb?auth_code=code-1",
    ],
)
def test_the_code_is_found_in_whatever_a_person_pastes(pasted: str) -> None:
    assert code_in(pasted, "18") == "code-1"


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        ("", "no auth_code"),
        ("two words", "no auth_code"),
        ("\0", "no auth_code"),
        ("店", "no auth_code"),
        ("x" * 513, "no auth_code"),
        ("https://example.com/cb?auth_code=%00", "confirmed to its end"),
        ("https://example.com/cb?error=denied", "confirmed to its end"),
        ("https://example.com/cb?auth_code=", "confirmed to its end"),
        ("https://[x/cb?auth_code=", "confirmed to its end"),
        (CALLBACK.replace("app_id=18", "app_id=19"), "belongs to app 19"),
    ],
)
def test_what_holds_no_code_of_ours_is_refused(pasted: str, words: str) -> None:
    with pytest.raises(WrongInput, match=words):
        code_in(pasted, "18")


def test_what_is_refused_is_said_in_chinese_too() -> None:
    for pasted in ("", "https://example.com/cb", CALLBACK.replace("app_id=18", "app_id=19")):
        with pytest.raises(WrongInput) as caught:
            answer_in(pasted, "18")
        assert "网址" in caught.value.what_to_do


@pytest.mark.parametrize(
    ("pasted", "state"),
    [(CALLBACK, "laike"), ("code-1", None), ("?auth_code=code-1&state=", None), ("auth_code=code-1&state=s-2", "s-2")],
)
def test_a_state_is_found_beside_the_code(pasted: str, state: str | None) -> None:
    assert answer_in(pasted, "18") == Answer("code-1", state)


def test_a_link_of_the_console_carries_its_own_state() -> None:
    assert parse_qs(urlsplit(authorize_link(PAGE, "18", None, "s-1")).query)["state"] == ["s-1"]


def test_a_person_is_led_to_the_console_where_there_is_one() -> None:
    console, service = entrance("https://sync.example/laike/", PAGE), entrance(None, PAGE)
    assert (console.link, service.link) == ("https://sync.example/laike/authorize", PAGE)
    assert "发给维护人员" in service.cure
    assert "laike token exchange" in service.maintenance
    assert "发给维护人员" not in console.cure
    assert "laike" not in console.maintenance


def test_an_error_that_an_authorization_mends_is_led_there_and_no_other() -> None:
    way = entrance("https://sync.example", PAGE)
    led = way.led(NeedsPerson("40106", reason="needs_authorization", code=40106, request_id="r-1"))
    assert (led.link, led.code, led.request_id, led.what_to_do) == (way.link, 40106, "r-1", way.cure)
    assert isinstance(led, NeedsAuthorization)
    for other in (NeedsPerson("x", reason="oceanengine_scope"), AccountUnavailable("x"), way.error("x", "授权已过期")):
        assert way.led(other) is other


def test_the_callback_is_the_registered_one_or_the_consoles() -> None:
    assert callback("https://a.example/cb", "https://sync.example") == "https://a.example/cb"
    assert callback(None, "https://sync.example/laike/") == "https://sync.example/laike/authorize/callback"
    assert callback(None, None) is None
