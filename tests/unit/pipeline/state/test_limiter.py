import math
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
import redis

from pipeline.core.bounds import LONGEST_WAIT_S
from pipeline.core.errors import Throttled
from pipeline.state import keys
from pipeline.state.limiter import LONGEST_SLEEP_S, Limiter

GAP_S = 1 / (5 * 0.99)


@pytest.fixture(autouse=True)
def sleeps(client: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What was slept; nothing really is. The server runs by then: whoever starts it sleeps too."""
    client.ping()
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    return slept


def clock(client: redis.Redis) -> float:
    """The server's clock: a stand-in's is this machine's."""
    answer: Any = client.time()
    return float(answer[0]) + float(answer[1]) / 1_000_000


def next_slot(client: redis.Redis, endpoint: str = "a") -> float:
    """When the next call may be sent, by the server's clock."""
    value: Any = client.get(keys.limit(endpoint))
    return int(value) / 1_000_000


def slots(client: redis.Redis, call: Callable[[], None], count: int) -> list[float]:
    """The slots that so many calls were given: each leaves the next one a gap later."""
    found = []
    for _ in range(count):
        call()
        found.append(next_slot(client) - GAP_S)
    return found


class TestLimiter:
    def test_the_first_call_goes_at_once(self, client: redis.Redis, sleeps: list[float]) -> None:
        Limiter(client, 5).wait("a")
        assert sleeps == [0]

    def test_slots_lie_a_gap_apart_so_that_the_rate_is_kept(self, client: redis.Redis) -> None:
        limiter = Limiter(client, 5)
        given = slots(client, lambda: limiter.wait("a"), 40)
        apart = [later - earlier for earlier, later in pairwise(given)]
        assert apart == pytest.approx([GAP_S] * 39, abs=1e-5)
        assert max(sum(start <= one < start + 1 for one in given) for start in given) == 5

    def test_each_call_sleeps_until_its_slot(self, client: redis.Redis, sleeps: list[float]) -> None:
        limiter, ends = Limiter(client, 5), list[float]()
        for _ in range(5):
            before = clock(client)
            limiter.wait("a")
            ends.append(next_slot(client) - GAP_S)
            assert before + sleeps[-1] <= ends[-1] + 1e-5
            assert clock(client) + sleeps[-1] >= ends[-1] - 1e-5

    def test_all_workers_share_the_slots_of_an_endpoint(self, client: redis.Redis) -> None:
        one, other = Limiter(client, 5), Limiter(client, 5)
        given = [slot for limiter in (one, other) * 3 for slot in slots(client, partial(limiter.wait, "a"), 1)]
        assert given[-1] - given[0] == pytest.approx(5 * GAP_S, abs=1e-5)

    def test_each_endpoint_has_slots_of_its_own(self, client: redis.Redis, sleeps: list[float]) -> None:
        limiter = Limiter(client, 1)
        limiter.wait("a")
        limiter.wait("b")
        assert sleeps == [0, 0]

    def test_quiet_hours_save_nothing_up(self, client: redis.Redis, sleeps: list[float]) -> None:
        client.set(keys.limit("a"), int((clock(client) - 3600) * 1_000_000))
        limiter = Limiter(client, 5)
        for _ in range(3):
            limiter.wait("a")
        assert sleeps[0] == 0
        assert sum(sleeps) > 2 * GAP_S

    def test_a_pause_holds_for_everybody(self, client: redis.Redis, sleeps: list[float]) -> None:
        Limiter(client, 5).pause("a", 10)
        Limiter(client, 5).wait("a")
        assert 9 < sleeps[-1] <= 10

    def test_a_pause_moves_slots_that_were_not_given_yet(self, client: redis.Redis, sleeps: list[float]) -> None:
        limiter = Limiter(client, 5)
        limiter.wait("a")
        limiter.pause("a", 10)
        limiter.wait("a")
        assert 9 < sleeps[-1] <= 10

    def test_a_shorter_pause_does_not_end_a_longer_one(self, client: redis.Redis, sleeps: list[float]) -> None:
        limiter = Limiter(client, 5)
        limiter.pause("a", 10)
        limiter.pause("a", 1)
        limiter.wait("a")
        assert 9 < sleeps[-1] <= 10

    def test_a_pause_is_that_of_one_endpoint(self, client: redis.Redis, sleeps: list[float]) -> None:
        limiter = Limiter(client, 5)
        limiter.pause("a", 10)
        limiter.wait("b")
        assert sleeps == [0]

    def test_a_slot_too_far_away_is_not_taken_but_told(self, client: redis.Redis, sleeps: list[float]) -> None:
        limiter = Limiter(client, 5)
        limiter.pause("a", 300)
        before = next_slot(client)
        with pytest.raises(Throttled) as caught:
            limiter.wait("a")
        assert caught.value.retry_after is not None
        assert LONGEST_SLEEP_S < caught.value.retry_after <= 300
        assert not caught.value.effect_possible
        assert next_slot(client) == before
        assert sleeps == []

    def test_the_longest_queue_is_as_long_as_the_longest_sleep(self, client: redis.Redis, sleeps: list[float]) -> None:
        limiter = Limiter(client, 1)

        def crowd() -> None:
            for _ in range(30):
                limiter.wait("a")

        with pytest.raises(Throttled):
            crowd()
        assert 15 <= len(sleeps) <= 16
        assert max(sleeps) <= LONGEST_SLEEP_S

    def test_nothing_is_left_behind_when_it_is_over(self, client: redis.Redis) -> None:
        limiter = Limiter(client, 5)
        limiter.wait("a")
        assert 0 < int(client.pttl(keys.limit("a"))) <= 1000 * GAP_S + 1001
        limiter.pause("a", 10)
        assert 10_000 < int(client.pttl(keys.limit("a"))) <= 11_001

    @pytest.mark.parametrize("seconds", [1_771_000_000.0, 1e300, math.inf])
    def test_no_pause_is_longer_than_the_longest_block_known(self, client: redis.Redis, seconds: float) -> None:
        Limiter(client, 5).pause("a", seconds)
        assert next_slot(client) - clock(client) <= LONGEST_WAIT_S
        assert int(client.pttl(keys.limit("a"))) <= 1000 * LONGEST_WAIT_S + 1001

    @pytest.mark.parametrize("ahead_s", [LONGEST_WAIT_S + 20, 86_400, 1_771_000_000, 1e15])
    def test_a_slot_further_ahead_than_anybody_sets_counts_as_none(
        self, client: redis.Redis, sleeps: list[float], ahead_s: float
    ) -> None:
        client.set(keys.limit("a"), f"{(clock(client) + ahead_s) * 1_000_000:.0f}")  # before the clock stepped back
        limiter = Limiter(client, 5)
        limiter.wait("a")
        limiter.wait("a")
        assert sleeps[0] == 0
        assert 0 < sleeps[1] <= GAP_S
        client.set(keys.limit("b"), f"{(clock(client) + ahead_s) * 1_000_000:.0f}")
        limiter.pause("b", 10)
        assert next_slot(client, "b") - clock(client) <= 10

    def test_the_longest_pause_behind_the_longest_queue_still_counts(self, client: redis.Redis) -> None:
        slow = Limiter(client, 0.01)
        slow.wait("a")
        with pytest.raises(Throttled):
            slow.wait("a")  # a gap of 101 s is no nonsense
        slow.pause("a", LONGEST_WAIT_S)
        with pytest.raises(Throttled):
            slow.wait("a")

    def test_scale_0_takes_the_waiting_out(self, client: redis.Redis, sleeps: list[float]) -> None:
        limiter = Limiter(client, 5, scale=0)
        limiter.pause("a", 300)
        for _ in range(50):
            limiter.wait("a")
        assert sum(sleeps) == 0
