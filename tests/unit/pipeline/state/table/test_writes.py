import threading
import time
from datetime import date

import pytest
import redis

from pipeline.core.errors import DeadlinePassed
from pipeline.core.model import DayRange
from pipeline.state import keys
from pipeline.state.table.base_facts import BaseFacts
from pipeline.state.table.keys import wanted
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

    def test_writes_into_another_table_are_left_out_and_those_that_name_none_count(self, client: redis.Redis) -> None:
        one = writes(client)
        one.begin_writing(FEBRUARY, "tblA")
        one.begin_writing(MARCH)  # as of an older release
        assert one.days_written(0, "tblA") == [FEBRUARY, MARCH]
        assert one.days_written(0, "tblB") == [MARCH]
        assert one.days_written(0) == [FEBRUARY, MARCH]
        one.begin_writing()
        assert one.days_written(0, "tblB") is None

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

    def test_who_gives_way_gets_the_lock_after_those_who_wait_for_it(self, client: redis.Redis) -> None:
        order: list[str] = []

        def write(name: str, *, gives_way: bool) -> None:
            with writes(client).lock("bas1", lambda: 10.0, gives_way=gives_way):
                order.append(name)

        views = threading.Thread(target=write, args=["views"], kwargs={"gives_way": True})
        load = threading.Thread(target=write, args=["load"], kwargs={"gives_way": False})
        with writes(client).lock("bas1", lambda: 10.0, gives_way=False):
            views.start()
            load.start()
            while not client.exists(wanted("bas1")):
                time.sleep(0.01)
        for one in (views, load):
            one.join()
        assert order == ["load", "views"]

    def test_of_several_writers_of_a_process_one_asks_redis_and_each_has_the_lock_alone(
        self, client: redis.Redis
    ) -> None:
        holders: list[int] = []

        def write(number: int) -> None:
            with writes(client).lock("bas1", lambda: 10.0, gives_way=False):
                holders.append(number)
                assert client.exists(keys.writer("bas1"))
                time.sleep(0.05)
                assert holders[-1] == number

        threads = [threading.Thread(target=write, args=[number]) for number in range(5)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert sorted(holders) == list(range(5))
        assert not client.exists(keys.writer("bas1"))

    def test_a_writer_that_waits_for_another_of_its_process_gives_up_when_its_time_is_over(
        self, client: redis.Redis
    ) -> None:
        failed: list[Exception] = []

        def write() -> None:
            try:
                with writes(client).lock("bas1", lambda: 0.0, gives_way=False):
                    pass
            except DeadlinePassed as error:
                failed.append(error)

        with writes(client).lock("bas1", lambda: 10.0, gives_way=False):
            other = threading.Thread(target=write)
            other.start()
            other.join()
        assert len(failed) == 1

    def test_who_gives_way_leaves_a_free_lock_to_who_waits_and_asks_nobody_to_hurry(self, client: redis.Redis) -> None:
        client.set(wanted("bas1"), "1", px=60_000)
        with pytest.raises(DeadlinePassed), writes(client).lock("bas1", lambda: 0.0, gives_way=True):
            pass
        client.delete(wanted("bas1"))
        with writes(client).lock("bas1", lambda: 0.0, gives_way=True):
            with pytest.raises(DeadlinePassed), writes(client).lock("bas1", lambda: 0.0, gives_way=True):
                pass
            assert not client.exists(wanted("bas1"))
