"""What work and what a look do with a record that nobody can read."""

from datetime import UTC, datetime

import pytest
import redis

from pipeline.core.unreadable import Unreadable
from pipeline.state import codec, keys, unread
from pipeline.state.quota import Quota
from pipeline.state.table.visibility import Visibility

NOW = datetime(2026, 2, 12, tzinfo=UTC)
QUOTA, COVERAGE, VIEWS = keys.quota("2026-02"), keys.coverage("tbl1", "18"), keys.views("tbl1")


class TestWork:
    def test_puts_away_what_is_made_again_and_goes_on(self, client: redis.Redis) -> None:
        client.rpush(QUOTA, "by hand")
        quota = Quota(client, lambda: NOW)
        quota.count()
        assert quota.used() == 1
        assert client.lrange(keys.put_away(QUOTA), 0, -1) == [b"by hand"]
        assert 0 < client.ttl(keys.put_away(QUOTA)) <= keys.NEWS_TTL_S

    def test_puts_away_in_a_transaction_too_and_does_each_command_once(self, client: redis.Redis) -> None:
        client.set(VIEWS, "by hand")
        pipe = client.pipeline()
        pipe.incr("laike:v1:base:b:writes")
        pipe.hset(VIEWS, "18", "x")
        pipe.incr("laike:v1:base:b:writes")
        assert pipe.execute() == [1, 1, 2]
        assert client.hgetall(VIEWS) == {b"18": b"x"}

    @pytest.mark.parametrize("piped", [False, True])
    def test_stops_at_anything_else_and_leaves_it(self, client: redis.Redis, *, piped: bool) -> None:
        client.set(COVERAGE, "by hand")
        pipe = client.pipeline()
        pipe.hget(COVERAGE, "2026-02-11")
        with pytest.raises(Unreadable, match=COVERAGE):
            _ = pipe.execute() if piped else client.hget(COVERAGE, "2026-02-11")
        assert client.get(COVERAGE) == b"by hand"

    def test_of_several_keys_of_a_script_the_wrong_one_is_named(self, client: redis.Redis) -> None:
        client.set(COVERAGE, "by hand")
        script = client.register_script("redis.call('hget', KEYS[1], 'a') return redis.call('hget', KEYS[2], 'a')")
        with pytest.raises(Unreadable, match=COVERAGE):
            script(keys=[keys.day_states("tbl1", "18"), COVERAGE])

    def test_does_not_take_a_stop_of_another_type_for_none(self, client: redis.Redis) -> None:
        client.hset(keys.loading_stopped("tbl1"), "a", "b")
        with pytest.raises(Unreadable, match="stopped"):
            Visibility(client, "tbl1").lost()

    def test_a_key_that_is_not_ours_is_left_to_its_owner(self, client: redis.Redis) -> None:
        client.set("celery", "x")
        with pytest.raises(redis.ResponseError):
            client.llen("celery")


class TestLooking:
    def test_shows_the_rest_says_what_it_left_out_and_changes_nothing(self, client: redis.Redis) -> None:
        client.hset(keys.ASIDE, mapping={"one": b"1", "two": b"torn"})
        client.set(VIEWS, "by hand")
        with unread.looking() as left_out:
            assert unread.fields(client, keys.ASIDE, number) == {"one": 1}
            assert unread.fields(client, VIEWS, number) == {}
            assert [one.key for one in unread.left_out()] == [key for key, _ in left_out] == [keys.ASIDE, VIEWS]
        assert client.get(VIEWS) == b"by hand"
        assert client.hlen(keys.ASIDE) == 2
        assert unread.left_out() == []

    def test_a_look_skips_what_work_stops_at(self, client: redis.Redis) -> None:
        client.hset(COVERAGE, "2026-02-11", "torn")
        with unread.looking() as left_out:
            assert unread.fields(client, COVERAGE, number) == {}
        assert set(left_out) == {(COVERAGE, "2026-02-11")}
        with pytest.raises(Unreadable):
            unread.fields(client, COVERAGE, number)

    def test_commands_of_a_pipeline_fail_each_by_itself(self, client: redis.Redis) -> None:
        client.set(COVERAGE, "by hand")
        client.hset(VIEWS, "18", "x")
        pipe = client.pipeline(transaction=False)
        pipe.hget(COVERAGE, "18")
        pipe.hget(VIEWS, "18")
        with unread.looking():
            assert list(unread.answers(pipe)) == [None, b"x"]


@pytest.mark.parametrize("said", [b"2026-02-12T00:00:00", b"", b"\xff", b"soon"])
def test_a_moment_without_its_zone_is_none(said: bytes) -> None:
    with pytest.raises(Unreadable):
        unread.moment_of(said, "laike:v1:x")


def number(data: bytes, key: str, field: str) -> int:
    return codec.load(int, data, key, field)
