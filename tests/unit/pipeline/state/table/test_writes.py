from datetime import date

import redis

from pipeline.core.model import DayRange
from pipeline.state import keys
from pipeline.state.table.base_facts import BaseFacts
from pipeline.state.table.writes import Writes

FEBRUARY = DayRange(date(2026, 2, 1), date(2026, 2, 28))
MARCH = DayRange(date(2026, 3, 1), date(2026, 3, 31))


def writes(client: redis.Redis, base: str = "bas1") -> Writes:
    return Writes(client, BaseFacts(client, base))


class TestWrites:
    def test_each_writer_is_counted_for_the_whole_base(self, client: redis.Redis) -> None:
        writes(client).begin_writing()
        writes(client).begin_writing()
        assert writes(client).writes() == 2
        assert writes(client, "bas2").writes() == 0

    def test_writes_since_a_reading_say_about_which_days_they_were_unless_one_may_be_about_all(
        self, client: redis.Redis
    ) -> None:
        one = writes(client)
        one.begin_writing(FEBRUARY)
        since = one.writes()
        assert one.days_written(since) == []
        one.begin_writing(MARCH)
        one.begin_writing(FEBRUARY)
        assert writes(client).days_written(since) == [MARCH, FEBRUARY]
        assert writes(client).days_written(since + 1) == [FEBRUARY]
        one.begin_writing()
        assert one.days_written(since) is None

    def test_a_write_whose_days_are_forgotten_may_be_about_all(self, client: redis.Redis) -> None:
        one = writes(client)
        one.begin_writing(MARCH)
        client.delete(keys.written("bas1", 1))
        assert one.days_written(0) is None

    def test_what_had_ended_when_somebody_took_the_lock_stays_while_he_writes(self, client: redis.Redis) -> None:
        one = writes(client)
        one.begin_writing()
        assert one.ended_writes() == 0
        one.learn_ended_writes()
        one.begin_writing(MARCH)
        assert (one.ended_writes(), one.writes()) == (1, 2)

    def test_counts_are_kept_and_days_for_ten_minutes(self, client: redis.Redis) -> None:
        one = writes(client)
        one.begin_writing(MARCH)
        one.learn_ended_writes()
        assert [client.ttl(key) for key in (keys.writes("bas1"), keys.ended_writes("bas1"))] == [-1, -1]
        assert 598 <= client.ttl(keys.written("bas1", 1)) <= 600
