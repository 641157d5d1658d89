import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import stamina
from structlog.testing import capture_logs

from pipeline.clients.retry import ONCE, READ, WRITE, RetryPolicy
from pipeline.core.errors import (
    AccountUnavailable,
    BadRequest,
    BadResponse,
    DeadlinePassed,
    LaikeError,
    NeedsPerson,
    NotFoundYet,
    Retryable,
    RowVanished,
    ServerTrouble,
    TableFull,
    TableMismatch,
    Throttled,
    TokenExpired,
    TransportTrouble,
)

CALM = replace(READ, jitter=0)  # waits that can be told in advance
LONG = 3600.0


class Service:
    """Fails with the given errors, one a call, then answers; an endless one never answers."""

    def __init__(self, *errors: Exception, endless: bool = False) -> None:
        self.errors, self.endless, self.calls = list(errors), endless, 0

    def __call__(self) -> str:
        self.calls += 1
        if self.endless:
            raise self.errors[0]
        if self.errors:
            raise self.errors.pop(0)
        return "done"


@pytest.fixture(autouse=True)
def sleeps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What was slept; nothing really is."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    return slept


@pytest.fixture(autouse=True)
def waiting() -> Iterator[None]:
    """Whatever another test switched off is on again."""
    stamina.set_active(True)
    stamina.set_testing(False)
    yield
    stamina.set_testing(False)


def failing(policy: RetryPolicy, service: Callable[[], str], time_left: float = LONG) -> LaikeError:
    with pytest.raises(LaikeError) as caught:
        policy.run(service, time_left)
    return caught.value


def test_a_call_that_succeeds_is_made_once(sleeps: list[float]) -> None:
    service = Service()
    assert READ.run(service, LONG) == "done"
    assert (service.calls, sleeps) == (1, [])


def test_the_waits_double_up_to_the_longest(sleeps: list[float]) -> None:
    service = Service(ServerTrouble("down"), endless=True)
    failing(replace(CALM, attempts=8), service)
    assert service.calls == 8
    assert sleeps == [0.5, 1, 2, 4, 8, 8, 8]


def test_a_read_is_tried_five_times_and_then_tells_the_last_error(sleeps: list[float]) -> None:
    errors = [TransportTrouble(f"attempt {n}") for n in range(1, 7)]
    service = Service(*errors)
    assert re.fullmatch(r"attempt 5 \(tried 5 times in \d+\.\d s\)", failing(READ, service).message)
    assert (service.calls, len(sleeps)) == (5, 4)


def test_workers_do_not_come_back_in_step(sleeps: list[float]) -> None:
    for _ in range(20):
        READ.run(Service(ServerTrouble("down")), LONG)
    assert len(set(sleeps)) > 10
    assert all(0.5 <= one <= 1.5 for one in sleeps)


@pytest.mark.parametrize("asked", [0, 0.25, 7, 60])
def test_the_wait_that_the_service_asks_for_is_kept_exactly(sleeps: list[float], asked: float) -> None:
    service = Service(Throttled("slow down", retry_after=asked))
    assert READ.run(service, LONG) == "done"
    assert service.calls == 2
    assert sum(sleeps) == asked


def test_a_wait_longer_than_the_longest_is_not_slept(sleeps: list[float]) -> None:
    service = Service(Throttled("slow down", retry_after=60.001))
    assert failing(READ, service).message == "slow down"
    assert (service.calls, sleeps) == (1, [])


@pytest.mark.parametrize("error", [ServerTrouble("down"), Throttled("slow down", retry_after=30)])
def test_scale_0_repeats_as_often_and_never_sleeps(sleeps: list[float], error: Retryable) -> None:
    service = Service(error, endless=True)
    failing(replace(READ, scale=0), service)
    assert service.calls == 5
    assert sum(sleeps) == 0


def test_a_scale_shortens_what_a_service_asks_for_too(sleeps: list[float]) -> None:
    READ.run(Service(Throttled("slow down", retry_after=30)), LONG)
    replace(READ, scale=0.1).run(Service(Throttled("slow down", retry_after=30)), LONG)
    assert sleeps == [30, 3]


def test_a_write_that_may_have_had_its_effect_is_not_repeated(sleeps: list[float]) -> None:
    service = Service(TransportTrouble("no answer", effect_possible=True))
    assert failing(WRITE, service).message == "no answer"
    assert (service.calls, sleeps) == (1, [])


def test_a_write_that_may_have_had_its_effect_is_not_repeated_even_when_asked_to_wait() -> None:
    service = Service(ServerTrouble("busy", effect_possible=True, retry_after=1))
    failing(WRITE, service)
    assert service.calls == 1


@pytest.mark.parametrize(
    "error", [Throttled("no"), NotFoundYet("no"), TransportTrouble("refused"), ServerTrouble("no")]
)
def test_a_write_that_was_refused_is_repeated(error: Retryable) -> None:
    service = Service(error)
    assert WRITE.run(service, LONG) == "done"
    assert service.calls == 2


def test_a_write_that_is_doubtful_after_a_refusal_is_not_repeated_again() -> None:
    service = Service(Throttled("no"), TransportTrouble("no answer", effect_possible=True))
    assert failing(WRITE, service).message.startswith("no answer")
    assert service.calls == 2


def test_a_read_is_repeated_whatever_its_effect() -> None:
    assert READ.run(Service(TransportTrouble("no answer", effect_possible=True)), LONG) == "done"


def test_a_refresh_is_never_repeated() -> None:
    service = Service(Throttled("no"))
    assert failing(ONCE, service).message == "no"
    assert service.calls == 1


FINAL = (AccountUnavailable, BadRequest, BadResponse, DeadlinePassed, NeedsPerson, RowVanished, TableFull)


@pytest.mark.parametrize("kind", [*FINAL, TableMismatch, TokenExpired, ValueError])
@pytest.mark.parametrize("policy", [READ, WRITE], ids=["read", "write"])
def test_what_a_repetition_does_not_heal_passes_at_once(
    policy: RetryPolicy, kind: type[Exception], sleeps: list[float]
) -> None:
    service = Service(kind("final"))
    with pytest.raises(kind, match="final"):
        policy.run(service, LONG)
    assert (service.calls, sleeps) == (1, [])


def test_the_time_left_ends_the_repeating(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])

    def slow() -> str:
        clock[0] += 10
        raise ServerTrouble("down")

    service = Service()
    with pytest.raises(ServerTrouble):
        replace(READ, attempts=50, scale=0).run(lambda: service() and slow(), 35)
    assert service.calls == 4  # at 10, 20 and 30 s there is time, at 40 there is none


@pytest.mark.parametrize("time_left", [-1.0, 0.0, 3.0])
def test_a_wait_that_outlasts_the_time_left_is_not_slept(sleeps: list[float], time_left: float) -> None:
    service = Service(Throttled("slow down", retry_after=20))
    assert failing(READ, service, time_left).message == "slow down"
    assert sleeps == []


def test_repeating_is_told_without_anything_that_was_sent() -> None:
    with capture_logs() as logs:
        READ.run(Service(ServerTrouble("down")), LONG)
    assert [line["log_level"] for line in logs] == ["warning"]
    assert "down" in repr(logs)
    assert {"args", "kwargs"}.isdisjoint(name for line in logs for name, value in line.items() if value)
