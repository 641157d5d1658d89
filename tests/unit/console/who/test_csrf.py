"""Requests that change something: ours pass, another site's are refused with the header that differs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.who.csrf import fits, origin_of, plain_origin, token, why_refused

HOST = {"host": "console.example:8000"}
PUBLIC = "https://laike.example"


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_what_changes_nothing_is_never_refused(method: str) -> None:
    assert why_refused(method, {**HOST, "sec-fetch-site": "cross-site", "origin": "https://evil.example"}) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "same-origin", "origin": "https://rewritten.example"},
        {"origin": "http://console.example:8000"},
        {"origin": "http://CONSOLE.example:8000"},
        {"origin": "https://laike.example"},
        {"origin": "https://laike.example", "host": "laike.example:443"},
        {"origin": "http://laike.example", "host": "laike.example"},
        {"origin": "http://[::1]:8000", "host": "[::1]:8000"},
        {},
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "BREW"])
def test_what_comes_from_our_own_page_passes(method: str, headers: dict[str, str]) -> None:
    assert why_refused(method, HOST | headers, PUBLIC) is None


@pytest.mark.parametrize(
    ("headers", "header"),
    [
        ({"sec-fetch-site": "cross-site"}, "Sec-Fetch-Site"),
        ({"sec-fetch-site": "same-site"}, "Sec-Fetch-Site"),
        ({"sec-fetch-site": ""}, "Sec-Fetch-Site"),
        ({"sec-fetch-site": "same-origin, cross-site"}, "Sec-Fetch-Site"),
        ({"sec-fetch-site": "cross-site", "origin": "http://console.example:8000"}, "Sec-Fetch-Site"),
        ({"origin": "null"}, "Origin"),
        ({"origin": ""}, "Origin"),
        ({"origin": "https://evil.example"}, "Origin"),
        ({"origin": "http://console.example"}, "Origin"),
        ({"origin": "http://console.example:8001"}, "Origin"),
        ({"origin": "http://laike.example"}, "Origin"),
        ({"origin": "https://laike.example.evil.example"}, "Origin"),
        ({"origin": "http://console.example:8000@evil.example"}, "Origin"),
        ({"origin": "http://console.example:8000/"}, "Origin"),
        ({"origin": "file://console.example:8000"}, "Origin"),
        ({"origin": "http://console.example:99999"}, "Origin"),
        ({"origin": "http://[::1"}, "Origin"),
        ({"origin": "http://", "host": ""}, "Origin"),
    ],
)
def test_what_comes_from_elsewhere_is_refused_by_the_header_that_differs(headers: dict[str, str], header: str) -> None:
    words = why_refused("POST", HOST | headers, PUBLIC)
    assert words is not None
    assert f"请求头 {header} 是" in words


def test_the_words_say_what_came_and_what_was_expected_and_are_short() -> None:
    words = why_refused("POST", {**HOST, "origin": "https://evil.example"}, PUBLIC)
    told = "请求头 Origin 是“https://evil.example”，应为“Host：console.example:8000 或 https://laike.example”。"
    assert words is not None
    assert words.endswith(told)
    assert len(why_refused("POST", {"host": "y" * 9999, "origin": "x" * 9999}) or "") < 500


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://laike.example/console", "https://laike.example"),
        ("https://LAIKE.example:443", "https://laike.example"),
        ("http://10.0.0.7:8000/", "http://10.0.0.7:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_an_address_has_the_origin_that_a_browser_sends(address: str, origin: str) -> None:
    assert origin_of(address) == origin


def test_a_token_fits_its_own_session_and_is_another_one_each_time() -> None:
    made = {token("session") for _ in range(20)}
    assert len(made) == 20
    assert all(fits(one, "session") for one in made)
    assert not any(fits(one, "another") for one in made)


def test_without_a_session_nothing_fits() -> None:
    assert not fits(token(""), "")


@pytest.mark.parametrize("made_up", ["", "x", "城", "\0", "====", "A" * 86, "A" * 88, "A" * 10_000])
def test_what_is_made_up_does_not_fit(made_up: str) -> None:
    assert not fits(made_up, "session")


def test_what_is_cut_or_changed_does_not_fit() -> None:
    made = token("session")
    assert not fits(made[:-4], "session")
    assert not fits(made + "AAAA", "session")
    assert not fits(made[:-4] + ("AAAA" if made[-4:] != "AAAA" else "BBBB"), "session")


@given(st.text(), st.text())
def test_no_text_raises(text: str, session_id: str) -> None:
    assert not fits(text, session_id)
    assert fits(token(session_id), session_id) is bool(session_id)


@given(st.text(), st.text())
def test_no_header_raises(origin: str, host: str) -> None:
    why_refused("POST", {"origin": origin, "host": host}, PUBLIC)


@pytest.mark.parametrize(
    ("told", "origin"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("https://LAIKE.example:443", "https://laike.example"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://", ""),
        ("http://host:99999999", ""),
        ("http://host/path", ""),
        ("http://user@host", ""),
        ("http://host'#$(x)", ""),
        ("http://host\n", ""),
        ("ftp://host", ""),
    ],
)
def test_where_a_page_is_open_is_a_plain_origin_or_nothing(told: str, origin: str) -> None:
    assert plain_origin(told) == origin
