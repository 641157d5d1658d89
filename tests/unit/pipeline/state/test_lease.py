import threading
import time
from collections.abc import Callable

import pytest
import redis

from pipeline.clients.feishu.api import WRITE_TIMEOUT_S
from pipeline.core.errors import Busy, DeadlinePassed, Retryable
from pipeline.state import lease as module
from pipeline.state.lease import LEASE_S, LONGEST_LEASE_S, Lease, claim, held, hold

KEY = "laike:v1:base:b:writer"
REQUEST_S = 15.0


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 3
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time as leases see it."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


class TestLease:
    def test_there_is_one_holder(self, client: redis.Redis) -> None:
        first, second = Lease(client, KEY), Lease(client, KEY)
        assert first.take()
        assert not second.take()

    def test_whoever_took_it_finds_itself_when_it_asks_again(self, client: redis.Redis, clock: list[float]) -> None:
        mine = Lease(client, KEY)
        assert mine.take()  # the lease is ours, and the answer that says so is lost
        clock[0] += 4
        assert mine.take()  # so the client sends the command once more
        assert not Lease(client, KEY).take()

    def test_another_base_has_another_holder(self, client: redis.Redis) -> None:
        assert Lease(client, KEY).take()
        assert Lease(client, "laike:v1:base:c:writer").take()

    def test_what_is_released_is_free(self, client: redis.Redis) -> None:
        first, second = Lease(client, KEY), Lease(client, KEY)
        first.take()
        first.release()
        assert second.take()

    def test_a_lease_longer_than_anybody_takes_is_nobody_s(self, client: redis.Redis) -> None:
        client.set(KEY, "a dead one's", px=86_400_000)  # the clock of Redis stepped back by a day
        mine = Lease(client, KEY)
        assert mine.take()
        assert 0 < int(client.pttl(KEY)) <= 1000 * LEASE_S
        assert not Lease(client, KEY).take()

    def test_the_longest_lease_is_somebody_s(self, client: redis.Redis) -> None:
        assert Lease(client, KEY, LONGEST_LEASE_S).take()
        assert not Lease(client, KEY).take()

    def test_a_dead_holder_s_lease_runs_out(self, client: redis.Redis) -> None:
        dead, second = Lease(client, KEY, seconds=0.1), Lease(client, KEY)
        assert dead.take()
        assert not second.take()
        until(second.take)

    def test_a_lease_never_outlives_its_seconds(self, client: redis.Redis) -> None:
        Lease(client, KEY).take()
        assert 0 < int(client.pttl(KEY)) <= LEASE_S * 1000

    def test_release_never_frees_another_s_lease(self, client: redis.Redis) -> None:
        late, second = Lease(client, KEY, seconds=0.05), Lease(client, KEY)
        late.take()
        until(second.take)
        late.release()
        assert not Lease(client, KEY).take()

    def test_renewing_never_prolongs_another_s_lease(self, client: redis.Redis) -> None:
        late, second = Lease(client, KEY, seconds=0.05), Lease(client, KEY, seconds=5)
        late.take()
        until(second.take)
        with pytest.raises(Retryable):
            late.ensure(0.01)
        assert 0 < int(client.pttl(KEY)) <= 5000

    def test_a_lease_that_lives_long_enough_is_not_asked_for(self, client: redis.Redis, clock: list[float]) -> None:
        mine = Lease(client, KEY)
        mine.take()
        client.close()
        clock[0] += LEASE_S - REQUEST_S
        mine.ensure(REQUEST_S)

    def test_a_lease_that_would_end_within_the_request_is_renewed_first(
        self, client: redis.Redis, clock: list[float]
    ) -> None:
        mine = Lease(client, KEY)
        mine.take()
        client.pexpire(KEY, 100)
        clock[0] += LEASE_S - REQUEST_S + 0.1
        mine.ensure(REQUEST_S)
        assert int(client.pttl(KEY)) > REQUEST_S * 1000

    def test_a_request_longer_than_any_lease_is_not_sent(self, client: redis.Redis) -> None:
        mine = Lease(client, KEY)
        mine.take()
        with pytest.raises(Retryable):
            mine.ensure(LEASE_S + 1)

    def test_a_holder_that_slept_too_long_is_told_before_its_next_request(
        self, client: redis.Redis, clock: list[float]
    ) -> None:
        stopped, second = Lease(client, KEY), Lease(client, KEY)
        stopped.take()
        clock[0] += 30
        client.delete(KEY)  # as it runs out meanwhile
        assert second.take()
        with pytest.raises(Retryable, match="lost") as caught:
            stopped.ensure(REQUEST_S)
        assert not caught.value.effect_possible
        second.ensure(REQUEST_S)

    def test_a_holder_whose_renewal_was_refused_is_told_before_its_next_request(self, client: redis.Redis) -> None:
        mine = Lease(client, KEY)
        mine.take()
        client.flushdb()  # Redis came back empty, and another writer was quicker
        assert Lease(client, KEY).take()
        mine._extend()  # what the renewing thread does every two seconds
        with pytest.raises(Retryable, match="lost"):
            mine.ensure(REQUEST_S)

    def test_a_slow_renewal_counts_from_when_it_was_asked_for(self, client: redis.Redis, clock: list[float]) -> None:
        mine = Lease(client, KEY)
        mine.take()
        renew = mine._renew

        def slow(**how: object) -> object:
            done = renew(**how)  # type: ignore[arg-type]
            clock[0] += 8
            return done

        mine._renew = slow  # type: ignore[assignment]
        clock[0] += 10
        with pytest.raises(Retryable):
            mine.ensure(REQUEST_S)


def unreachable(**_: object) -> object:
    raise redis.ConnectionError("gone")


def test_a_holder_that_cannot_renew_writes_on_while_its_lease_lives_and_then_stops(
    fake: redis.Redis, clock: list[float]
) -> None:
    mine = Lease(fake, KEY)
    mine.take()
    mine._renew = unreachable  # type: ignore[assignment]
    clock[0] += 4.9
    mine.ensure(REQUEST_S)
    clock[0] += 0.2
    with pytest.raises((Retryable, redis.RedisError)):
        mine.ensure(REQUEST_S)


def test_the_lease_is_longer_than_a_request_and_its_renewal_together() -> None:
    assert LEASE_S - WRITE_TIMEOUT_S >= 2 * module.RENEW_S


class TestHold:
    def test_the_lease_is_held_for_the_block(self, client: redis.Redis) -> None:
        with hold(client, KEY, lambda: 60) as lease:
            lease.ensure(REQUEST_S)
            assert not Lease(client, KEY).take()
        assert Lease(client, KEY).take()

    def test_the_lease_is_given_back_after_an_error(self, client: redis.Redis) -> None:
        with pytest.raises(ValueError, match="mine"), hold(client, KEY, lambda: 60):
            raise ValueError("mine")
        assert Lease(client, KEY).take()

    def test_the_lease_is_renewed_while_it_is_held_and_no_longer(
        self, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "RENEW_S", 0.01)
        with hold(client, KEY, lambda: 60):
            client.pexpire(KEY, 1000)
            until(lambda: int(client.pttl(KEY)) > 5000)
        until(lambda: all(thread.name != "lease" for thread in threading.enumerate()))

    def test_a_renewal_that_fails_is_tried_again(self, fake: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "RENEW_S", 0.01)
        with hold(fake, KEY, lambda: 60) as lease:
            renew, lease._renew = lease._renew, unreachable  # type: ignore[assignment]
            time.sleep(0.05)
            lease._renew = renew
            fake.pexpire(KEY, 1000)
            until(lambda: int(fake.pttl(KEY)) > 5000)

    def test_a_second_writer_waits_for_the_first(self, client: redis.Redis) -> None:
        first, order = Lease(client, KEY), list[str]()
        first.take()

        def second() -> None:
            with hold(client, KEY, lambda: 60):
                order.append("second")

        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.1)
        order.append("first")
        first.release()
        thread.join(5)
        assert order == ["first", "second"]

    def test_a_second_writer_takes_over_from_a_dead_one(self, client: redis.Redis) -> None:
        Lease(client, KEY, seconds=0.1).take()
        with hold(client, KEY, lambda: 60) as lease:
            lease.ensure(REQUEST_S)

    def test_waiting_ends_with_the_run_s_time(self, client: redis.Redis) -> None:
        first, left = Lease(client, KEY), iter([0.1, 0.05, 0.0])
        first.take()
        with pytest.raises(DeadlinePassed), hold(client, KEY, lambda: next(left)):
            pass
        assert next(left, None) is None
        first.ensure(REQUEST_S)


class TestClaim:
    def test_a_step_that_a_living_process_holds_is_busy(self, client: redis.Redis) -> None:
        with claim(client, KEY, 5, lambda: None):
            assert held(client, KEY)
            with pytest.raises(Busy), claim(client, KEY, 5, lambda: None):
                pass
            assert held(client, KEY)
        assert not held(client, KEY)

    def test_each_renewal_is_a_sign_of_life(self, fake: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "RENEW_S", 0.01)
        signs: list[str] = []
        with claim(fake, KEY, 5, lambda: signs.append("alive")):
            until(lambda: len(signs) >= 2)

    def test_a_dead_step_is_free_after_its_seconds(self, client: redis.Redis) -> None:
        assert Lease(client, KEY, seconds=0.05).take()
        until(lambda: not held(client, KEY))
        with claim(client, KEY, 5, lambda: None):
            pass
