"""What the group was told."""

from datetime import date, timedelta

import redis

from pipeline.state import keys
from pipeline.state.telling.told import Told

DAY = date(2026, 2, 12)


def later(days: int) -> date:
    return DAY + timedelta(days=days)


def test_an_event_is_told_by_the_first_run_that_sees_it_and_by_that_one_alone(client: redis.Redis) -> None:
    told = Told(client)
    assert told.claim_events(["a", "b"], "run1", DAY) == {"a", "b"}
    assert told.claim_events(["a", "c"], "run2", later(1)) == {"c"}
    assert told.claim_events(["a", "b"], "run1", DAY) == {"a", "b"}  # its card is tried again


def test_one_that_goes_on_is_not_told_again_however_long(client: redis.Redis) -> None:
    told = Told(client)
    told.claim_events(["a"], "run0", DAY)
    assert [told.claim_events(["a"], f"run{n}", later(n)) for n in range(1, 30)] == [set()] * 29


def test_one_that_was_over_for_more_than_three_days_is_told_again(client: redis.Redis) -> None:
    told = Told(client)
    told.claim_events(["a", "b"], "run0", DAY)
    assert told.claim_events(["a"], "run3", later(3)) == set()
    assert told.claim_events(["a", "b"], "run4", later(4)) == {"b"}


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
