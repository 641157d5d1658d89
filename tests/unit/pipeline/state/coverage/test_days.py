"""What is last known of days and of accounts that cannot be read."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import redis

from pipeline.core.coverage.coverage import KnownDay
from pipeline.core.model import AccountDay, DayRange
from pipeline.core.outcome import DayState
from pipeline.core.runs.absence import Absence
from pipeline.state import keys
from pipeline.state.coverage.days import Days

DAY = date(2026, 2, 11)
BEFORE = DAY - timedelta(days=1)
NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)
LOADED = KnownDay(state=DayState.LOADED, rows=2, cost="118.36")
FAILED = KnownDay(state=DayState.FAILED, what_to_do="请检查")


class TestDays:
    """Against a real Redis and against the one in memory."""

    def test_days_are_those_of_a_table_and_absences_those_of_all(self, client: redis.Redis) -> None:
        one, other = Days(client, "tbl1"), Days(client, "tbl2")
        one.learn({AccountDay("18", DAY): LOADED})
        one.begin_absences({"19": NOW})
        assert other.known(["18"], DayRange(DAY, DAY)) == {}
        assert other.absences() == {"19": Absence(NOW)}

    def test_the_last_word_on_a_day_is_kept(self, client: redis.Redis) -> None:
        days = Days(client, "tbl1")
        days.learn({AccountDay("18", DAY): FAILED, AccountDay("18", BEFORE): LOADED, AccountDay("19", DAY): LOADED})
        days.learn({AccountDay("18", DAY): LOADED})
        days.learn({})
        assert days.known(["18", "20"], DayRange(BEFORE, DAY)) == {
            AccountDay("18", BEFORE): LOADED,
            AccountDay("18", DAY): LOADED,
        }
        assert days.known(["19"], DayRange(BEFORE, BEFORE)) == {}
        assert days.known([], DayRange(BEFORE, DAY)) == {}

    def test_the_word_on_what_was_read_later_stands_whoever_speaks_last(self, client: redis.Redis) -> None:
        days, at = Days(client, "tbl1"), AccountDay("18", DAY)
        days.learn({at: replace(LOADED, as_of=NOW)}, NOW)
        days.learn({at: replace(FAILED, as_of=NOW - timedelta(hours=3))}, NOW)
        days.learn({at: FAILED}, NOW)  # nobody knows when
        assert days.known(["18"], DayRange(DAY, DAY)) == {at: replace(LOADED, as_of=NOW)}
        days.learn({at: replace(FAILED, as_of=NOW)}, NOW)
        assert not days.known(["18"], DayRange(DAY, DAY))[at].state.good

    def test_days_older_than_400_are_forgotten(self, client: redis.Redis) -> None:
        days, old, oldest = Days(client, "tbl1"), DAY - timedelta(days=401), DAY - timedelta(days=400)
        days.learn({AccountDay("18", old): LOADED, AccountDay("18", oldest): LOADED})
        days.learn({AccountDay("18", DAY): FAILED})
        assert {at.day for at in days.known(["18"], DayRange(old, DAY))} == {oldest, DAY}

    def test_an_absence_lasts_since_its_first_notice_until_its_end(self, client: redis.Redis) -> None:
        days = Days(client, "tbl1")
        days.begin_absences({"18": NOW - timedelta(days=8), "19": NOW})
        days.begin_absences({"18": NOW})
        assert days.absences() == {"18": Absence(NOW - timedelta(days=8)), "19": Absence(NOW)}
        assert list(days.parked(NOW)) == ["18"]
        days.end_absences([])
        days.end_absences(["18", "20"])
        assert list(days.absences()) == ["19"]

    def test_that_an_absence_was_told_is_kept(self, client: redis.Redis) -> None:
        days, absence = Days(client, "tbl1"), Absence(NOW)
        days.begin_absences({"18": NOW})
        told = replace(absence, told=DAY, told_by="run1")
        days.tell_absence("18", told)
        days.begin_absences({"18": NOW})
        assert days.absences() == {"18": told}

    def test_each_key_lives_as_long_as_the_table_of_keys_says(self, client: redis.Redis) -> None:
        days = Days(client, "tbl1")
        days.learn({AccountDay("18", DAY): LOADED})
        days.begin_absences({"18": NOW})
        lives = [int(client.ttl(name)) for name in (keys.day_states("tbl1", "18"), keys.ACCOUNTS_ABSENT)]
        assert lives == pytest.approx([400 * 86400, -1], abs=2)
