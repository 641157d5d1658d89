"""The tenant token at rest: sealed, for its time, for one app."""

import redis
from cryptography.fernet import Fernet

from pipeline.state import keys
from pipeline.state.store import connect
from pipeline.state.tenant import SharedTenantToken

KEY, NEWER = (Fernet.generate_key().decode() for _ in range(2))


def shared(client: redis.Redis, *fernet_keys: str, app_id: str = "cli_1") -> SharedTenantToken:
    return SharedTenantToken(client, fernet_keys or (KEY,), app_id)


class TestSharedTenantToken:
    def test_nothing_is_known_at_first(self, client: redis.Redis) -> None:
        assert shared(client).known() is None

    def test_what_one_shares_another_knows_with_the_time_that_is_left(self, client: redis.Redis) -> None:
        shared(client).share("t-canary", 6600)
        token, left = shared(client).known() or ("", 0)
        assert token == "t-canary"
        assert 6590 < left <= 6600
        assert shared(client, app_id="cli_2").known() is None

    def test_it_lies_sealed_in_redis_and_goes_by_itself(self, client: redis.Redis) -> None:
        shared(client).share("t-canary", 6600)
        assert b"canary" not in client.get(keys.tenant_token("cli_1"))  # type: ignore[operator]
        assert 0 < int(client.ttl(keys.tenant_token("cli_1"))) <= 6600

    def test_an_older_key_still_opens_it_and_a_strange_one_counts_as_nothing(self, client: redis.Redis) -> None:
        shared(client).share("t-1", 6600)
        assert (shared(client, NEWER, KEY).known() or ("",))[0] == "t-1"
        assert shared(client, NEWER).known() is None
        shared(client, NEWER).share("t-2", 6600)
        assert (shared(client, NEWER).known() or ("",))[0] == "t-2"


def test_while_redis_is_away_nothing_is_known_and_nothing_fails() -> None:
    away = connect("redis://127.0.0.1:1/0", 1)
    shared(away).share("t-1", 6600)
    assert shared(away).known() is None
