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
from worker.flower_login import install, is_login
from worker.throttle import Throttle

LOGIN = "user:canary-of-flower"


def header(login: bytes | str) -> str:
    return "Basic " + b64encode(login.encode() if isinstance(login, str) else login).decode()


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
    install(Throttle(lambda: 1000.0))
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
