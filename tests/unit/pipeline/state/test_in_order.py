import threading
from datetime import UTC, datetime, timedelta

import redis

from pipeline.core.model import AccountDay
from pipeline.state.in_order import Dated, InOrder, by_key

NOW = datetime(2026, 2, 12, 10, 36, tzinfo=UTC)
SEVEN, SETTLED = NOW - timedelta(hours=3), NOW - timedelta(minutes=1)


def in_order(client: redis.Redis) -> InOrder:
    return InOrder(client, lambda data, *_: datetime.fromisoformat(data.decode()) if data != b"old" else None)


def said(*moments: datetime) -> dict[str, Dated]:
    return {f"day{n}": Dated(moment.isoformat().encode(), moment) for n, moment in enumerate(moments)}


def there(client: redis.Redis, field: str = "day0") -> str | None:
    found = client.hget("k", field)
    return found.decode() if isinstance(found, bytes) else None


class TestInOrder:
    def test_what_was_read_later_stays_whoever_comes_last(self, client: redis.Redis) -> None:
        for moment in (SETTLED, SEVEN):
            in_order(client).put({"k": said(moment)}, NOW)
        assert there(client) == SETTLED.isoformat()

    def test_each_field_is_judged_by_itself(self, client: redis.Redis) -> None:
        in_order(client).put({"k": said(SETTLED, SEVEN)}, NOW)
        in_order(client).put({"k": said(SEVEN, SETTLED, SEVEN)}, NOW)
        assert [there(client, f"day{n}") for n in range(3)] == [
            SETTLED.isoformat(), SETTLED.isoformat(), SEVEN.isoformat(),
        ]  # fmt: skip

    def test_the_same_time_replaces_and_so_does_anything_what_is_undated(self, client: redis.Redis) -> None:
        client.hset("k", "day0", "old")
        in_order(client).put({"k": said(SEVEN)}, NOW)
        assert there(client) == SEVEN.isoformat()
        in_order(client).put({"k": {"day0": Dated(b"again", SEVEN)}}, NOW)
        assert there(client) == "again"

    def test_undated_replaces_undated_and_nothing_else(self, client: redis.Redis) -> None:
        client.hset("k", "day0", "old")
        in_order(client).put({"k": {"day0": Dated(SEVEN.isoformat().encode(), None)}}, NOW)
        assert there(client) == SEVEN.isoformat()
        in_order(client).put({"k": {"day0": Dated(b"old", None)}}, NOW)
        assert there(client) == SEVEN.isoformat()

    def test_a_time_in_the_future_is_replaced(self, client: redis.Redis) -> None:
        client.hset("k", "day0", datetime(2099, 1, 1, tzinfo=UTC).isoformat())
        in_order(client).put({"k": said(SEVEN)}, NOW)
        assert there(client) == SEVEN.isoformat()

    def test_by_redis_own_clock_where_none_is_given(self, client: redis.Redis) -> None:
        client.hset("k", "day0", datetime(2099, 1, 1, tzinfo=UTC).isoformat())
        in_order(client).put({"k": said(SEVEN)}, None)
        assert there(client) == SEVEN.isoformat()
        in_order(client).put({}, None)


def test_of_many_at_once_the_newest_wins(redis_url: str) -> None:
    client = redis.Redis.from_url(redis_url)
    moments = [SEVEN + timedelta(seconds=n) for n in range(24)]
    begin = threading.Barrier(len(moments))

    def put(moment: datetime) -> None:
        begin.wait()
        in_order(client).put({"k": said(moment, moment)}, NOW)

    threads = [threading.Thread(target=put, args=(moment,)) for moment in moments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [there(client, field) for field in ("day0", "day1")] == [moments[-1].isoformat()] * 2
    client.close()


def test_days_of_accounts_are_fields_of_a_hash_for_each_account() -> None:
    one = Dated(b"x", SEVEN)
    places = [
        AccountDay("18", NOW.date()),
        AccountDay("18", SEVEN.date() - timedelta(days=1)),
        AccountDay("19", NOW.date()),
    ]
    assert by_key(dict.fromkeys(places, one), lambda at: f"of {at.account_id}") == {
        "of 18": {"2026-02-12": one, "2026-02-11": one},
        "of 19": {"2026-02-12": one},
    }
