"""The log of acts: newest first, by run, bounded in number, length and age, without secrets."""

from datetime import UTC, datetime, timedelta

import pytest
import redis
from fakeredis import FakeRedis

from pipeline.core.redaction import hold
from pipeline.state.console import keys
from pipeline.state.console.acts import WORDS_MOST, Act, Acts
from pipeline.state.keys import HISTORY_TTL_S

NOW = datetime(2026, 7, 1, 9, 30, 15, 123456, tzinfo=UTC)


@pytest.fixture
def client() -> redis.Redis:
    return FakeRedis()


def act(number: int, run_id: str | None = None) -> Act:
    return Act(NOW + timedelta(seconds=number), "li", "重新读取", f"城东店 第 {number} 次", run_id)


def test_the_newest_come_first_and_no_more_than_asked_for(client: redis.Redis) -> None:
    acts = Acts(client)
    for number in (2, 1, 3):
        acts.add(act(number))
    assert acts.newest(2) == [act(3), act(2)]
    assert acts.newest(50) == [act(3), act(2), act(1)]
    assert acts.newest(0) == []


def test_a_run_tells_its_own_in_their_order(client: redis.Redis) -> None:
    acts = Acts(client)
    for number, run_id in enumerate(("a", "b", None, "a")):
        acts.add(act(number, run_id))
    assert acts.of_run("a") == [act(0, "a"), act(3, "a")]
    assert acts.of_run("nobody's") == []


def test_two_people_at_the_same_moment_are_two_acts(client: redis.Redis) -> None:
    acts = Acts(client)
    for person in ("li", "wang"):
        acts.add(Act(NOW, person, "停止补数", ""))
    assert {one.person for one in acts.newest(9)} == {"li", "wang"}


def test_a_thousand_are_kept_and_of_a_run_a_hundred(client: redis.Redis) -> None:
    acts = Acts(client)
    for number in range(keys.ACTS_MAX + 5):
        acts.add(act(number, "a"))
    assert acts.newest(10_000)[-1] == act(5, "a")
    assert len(acts.newest(10_000)) == keys.ACTS_MAX
    assert len(acts.of_run("a")) == keys.ACTS_OF_RUN_MAX
    assert acts.of_run("a")[-1] == acts.newest(1)[0]


def test_they_are_kept_for_400_days(client: redis.Redis) -> None:
    acts = Acts(client)
    acts.add(act(0, "a"))
    acts.add(act(HISTORY_TTL_S + 1))
    assert acts.newest(9) == [act(HISTORY_TTL_S + 1)]
    assert {client.ttl(key) for key in client.keys("*")} == {HISTORY_TTL_S}


def test_no_secret_and_no_endless_word_is_kept(client: redis.Redis) -> None:
    hold("canary-of-the-log")
    acts = Acts(client)
    acts.add(Act(NOW, "li", "粘贴网址", "https://x/?code=canary-of-the-log " + "长" * 10_000))
    (kept,) = acts.newest(9)
    assert "canary" not in kept.what
    assert len(kept.what) == WORDS_MOST
