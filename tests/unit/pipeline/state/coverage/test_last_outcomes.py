"""How the last readings of days ended."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import redis

from pipeline.core.coverage.day import LastOutcome
from pipeline.core.model import AccountDay, DayRange
from pipeline.core.outcome import DayState
from pipeline.state import keys
from pipeline.state.coverage.last_outcomes import LastOutcomes
from tests.chains import only

DAY = date(2026, 2, 11)
BEFORE = DAY - timedelta(days=1)
NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)
LOADED = LastOutcome(state=DayState.LOADED, rows=2, cost="118.36")
FAILED = LastOutcome(state=DayState.FAILED, what_to_do="请检查")


class TestLastOutcomes:
    """Against a real Redis and against the one in memory."""

    def test_days_are_those_of_a_table(self, client: redis.Redis) -> None:
        LastOutcomes(client, only("tbl1")).learn({AccountDay("18", DAY): LOADED})
        assert LastOutcomes(client, only("tbl2")).of(["18"], DayRange(DAY, DAY)) == {}

    def test_the_last_word_on_a_day_is_kept(self, client: redis.Redis) -> None:
        outcomes = LastOutcomes(client, only("tbl1"))
        outcomes.learn({AccountDay("18", DAY): FAILED, AccountDay("18", BEFORE): LOADED, AccountDay("19", DAY): LOADED})
        outcomes.learn({AccountDay("18", DAY): LOADED})
        outcomes.learn({})
        assert outcomes.of(["18", "20"], DayRange(BEFORE, DAY)) == {
            AccountDay("18", BEFORE): LOADED,
            AccountDay("18", DAY): LOADED,
        }
        assert outcomes.of(["19"], DayRange(BEFORE, BEFORE)) == {}
        assert outcomes.of([], DayRange(BEFORE, DAY)) == {}

    def test_the_word_on_what_was_read_later_stands_whoever_speaks_last(self, client: redis.Redis) -> None:
        outcomes, at = LastOutcomes(client, only("tbl1")), AccountDay("18", DAY)
        outcomes.learn({at: replace(LOADED, as_of=NOW)}, NOW)
        outcomes.learn({at: replace(FAILED, as_of=NOW - timedelta(hours=3))}, NOW)
        outcomes.learn({at: FAILED}, NOW)  # nobody knows when
        assert outcomes.of(["18"], DayRange(DAY, DAY)) == {at: replace(LOADED, as_of=NOW)}
        outcomes.learn({at: replace(FAILED, as_of=NOW)}, NOW)
        assert not outcomes.of(["18"], DayRange(DAY, DAY))[at].state.good

    def test_days_older_than_400_are_forgotten(self, client: redis.Redis) -> None:
        outcomes, old, oldest = (
            LastOutcomes(client, only("tbl1")),
            DAY - timedelta(days=401),
            DAY - timedelta(days=400),
        )
        outcomes.learn({AccountDay("18", old): LOADED, AccountDay("18", oldest): LOADED})
        outcomes.learn({AccountDay("18", DAY): FAILED})
        assert {at.day for at in outcomes.of(["18"], DayRange(old, DAY))} == {oldest, DAY}

    def test_it_is_kept_for_400_days(self, client: redis.Redis) -> None:
        LastOutcomes(client, only("tbl1")).learn({AccountDay("18", DAY): LOADED})
        assert client.ttl(keys.day_states("tbl1", "18")) == pytest.approx(400 * 86400, abs=2)
