"""Failed logins at Flower: slower each time, logged without what was tried; the right one is as quick as ever."""

import asyncio
import logging
from base64 import b64encode
from types import SimpleNamespace

import pytest
from flower.api import BaseApiHandler
from flower.views import BaseHandler
from tornado.web import HTTPError

from worker import flower_login
from worker.flower_login import ADDRESSES, FORGOTTEN_S, LONGEST_S, PATIENCE_S, Throttle, install, is_login

LOGIN = "user:canary-of-flower"


class Clock:
    """Goes when it is told to."""

    at = 1000.0

    def __call__(self) -> float:
        return self.at


def header(login: bytes | str) -> str:
    return "Basic " + b64encode(login.encode() if isinstance(login, str) else login).decode()


def test_who_never_failed_does_not_wait() -> None:
    throttle = Throttle(Clock())
    assert [throttle.wait_s("a") for _ in range(100)] == [0.0] * 100


def test_each_failure_doubles_the_pause_up_to_a_longest_one_for_that_address_alone() -> None:
    clock, waits = Clock(), []
    throttle = Throttle(clock)
    for _ in range(8):
        waits.append(throttle.wait_s("a") or 0.0)
        clock.at += waits[-1]
        throttle.failed("a")
    assert waits == [0.0, 0.5, 1.0, 2.0, 4.0, 8.0, LONGEST_S, LONGEST_S]
    assert throttle.wait_s("b") == 0.0


def test_attempts_at_the_same_time_are_looked_at_one_after_the_other_and_no_more_than_can_wait() -> None:
    throttle = Throttle(Clock())
    throttle.failed("a")
    waits = [throttle.wait_s("a") for _ in range(1000)]
    found = [wait for wait in waits if wait is not None]
    assert found == [0.5 * n for n in range(1, len(found) + 1)]
    assert max(found) <= PATIENCE_S
    assert waits[len(found) :] == [None] * (1000 - len(found))


def test_failures_are_forgotten_by_the_right_login_and_by_time() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    throttle.failed("a")
    throttle.passed("a")
    assert throttle.wait_s("a") == 0.0
    throttle.failed("a")
    clock.at += FORGOTTEN_S + 1
    assert throttle.wait_s("a") == 0.0
    assert throttle.failed("a") == 1


def test_the_memory_of_addresses_has_an_end() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    for number in range(2 * ADDRESSES):
        clock.at += 1
        throttle.failed(str(number))
    assert len(throttle._failures) == ADDRESSES
    assert throttle.failed(str(2 * ADDRESSES - 1)) == 2


@pytest.mark.parametrize("logins", [[LOGIN], ["other:login", LOGIN]])
def test_the_login_is_known_among_several(logins: list[str]) -> None:
    assert is_login(header(LOGIN), logins)
    assert is_login(header(LOGIN).replace("Basic", "basic "), logins)


@pytest.mark.parametrize(
    "given",
    [
        "",
        "Basic",
        "Basic canary-of-flower",
        header("user:canary-of-flowe"),
        header("用户:口令"),
        header(b"\xff\xfe"),
        header(LOGIN).replace("Basic", "Bearer"),
        "Basic 城",
    ],
)
def test_anything_else_is_none(given: str) -> None:
    assert not is_login(given, [LOGIN])


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Flower's handlers with a look at the login; the seconds that are waited."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    for handler in (BaseHandler, BaseApiHandler):
        monkeypatch.setattr(handler, "prepare", handler.prepare)
    monkeypatch.setattr(flower_login.asyncio, "sleep", sleep)  # type: ignore[attr-defined]
    install(Throttle(Clock()))
    return waited


@pytest.mark.parametrize("kind", [BaseHandler, BaseApiHandler])
def test_pages_and_api_refuse_a_wrong_login_slower_each_time_and_log_nothing_of_it(
    kind: type[BaseHandler], prepared: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    def ask(login: str | None) -> int:
        headers = {} if login is None else {"Authorization": header(login)}
        request = SimpleNamespace(headers=headers, remote_ip="192.0.2.1")
        options = SimpleNamespace(basic_auth=[LOGIN])
        handler = SimpleNamespace(request=request, application=SimpleNamespace(options=options))
        try:
            asyncio.run(kind.prepare(handler))
        except HTTPError as error:
            return error.status_code
        return 200

    with caplog.at_level(logging.WARNING):
        assert [ask(login) for login in (None, LOGIN, "mistyped:口令", "user:mistyped", LOGIN)] == [
            200,  # Flower asks for a login itself
            200,
            401,
            401,
            200,
        ]
    assert [round(seconds, 1) for seconds in prepared] == [0.5, 1.0]
    assert [record.getMessage() for record in caplog.records] == [
        "login failed: 192.0.2.1, for the 1. time",
        "login failed: 192.0.2.1, for the 2. time",
    ]
