"""Sessions: opaque, ended by logout, by idleness and after a week, and readable by a new process."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from fakeredis import FakeRedis

from pipeline.state.console import keys
from pipeline.state.console.sessions import Session, Sessions
from pipeline.state.keys import DAY_S, HOUR_S

NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def client() -> redis.Redis:
    return FakeRedis()


def begun(client: redis.Redis) -> str:
    return Sessions(client).begin("li", "digest", NOW)


def test_another_process_finds_who_logged_in(client: redis.Redis) -> None:
    session_id = begun(client)
    assert Sessions(client).find(session_id, NOW) == Session("li", "digest", NOW, NOW)


def test_redis_holds_nothing_by_which_one_could_act_as_the_visitor(client: redis.Redis) -> None:
    session_id = begun(client)
    found: Any = client.keys("*")
    (key,) = found
    row: Any = client.hgetall(key)
    assert session_id.encode() not in key + b"".join(row) + b"".join(row.values())
    assert Sessions(client).find(key.decode().rpartition(":")[2], NOW) is None


def test_no_two_sessions_have_the_same_id(client: redis.Redis) -> None:
    assert len({begun(client) for _ in range(100)}) == 100


def test_an_ended_session_stays_ended(client: redis.Redis) -> None:
    sessions, session_id = Sessions(client), begun(client)
    sessions.end(session_id)
    assert sessions.find(session_id, NOW) is None
    assert client.keys("*") == []


def test_a_visit_under_way_does_not_bring_an_ended_session_back(client: redis.Redis) -> None:
    sessions, session_id = Sessions(client), begun(client)
    sessions.end(session_id)
    sessions._touch(keys=[keys.session("x")], args=[NOW.isoformat(), 60])
    assert client.keys("*") == []


def test_twelve_hours_without_a_visit_end_it_and_each_visit_begins_them_anew(client: redis.Redis) -> None:
    sessions, session_id = Sessions(client), begun(client)
    assert sessions.find(session_id, NOW + 11 * HOUR)
    assert sessions.find(session_id, NOW + 22 * HOUR)
    assert sessions.find(session_id, NOW + 34 * HOUR) is None


def test_a_week_after_the_login_it_ends_in_spite_of_visits(client: redis.Redis) -> None:
    sessions, session_id = Sessions(client), begun(client)
    for hour in range(0, 7 * 24, 6):
        assert sessions.find(session_id, NOW + hour * HOUR)
    assert sessions.find(session_id, NOW + 7 * 24 * HOUR) is None


def test_redis_forgets_it_no_later(client: redis.Redis) -> None:
    sessions, session_id = Sessions(client), begun(client)
    (key,) = client.keys("*")
    assert client.ttl(key) == 12 * HOUR_S
    for hour in range(0, 7 * 24, 6):
        sessions.find(session_id, NOW + hour * HOUR)
    assert client.ttl(key) == 7 * DAY_S - 162 * HOUR_S


def test_a_page_that_asks_every_second_writes_once_a_minute(client: redis.Redis) -> None:
    sessions, session_id = Sessions(client), begun(client)
    seen = {sessions.find(session_id, NOW + timedelta(seconds=second)) for second in range(150)}
    assert len(seen) == 3


@pytest.mark.parametrize("made_up", ["", "x", "x" * 43, "\0" * 43, "城" * 43, "\ud800" * 43, "x" * 10_000])
def test_a_made_up_id_is_no_session(made_up: str, client: redis.Redis) -> None:
    begun(client)
    assert Sessions(client).find(made_up, NOW) is None


@pytest.mark.parametrize("field", ["person", "login", "created", "seen"])
def test_what_another_release_kept_is_no_session(field: str, client: redis.Redis) -> None:
    session_id = begun(client)
    (key,) = client.keys("*")
    client.hdel(key, field)
    assert Sessions(client).find(session_id, NOW) is None
    client.hset(key, field, b"\xff")
    assert Sessions(client).find(session_id, NOW) is None
