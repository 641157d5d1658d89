"""What is answered to machines, without a server."""

import asyncio

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from console.metrics.answers import ForMachines, answers_at_once
from console.metrics.scrape import Metrics
from console.who.proxies import Prefix
from pipeline.core.errors import StoreUnreachable, WrongInput
from pipeline.redis_address import RedisAddress
from tests.unit.console.who.asgi import ask

TOKEN = "canary"
BEARER = [(b"authorization", b"Bearer canary")]
NOWHERE = RedisAddress.read("redis://127.0.0.1:1/0")


def no_settings() -> None:
    """A context without settings."""
    raise WrongInput("missing")


def console(*, well: bool = True, prefix: str = "") -> ASGIApp:
    """A console whose pages answer 418, without any setting."""
    metrics = Metrics(no_settings, lambda: well)  # type: ignore[arg-type]
    return Prefix(ForMachines(PlainTextResponse("page", 418), metrics, TOKEN, lambda: well), prefix)


@pytest.mark.parametrize(("well", "status"), [(True, 200), (False, 503)])
def test_a_probe_is_told_whether_redis_answers(well: bool, status: int) -> None:  # noqa: FBT001
    assert ask(console(well=well), "/healthz")[0] == status


@pytest.mark.parametrize("path", ["/healthz", "/metrics"])
def test_machines_are_answered_behind_a_prefix_and_beside_it(path: str) -> None:
    for where in (path, f"/laike{path}"):
        assert ask(console(prefix="/laike"), where, headers=BEARER)[0] == 200


@pytest.mark.parametrize("path", ["/", "/healthz/", "/metrics/x", "//metrics", "/Metrics"])
def test_everything_else_is_a_page(path: str) -> None:
    assert ask(console(), path, headers=BEARER)[0] == 418


@pytest.mark.parametrize("path", ["/healthz", "/metrics"])
def test_machines_only_read_and_nothing_is_kept(path: str) -> None:
    status, headers = ask(console(), path, method="POST", headers=BEARER)
    assert (status, headers["allow"]) == (405, "GET, HEAD")
    assert ask(console(), path, method="HEAD", headers=BEARER)[0] == 200
    assert ask(console(), path, headers=BEARER)[1]["cache-control"] == "no-store"


def test_whoever_shows_another_token_is_asked_for_it() -> None:
    status, headers = ask(console(), "/metrics")
    assert (status, headers["www-authenticate"]) == (401, "Bearer")


def test_while_settings_are_missing_the_metrics_say_so() -> None:
    text = Metrics(no_settings, lambda: True).text().decode()  # type: ignore[arg-type]
    assert "laike_settings_complete 0.0" in text
    assert "laike_redis_up 1.0" in text


def test_a_redis_that_is_lost_while_it_is_read_is_away() -> None:
    def lost() -> None:
        raise StoreUnreachable("away")

    text = Metrics(lost, lambda: True).text().decode()  # type: ignore[arg-type]
    assert "laike_redis_up 0.0" in text


def test_a_redis_that_is_not_there_is_known_at_once() -> None:
    async def in_time() -> bool:
        async with asyncio.timeout(1):
            return await asyncio.to_thread(answers_at_once(NOWHERE))

    assert asyncio.run(in_time()) is False
