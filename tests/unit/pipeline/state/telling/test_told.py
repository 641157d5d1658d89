"""What the group was told."""

from datetime import date, timedelta

import redis

from pipeline.core.telling.anomalies import Anomaly
from pipeline.state import keys
from pipeline.state.telling.told import Told

DAY = date(2026, 2, 12)


def later(days: int) -> date:
    return DAY + timedelta(days=days)


def seen(*events: str) -> list[Anomaly]:
    return [Anomaly(event, "城东店", f"消耗 {event}", DAY) for event in events]


def test_an_event_is_told_by_the_first_run_that_sees_it_and_by_that_one_alone(client: redis.Redis) -> None:
    told = Told(client)
    assert told.claim_events(seen("a", "b"), "run1", DAY) == {"a", "b"}
    assert told.claim_events(seen("a", "c"), "run2", later(1)) == {"c"}
    assert told.claim_events(seen("a", "b"), "run1", DAY) == {"a", "b"}  # its card is tried again


def test_one_that_goes_on_is_not_told_again_however_long(client: redis.Redis) -> None:
    told = Told(client)
    told.claim_events(seen("a"), "run0", DAY)
    assert [told.claim_events(seen("a"), f"run{n}", later(n)) for n in range(1, 30)] == [set()] * 29


def test_one_that_was_over_for_more_than_three_days_is_told_again(client: redis.Redis) -> None:
    told = Told(client)
    told.claim_events(seen("a", "b"), "run0", DAY)
    assert told.claim_events(seen("a"), "run3", later(3)) == set()
    assert told.claim_events(seen("a", "b"), "run4", later(4)) == {"b"}


def test_what_runs_saw_on_a_day_can_be_read_again_whoever_told_it(client: redis.Redis) -> None:
    told = Told(client)
    told.claim_events(seen("b", "old"), "run0", DAY)
    told.claim_events(seen("a", "b"), "run1", later(1))
    assert told.anomalies(later(1)) == seen("a", "b")
    assert told.anomalies(later(2)) == []


def test_what_an_older_release_saw_has_no_words_and_is_not_read(client: redis.Redis) -> None:
    client.hset(keys.ALERTS, "high:cost:1", b'{"run_id":"daily-2026-02-11","seen":"2026-02-12"}')
    told = Told(client)
    assert told.anomalies(DAY) == []
    assert told.claim_events(seen("high:cost:1"), "run1", DAY) == set()


def test_where_nothing_is_so_nothing_is_kept(client: redis.Redis) -> None:
    assert Told(client).claim_events([], "run1", DAY) == set()
    assert client.keys("*") == []


def test_a_run_is_told_once_unless_its_mark_is_taken_away(client: redis.Redis) -> None:
    told = Told(client)
    assert not told.of_run("run1")
    assert [told.mark_run(run_id) for run_id in ("run1", "run1", "run2")] == [True, False, True]
    told.unmark_run("run1")
    assert (told.of_run("run1"), told.of_run("run2"), told.mark_run("run1")) == (False, True, True)


def test_a_trouble_is_told_once_a_day_until_it_is_over(client: redis.Redis) -> None:
    told = Told(client)
    told.mark_trouble(DAY, "token:x")
    assert [told.of_trouble(*one) for one in ((DAY, "token:x"), (later(1), "token:x"), (DAY, "token:y"))] == [
        True,
        False,
        False,
    ]
    assert 86400 < int(client.ttl(keys.told(DAY.isoformat(), "token:x"))) <= 2 * 86400
    told.unmark_trouble(DAY, "token:x")
    assert not told.of_trouble(DAY, "token:x")
