"""A state works once, for ten minutes, and is nowhere in Redis in words."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import redis

from pipeline.core.overview.authorization import Authorized, Invitation
from pipeline.state.console import keys
from pipeline.state.console.authorizations import Authorizations

NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)
INVITATION = Invitation(session="digest-1", person="王店长", at=NOW)


def test_a_state_is_good_once(client: redis.Redis) -> None:
    known = Authorizations(client)
    state = known.begin(INVITATION)
    assert known.take(state) == INVITATION
    assert known.take(state) is None


def test_of_many_that_take_a_state_at_once_one_gets_it(client: redis.Redis) -> None:
    state = Authorizations(client).begin(INVITATION)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: Authorizations(client).take(state), range(16)))
    assert [one for one in taken if one] == [INVITATION]


def test_a_state_dies_after_ten_minutes(client: redis.Redis) -> None:
    Authorizations(client).begin(INVITATION)
    found: Any = client
    (key,) = found.keys(f"{keys.CONSOLE}state:*")
    assert 590 < found.ttl(key) <= 600


def test_no_two_states_are_the_same_and_none_stands_in_redis(client: redis.Redis) -> None:
    states = {Authorizations(client).begin(INVITATION) for _ in range(20)}
    assert len(states) == 20
    assert all(len(state) >= 40 for state in states)
    found: Any = client
    kept = b"".join(key + found.get(key) for key in found.keys("*"))
    assert not [state for state in states if state.encode() in kept]


def test_what_is_no_state_takes_nothing(client: redis.Redis) -> None:
    known = Authorizations(client)
    state = known.begin(INVITATION)
    for wrong in ("", "laike", "*", "\0", "\ud83d", "店" * 5000, state[:-1]):
        assert known.take(wrong) is None
    assert known.take(state) == INVITATION


def test_the_last_authorization_is_remembered(client: redis.Redis) -> None:
    known = Authorizations(client)
    assert known.last() is None
    for person in ("王店长", "李店长"):
        known.keep(Authorized(at=NOW, person=person, accounts=3, arrived=("城东店",), missing=("城西店",)))
    assert known.last() == Authorized(at=NOW, person="李店长", accounts=3, arrived=("城东店",), missing=("城西店",))
