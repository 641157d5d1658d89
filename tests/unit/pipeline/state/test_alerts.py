"""An event is told once."""

from datetime import date, timedelta

import redis

from pipeline.state.alerts import Alerts

DAY = date(2026, 2, 12)


def later(days: int) -> date:
    return DAY + timedelta(days=days)


def test_an_event_is_told_by_the_first_run_that_sees_it_and_by_that_one_alone(client: redis.Redis) -> None:
    alerts = Alerts(client)
    assert alerts.claim(["a", "b"], "run1", DAY) == {"a", "b"}
    assert alerts.claim(["a", "c"], "run2", later(1)) == {"c"}
    assert alerts.claim(["a", "b"], "run1", DAY) == {"a", "b"}  # its card is tried again


def test_one_that_goes_on_is_not_told_again_however_long(client: redis.Redis) -> None:
    alerts = Alerts(client)
    alerts.claim(["a"], "run0", DAY)
    assert [alerts.claim(["a"], f"run{n}", later(n)) for n in range(1, 30)] == [set()] * 29


def test_one_that_was_over_for_more_than_three_days_is_told_again(client: redis.Redis) -> None:
    alerts = Alerts(client)
    alerts.claim(["a", "b"], "run0", DAY)
    assert alerts.claim(["a"], "run3", later(3)) == set()
    assert alerts.claim(["a", "b"], "run4", later(4)) == {"b"}


def test_where_nothing_is_so_nothing_is_kept(client: redis.Redis) -> None:
    assert Alerts(client).claim([], "run1", DAY) == set()
    assert client.keys("*") == []
