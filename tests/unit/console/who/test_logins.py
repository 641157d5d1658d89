"""Logins of the settings: every wrong one costs the same, and a session belongs to the login that it began with."""

import asyncio
import time

import pytest
from pydantic import SecretStr

from console.who.logins import AT_A_TIME, Logins, Person

ACTING, LOOKING = "li:the-acting-canary", "wang:the-looking-canary"
BOTH = Logins.of(SecretStr(ACTING), SecretStr(LOOKING))
LI, WANG = Person("li", may_act=True), Person("wang", may_act=False)


def check(name: str, password: str) -> Person | None:
    return asyncio.run(BOTH.check(name, password))


def test_the_first_may_act_and_the_second_may_look() -> None:
    assert check("li", "the-acting-canary") == LI
    assert check("wang", "the-looking-canary") == WANG


def test_a_password_may_hold_colons_and_be_typed_on_any_keyboard() -> None:
    logins = Logins([("li:with:colon:é城", True)])
    assert asyncio.run(logins.check("li", "with:colon:e\u0301城")) == LI


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("li", "the-looking-canary"),
        ("wang", "the-acting-canary"),
        ("Li", "the-acting-canary"),
        ("zhao", "the-acting-canary"),
        ("li", ""),
        ("", ""),
        ("li", "the-acting-canary\0"),
        ("li", "\ud800"),
        ("li", "x" * 100_000),
        ("x" * 100_000, "the-acting-canary"),
    ],
)
def test_nobody_else_comes_in(name: str, password: str) -> None:
    assert check(name, password) is None


def test_an_unknown_name_costs_as_much_as_a_wrong_password(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []

    def counted(name: str, _password: str) -> bytes:
        hashed.append(name)
        return b"-" * 32

    monkeypatch.setattr("console.who.logins._hashed", counted)
    assert [check(name, "a-wrong-password") for name in ("li", "zhao", "wang")] == [None, None, None]
    assert hashed == ["li", "zhao", "wang"]


def test_two_passwords_are_checked_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    busy, most = 0, 0

    def slow(_name: str, _password: str) -> bytes:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        time.sleep(0.02)
        busy -= 1
        return b""

    async def many() -> None:
        await asyncio.gather(*(BOTH.check("li", str(number)) for number in range(10)))

    monkeypatch.setattr("console.who.logins._hashed", slow)
    asyncio.run(many())
    assert most == AT_A_TIME


def test_a_session_belongs_to_the_login_that_it_began_with() -> None:
    mark = BOTH.mark_of(LI)
    assert BOTH.person("li", mark) == LI
    assert Logins([(ACTING, True)]).person("li", mark) == LI  # after a restart
    assert BOTH.person("wang", mark) is None
    assert Logins([("li:another-password", True)]).person("li", mark) is None
    assert Logins([("zhao:the-acting-canary", True)]).person("li", mark) is None
    assert Logins([]).person("li", mark) is None


def test_who_may_act_may_only_look_once_the_settings_say_so() -> None:
    swapped = Logins([(LOOKING, True), (ACTING, False)])
    assert swapped.person("li", BOTH.mark_of(LI)) == Person("li", may_act=False)


def test_a_session_betrays_no_password() -> None:
    assert "canary" not in BOTH.mark_of(LI)


@pytest.mark.parametrize(("login", "viewer"), [(None, None), (None, LOOKING), ("", LOOKING)])
def test_without_somebody_who_may_act_nobody_comes_in(login: str | None, viewer: str | None) -> None:
    logins = Logins.of(*(None if one is None else SecretStr(one) for one in (login, viewer)))
    assert not logins.configured
    assert logins.person("wang", BOTH.mark_of(WANG)) is None
    assert asyncio.run(logins.check("wang", "the-looking-canary")) is None
    assert BOTH.configured
