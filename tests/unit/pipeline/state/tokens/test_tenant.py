"""The tenant token at rest: sealed, for its time, for one app."""

import pytest
import redis
from cryptography.fernet import Fernet

from pipeline.state import keys
from pipeline.state.store import connect
from pipeline.state.tokens.credentials import digest
from pipeline.state.tokens.tenant import SharedTenantToken

SECRET = "canary-1"
KEY, NEWER = (Fernet.generate_key().decode() for _ in range(2))


def shared(
    client: redis.Redis, *fernet_keys: str, app_id: str = "cli_1", secret: str = SECRET, address: str = "https://h"
) -> SharedTenantToken:
    return SharedTenantToken(client, fernet_keys or (KEY,), app_id, secret, address)


def kept(client: redis.Redis) -> str:
    """The one key under which a token lies."""
    (key,) = client.scan_iter(keys.tenant_token("*", "*"))
    return str(key.decode())


class TestSharedTenantToken:
    def test_nothing_is_known_at_first(self, client: redis.Redis) -> None:
        assert shared(client).get() is None

    def test_what_one_shares_another_knows_with_the_time_that_is_left(self, client: redis.Redis) -> None:
        shared(client).share("t-canary", 6600)
        token, left = shared(client).get() or ("", 0)
        assert token == "t-canary"
        assert 6590 < left <= 6600
        assert shared(client, app_id="cli_2").get() is None

    def test_it_lies_sealed_in_redis_and_goes_by_itself(self, client: redis.Redis) -> None:
        shared(client).share("t-canary", 6600)
        assert b"canary" not in client.get(kept(client))  # type: ignore[operator]
        assert 0 < int(client.ttl(kept(client))) <= 6600
        assert "canary" not in kept(client)

    @pytest.mark.parametrize("other", [{"app_id": "cli_2"}, {"secret": "canary-2"}, {"address": "https://other"}])
    def test_one_that_was_asked_for_with_other_credentials_is_not_used(
        self, client: redis.Redis, other: dict[str, str]
    ) -> None:
        shared(client, **other).share("t-other", 6600)
        assert shared(client).get() is None
        shared(client).share("t-1", 6600)
        assert [(one.get() or ("",))[0] for one in (shared(client), shared(client, **other))] == ["t-1", "t-other"]

    def test_credentials_are_told_apart_wherever_one_ends_and_the_next_begins(self, client: redis.Redis) -> None:
        shared(client, app_id="cli_1", secret="1a").share("t-1", 6600)
        assert shared(client, app_id="cli_11", secret="a").get() is None
        assert digest(KEY, "ab", "c") != digest(KEY, "a", "bc")
        assert digest(KEY, "a") != digest(NEWER, "a")

    def test_an_older_key_still_opens_it_and_a_strange_one_counts_as_nothing(self, client: redis.Redis) -> None:
        shared(client).share("t-1", 6600)
        assert (shared(client, KEY, NEWER).get() or ("",))[0] == "t-1"
        assert shared(client, NEWER, KEY).get() is None  # with the key its name changes: one more is asked for
        assert shared(client, NEWER).get() is None
        shared(client, NEWER).share("t-2", 6600)
        assert (shared(client, NEWER).get() or ("",))[0] == "t-2"


def test_while_redis_is_away_nothing_is_known_and_nothing_fails() -> None:
    away = connect("redis://127.0.0.1:1/0", 1)
    shared(away).share("t-1", 6600)
    assert shared(away).get() is None
