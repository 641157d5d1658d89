from datetime import date

import pytest
import redis

from pipeline.core.model import AccountDay, DayRange
from pipeline.state import keys
from pipeline.state.table.memory import KnownColumn, KnownRow, KnownView, Memory, place

FEBRUARY = DayRange(date(2026, 2, 1), date(2026, 2, 28))
PLACE = "18 2026-02-11"  # an account and a day among the status rows
MARCH = DayRange(date(2026, 3, 1), date(2026, 3, 31))


def memory(client: redis.Redis, base: str = "bas1", table_id: str = "tbl1") -> Memory:
    return Memory(client, base, table_id)


class TestMemory:
    def test_nothing_is_known_at_first(self, client: redis.Redis) -> None:
        fresh = memory(client)
        assert (fresh.writes(), fresh.creator(), fresh.zone(), fresh.status_table()) == (0, None, None, None)
        assert (fresh.status_rows([PLACE]), fresh.views()) == ({}, {})

    def test_what_is_learned_is_known_to_every_process(self, client: redis.Redis) -> None:
        one, other = memory(client), memory(client)
        one.learn_creator("ou_1")
        one.learn_zone("Asia/Shanghai")
        one.learn_status_table("tbl9")
        assert (other.creator(), other.zone(), other.status_table()) == ("ou_1", "Asia/Shanghai", "tbl9")

    def test_the_creator_of_rows_is_that_of_the_app_by_which_we_write(self, client: redis.Redis) -> None:
        one, other = (Memory(client, "bas1", "tbl1", app_id) for app_id in ("cli_1", "cli_2"))
        client.set(keys.creator("bas1"), "ou_0")  # as a release left it that did not tell
        assert (one.creator(), other.creator()) == ("ou_0", "ou_0")
        one.learn_creator("ou_1")
        assert (one.creator(), other.creator()) == ("ou_1", None)
        other.learn_creator("ou_2")
        assert (one.creator(), other.creator()) == (None, "ou_2")

    def test_each_writer_is_counted_for_the_whole_base(self, client: redis.Redis) -> None:
        memory(client).begin_writing()
        memory(client, table_id="tbl2").begin_writing()
        assert memory(client).writes() == 2
        assert memory(client, base="bas2").writes() == 0

    def test_writes_since_a_reading_say_about_which_days_they_were_unless_one_may_be_about_all(
        self, client: redis.Redis
    ) -> None:
        one = memory(client)
        one.begin_writing(FEBRUARY)
        since = one.writes()
        assert one.days_written(since) == []
        one.begin_writing(MARCH)
        one.begin_writing(FEBRUARY)
        assert memory(client).days_written(since) == [MARCH, FEBRUARY]
        assert memory(client).days_written(since + 1) == [FEBRUARY]
        one.begin_writing()
        assert one.days_written(since) is None

    def test_a_write_whose_days_are_forgotten_may_be_about_all(self, client: redis.Redis) -> None:
        one = memory(client)
        one.begin_writing(MARCH)
        client.delete(keys.written("bas1", 1))
        assert one.days_written(0) is None

    def test_what_had_ended_when_somebody_took_the_lock_stays_while_he_writes(self, client: redis.Redis) -> None:
        one = memory(client)
        one.begin_writing()
        assert one.ended_writes() == 0
        one.learn_ended_writes()
        one.begin_writing(MARCH)
        assert (one.ended_writes(), one.writes()) == (1, 2)

    def test_the_base_s_facts_are_those_of_the_base_and_the_table_s_those_of_the_table(
        self, client: redis.Redis
    ) -> None:
        one = memory(client)
        one.learn_creator("ou_1")
        one.learn_zone("UTC")
        one.learn_status_table("tbl9")
        one.learn_view("18", KnownView("vew1", 1.5))
        sister, stranger = memory(client, table_id="tbl2"), memory(client, base="bas2", table_id="tbl3")
        assert (sister.creator(), sister.zone(), sister.status_table(), sister.views()) == ("ou_1", "UTC", None, {})
        assert (stranger.creator(), stranger.zone()) == (None, None)

    def test_status_rows_are_known_by_place_and_the_last_word_counts(self, client: redis.Redis) -> None:
        one, row = memory(client), KnownRow("rec1", "digest")
        one.learn_status_rows({PLACE: row, "19 2026-02-11": row, "20 2026-02-11": row})
        one.learn_status_rows({PLACE: KnownRow("rec1", "other")})
        asked = [PLACE, "19 2026-02-11", "21 2026-02-11"]
        assert one.status_rows(asked) == {PLACE: KnownRow("rec1", "other"), "19 2026-02-11": row}

    def test_learning_no_status_rows_changes_nothing(self, client: redis.Redis) -> None:
        one = memory(client)
        one.learn_status_rows({})
        assert one.status_rows([PLACE]) == {}
        assert one.status_rows([]) == {}

    def test_a_status_table_that_is_not_as_remembered_is_forgotten_with_its_rows(self, client: redis.Redis) -> None:
        one = memory(client)
        one.learn_status_table("tbl9")
        one.learn_status_rows({PLACE: KnownRow("rec1", "d")})
        one.learn_view("18", KnownView("vew1", 1.5))
        one.forget_status()
        assert (one.status_table(), one.status_rows([PLACE])) == (None, {})
        assert one.views() == {"18": KnownView("vew1", 1.5)}

    def test_a_view_is_known_by_account_until_it_is_forgotten(self, client: redis.Redis) -> None:
        one = memory(client)
        one.learn_view("18", KnownView("vew1", 1.5))
        one.learn_view("19", KnownView("vew2", 2.5))
        one.learn_view("18", KnownView("vew1", 1770800000.25))
        assert one.views() == {"18": KnownView("vew1", 1770800000.25), "19": KnownView("vew2", 2.5)}
        one.forget_view("18")
        one.forget_view("20")
        assert one.views() == {"19": KnownView("vew2", 2.5)}

    def test_the_columns_of_the_last_load_are_known_and_no_older_ones(self, client: redis.Redis) -> None:
        one = memory(client)
        one.learn_columns({"消耗(元)": KnownColumn("fld1", "消耗(元)"), "转化数": KnownColumn("fld2", "转化")})
        one.learn_columns({"消耗(元)": KnownColumn("fld1", "花费")})
        assert memory(client).columns() == {"消耗(元)": KnownColumn("fld1", "花费")}
        assert memory(client, table_id="tbl2").columns() == {}

    def test_each_key_lives_as_long_as_the_table_of_keys_says(self, client: redis.Redis) -> None:
        one = memory(client)
        one.begin_writing(MARCH)
        one.learn_ended_writes()
        one.learn_creator("ou_1")
        one.learn_zone("UTC")
        one.learn_status_table("tbl9")
        one.learn_status_rows({PLACE: KnownRow("rec1", "d")})
        one.learn_view("18", KnownView("vew1", 1.5))
        one.learn_columns({"时间": KnownColumn("fld1", "时间")})
        lives = {
            keys.writes("bas1"): -1,
            keys.ended_writes("bas1"): -1,
            keys.written("bas1", 1): 600,
            keys.creator("bas1"): -1,
            keys.zone("bas1"): 86400,
            keys.status_table("tbl1"): -1,
            keys.status_rows("tbl1"): 400 * 86400,
            keys.views("tbl1"): -1,
            keys.columns("tbl1"): -1,
        }
        assert {key: int(client.ttl(key)) for key in lives} == pytest.approx(lives, abs=2)


def test_a_place_is_an_account_and_a_day() -> None:
    assert place(AccountDay("1800000000000001", date(2026, 2, 1))) == "1800000000000001 2026-02-01"
