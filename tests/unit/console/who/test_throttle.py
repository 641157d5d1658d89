"""Guesses are slow for the address and for the name; who was here before is not locked out by strangers."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import pytest

from console.who.logins import Person
from console.who.throttle import FAMILIAR, WAITING, Attempts, TooMany
from worker.throttle import LONGEST_S, PATIENCE_S, Throttle

LI = Person("li", may_act=True)


class Clock:
    """Goes on only while somebody waits."""

    at = 1000.0

    def __call__(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds


async def right() -> Person | None:
    return LI


async def wrong() -> Person | None:
    return None


Check = Callable[[], Awaitable[Person | None]]


class World:
    """Attempts on a clock of their own."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.attempts = Attempts(Throttle(self.clock), Throttle(self.clock), self.clock.sleep)

    def seconds(self, address: str, name: str = "li", check: Check = wrong) -> float:
        """How long an attempt takes."""
        begun = self.clock.at
        asyncio.run(self.attempts.one(address, name, check))
        return self.clock.at - begun


@pytest.fixture
def world() -> World:
    return World()


def test_the_right_login_is_quick_every_time(world: World) -> None:
    assert [world.seconds("192.0.2.1", check=right) for _ in range(50)] == [0.0] * 50


def test_each_failure_of_an_address_doubles_the_wait_at_whatever_name(world: World) -> None:
    waits = [world.seconds("192.0.2.1", str(number)) for number in range(8)]
    assert waits == [0, 0.5, 1, 2, 4, 8, LONGEST_S, LONGEST_S]


def test_each_failure_at_a_name_doubles_the_wait_from_whatever_address(world: World) -> None:
    waits = [world.seconds(f"192.0.2.{number}") for number in range(8)]
    assert waits == [0, 0.5, 1, 2, 4, 8, LONGEST_S, LONGEST_S]


@pytest.mark.parametrize(
    "addresses",
    [("2001:db8::1", "2001:db8::ffff:2"), ("192.0.2.1", "::ffff:192.0.2.1"), ("fe80::1%eth0", "fe80::2%eth1")],
)
def test_one_network_of_ipv6_is_one_address(addresses: tuple[str, str], world: World) -> None:
    waits = [world.seconds(address, name) for address, name in zip(addresses, "ab", strict=True)]
    assert waits == [0, 0.5]


def test_what_is_no_address_is_one_of_its_own(world: World) -> None:
    assert [world.seconds(address, address) for address in ("", "unix:", "城")] == [0, 0, 0]


def test_who_came_in_before_is_not_locked_out_by_strangers(world: World) -> None:
    world.seconds("192.0.2.1", check=right)
    for number in range(20):
        world.seconds(f"198.51.100.{number}")
    assert world.seconds("192.0.2.1", check=right) == 0


def test_strangers_guesses_do_not_slow_another_name(world: World) -> None:
    for number in range(20):
        world.seconds(f"198.51.100.{number}")
    assert world.seconds("192.0.2.1", "wang", right) == 0


def test_of_many_guesses_at_once_few_are_checked_and_the_rest_are_refused_at_once() -> None:
    clock, checked, asleep = Clock(), [], []

    async def sleep(seconds: float) -> None:
        asleep.append(seconds)
        await asyncio.sleep(0)

    async def check() -> Person | None:
        checked.append(1)
        return None

    async def many() -> list[Person | BaseException | None]:
        attempts = Attempts(Throttle(clock), Throttle(clock), sleep)
        return await asyncio.gather(
            *(attempts.one("192.0.2.1", "li", check) for _ in range(1000)), return_exceptions=True
        )

    answers = asyncio.run(many())
    assert len(checked) == answers.count(None) < 10
    assert sum(isinstance(answer, TooMany) for answer in answers) == 1000 - len(checked)
    assert max(asleep) <= PATIENCE_S


def test_from_however_many_addresses_no_more_wait_than_there_is_room_for() -> None:
    async def many() -> list[Person | BaseException | None]:
        attempts, gate = Attempts(), asyncio.Event()

        async def check() -> Person | None:
            await gate.wait()
            return LI

        tasks = [asyncio.create_task(attempts.one(f"a{n}", f"n{n}", check)) for n in range(WAITING + 20)]
        await asyncio.sleep(0.01)
        gate.set()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert await attempts.one("later", "li", right) == LI
        return answers

    answers = asyncio.run(many())
    assert answers.count(LI) == WAITING
    assert sum(isinstance(answer, TooMany) for answer in answers) == 20


def test_an_attempt_that_breaks_off_makes_room_again(world: World) -> None:
    async def broken() -> Person | None:
        raise ConnectionError

    for number in range(WAITING + 1):
        with pytest.raises(ConnectionError):
            world.seconds(f"a{number}", f"n{number}", broken)
    assert world.attempts._waiting == 0


def test_the_memory_of_who_was_here_has_an_end(world: World) -> None:
    for number in range(FAMILIAR + 10):
        world.seconds(f"192.0.2.{number}", check=right)
    assert len(world.attempts._familiar) == FAMILIAR


def test_a_failure_is_logged_without_what_was_typed(
    world: World, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.WARNING):
        world.seconds("192.0.2.1", "canary-typed-as-a-name")
    told = caplog.text + "".join(capsys.readouterr())
    assert "console_login_failed" in told
    assert "192.0.2.1" in told
    assert "canary" not in told
