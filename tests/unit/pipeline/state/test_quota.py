from datetime import UTC, datetime

import pytest
import redis

from pipeline.state import keys
from pipeline.state.quota import Quota

FEBRUARY = datetime(2026, 2, 11, 4, 0, tzinfo=UTC)


def quota(client: redis.Redis, now: datetime = FEBRUARY) -> Quota:
    return Quota(client, lambda: now)


class TestQuota:
    def test_nothing_is_used_at_first(self, client: redis.Redis) -> None:
        assert quota(client).used() == 0

    def test_calls_of_every_process_are_counted_together(self, client: redis.Redis) -> None:
        quota(client).count()
        quota(client).count()
        assert quota(client).used() == 2

    def test_each_month_in_china_is_counted_by_itself(self, client: redis.Redis) -> None:
        quota(client).count()
        march = datetime(2026, 2, 28, 16, 0, tzinfo=UTC)
        quota(client, march).count()
        assert (quota(client).used(), quota(client, march).used()) == (1, 1)
        assert client.get(keys.quota("2026-03")) == b"1"

    def test_a_count_ends_by_itself(self, client: redis.Redis) -> None:
        quota(client).count()
        assert 0 < int(client.ttl(keys.quota("2026-02"))) <= keys.QUOTA_TTL_S


def test_a_call_while_redis_is_away_is_counted_with_the_next_one(
    fake: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter = quota(fake)

    def away(*_: object, **__: object) -> None:
        raise redis.ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(fake, "pipeline", away)
        counter.count()
        counter.count()
    assert counter.used() == 0
    counter.count()
    assert counter.used() == 3
