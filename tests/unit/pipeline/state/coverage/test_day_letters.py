"""One letter for each day of an account: always what the days themselves say."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.chain import Chain, PhysicalTable
from pipeline.core.coverage.day import LastOutcome, Loaded
from pipeline.core.coverage.grid import grid
from pipeline.core.coverage.letters import BLANK, Cut, filled, first_loaded, last_good
from pipeline.core.coverage.states import LETTERS
from pipeline.core.model import AccountDay, DayRange
from pipeline.core.outcome import DayState
from pipeline.state import codec, keys
from pipeline.state.coverage.book import DayBook
from pipeline.state.coverage.coverage import Coverage
from pipeline.state.coverage.day_letters import DayLetters
from pipeline.state.coverage.last_outcomes import LastOutcomes
from pipeline.state.schema import Schema

FIRST, BOUNDARY, TODAY = date(2025, 12, 27), date(2026, 2, 1), date(2026, 2, 12)
DAYS = DayRange(FIRST, TODAY)
NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)
TABLES = Chain((PhysicalTable("tbl1"), PhysicalTable("tbl2", BOUNDARY)))
ACCOUNTS = ("18", "19")

places = st.builds(AccountDay, st.sampled_from(ACCOUNTS), st.sampled_from([*DAYS, FIRST - timedelta(days=420)]))
moments = st.integers(0, 20).map(lambda hours: NOW - timedelta(hours=hours))
loads = st.dictionaries(places, st.builds(Loaded, st.integers(0, 2), st.just("1"), st.just("c"), moments), max_size=9)
states = st.sampled_from(DayState)
readings = st.builds(LastOutcome, state=states, as_of=moments, what_to_do=st.just('say "state":"failed"'))
ends = st.dictionaries(places, readings, max_size=9)
lost = st.sampled_from(["days", "all"])
history = st.lists(st.tuples(st.sampled_from(["load", "end", "lose", "older", "look"]), loads, ends, lost), max_size=9)


class Memory:
    """What is remembered of the accounts."""

    def __init__(self, client: redis.Redis) -> None:
        def tables() -> Chain:
            return TABLES

        self.client = client
        self.coverage, self.last = Coverage(client, tables), LastOutcomes(client, tables)
        self.letters, self.book = DayLetters(client, tables), DayBook(self.coverage, self.last)

    def live(
        self, what: str, loaded: dict[AccountDay, Loaded], ended: dict[AccountDay, LastOutcome], gone: str
    ) -> None:
        """One event in the life of a Redis."""
        if what == "load":
            self.coverage.learn(loaded, NOW)
        elif what == "end":
            self.last.learn(ended, NOW)
        elif what == "older":
            self.of_an_older_release(ended)
        elif what == "look":
            self.letters.of(ACCOUNTS)
        else:
            kinds = [keys.day_states] if gone == "days" else [keys.day_states, keys.coverage]
            self.client.delete(*(kind(table_id, one) for kind in kinds for table_id in TABLES.ids for one in ACCOUNTS))

    def of_an_older_release(self, ended: dict[AccountDay, LastOutcome]) -> None:
        """A release without letters ends a run; the next run of this one reads the same days again."""
        for at, one in ended.items():
            self.client.hset(keys.day_states(TABLES.table_of(at.day), at.account_id), at.day.isoformat(), _stored(one))
        self.last.learn({at: replace(one, as_of=NOW) for at, one in ended.items()}, NOW)

    def drawn(self) -> dict[str, str]:
        """The rows of the grid as the letters say."""
        cut, found = Cut.of(DAYS, TABLES), self.letters.of(ACCOUNTS)
        return {
            one: filled(cut.known(lines), DAYS, first_loaded(lines) or TODAY, TODAY, None)
            for one, lines in found.items()
        }

    def counted(self) -> dict[str, str]:
        """The same by reading every day."""
        book = dict(self.book.of(ACCOUNTS, DAYS))
        begun = {one: min(days, default=TODAY) for one, days in self.coverage.days(ACCOUNTS).items()}
        rows = {one: grid(one, DAYS, book, TODAY, None, first=begun[one]) for one in ACCOUNTS}
        return {
            one: "".join(LETTERS[row[day].state] if day in row else BLANK for day in DAYS) for one, row in rows.items()
        }


def _stored(one: LastOutcome) -> bytes:
    return codec.dump(one, LastOutcome)


@pytest.fixture
def emptied(client: redis.Redis) -> Callable[[], Memory]:
    """A memory of which nothing is left at each call."""

    def begin() -> Memory:
        client.flushdb()
        return Memory(client)

    return begin


class TestDayLetters:
    """Against a real Redis and against the one in memory."""

    def test_they_are_what_the_days_say_after_any_history(self, emptied: Callable[[], Memory]) -> None:
        @given(history)
        def check(events: list[Any]) -> None:
            memory = emptied()
            for event in events:
                memory.live(*event)
                assert memory.drawn() == memory.counted()
                lines = memory.letters.of(ACCOUNTS)
                good = {one: last_good(lines[one]) for one in ACCOUNTS}
                assert good == {one: self.last_good_day(memory, one) for one in ACCOUNTS}

        check()

    @staticmethod
    def last_good_day(memory: Memory, account_id: str) -> date | None:
        """By reading every day."""
        days = DayRange(FIRST - timedelta(days=450), TODAY)
        known = memory.last.of([account_id], days)
        return max((at.day for at, one in known.items() if one.state.good), default=None)

    def test_run_ends_at_the_same_time_lose_no_letter(self, client: redis.Redis) -> None:
        memory, days = Memory(client), list(DAYS)

        def end(part: int) -> None:
            for day in days[part::4]:
                memory.coverage.learn({AccountDay("18", day): Loaded(1, "1", "c", NOW)}, NOW)
                memory.last.learn({AccountDay("18", day): LastOutcome(state=DayState.FAILED, as_of=NOW)}, NOW)

        runs = [threading.Thread(target=end, args=(part,)) for part in range(4)]
        for run in runs:
            run.start()
        for run in runs:
            run.join()
        assert memory.drawn()["18"] == memory.counted()["18"] == "F" * len(days)

    def test_lines_that_older_data_lacks_are_made_once_and_kept(self, client: redis.Redis) -> None:
        memory = Memory(client)
        client.hset(keys.day_states("tbl1", "18"), FIRST.isoformat(), _stored(LastOutcome(state=DayState.FAILED)))
        client.hset(keys.coverage("tbl1", "18"), FIRST.isoformat(), codec.dump(Loaded(0, "0", "c", NOW), Loaded))
        assert memory.drawn()["18"][0] == "F"
        kept: Any = client.hmget(keys.day_states("tbl1", "18"), keys.LINES)
        assert [line.decode()[:7] for line in kept] == ["2025-12", "2025-12"]
        client.delete(keys.coverage("tbl1", "18"))
        there, _ = memory.letters.of(["18"])["18"]
        assert there.loaded.first == FIRST

    def test_nothing_is_kept_of_accounts_of_which_nothing_is_known(self, client: redis.Redis) -> None:
        assert set(Memory(client).drawn()["18"][:-1]) == {BLANK}
        assert not client.keys("*")

    def test_days_of_an_older_form_that_a_person_settles_get_their_letters(self, client: redis.Redis) -> None:
        memory = Memory(client)
        memory.last.learn({AccountDay("18", FIRST): LastOutcome(state=DayState.LOADED)}, NOW)
        client.hset(keys.tableless_day_states("18"), "2026-01-03", _stored(LastOutcome(state=DayState.FAILED)))
        client.hset(keys.tableless_coverage("18"), "2026-01-02", codec.dump(Loaded(0, "0", "c", NOW), Loaded))
        Schema(client).settle("tbl1")
        assert memory.drawn() == memory.counted()
        assert memory.drawn()["18"][:8] == "L     0F"

    def test_a_line_does_not_grow_with_the_years(self, client: redis.Redis) -> None:
        memory = Memory(client)
        for years in range(12):
            memory.last.learn({AccountDay("18", date(2026 + years, 1, 31)): LastOutcome(state=DayState.LOADED)}, NOW)
        line: Any = client.hget(keys.day_states("tbl2", "18"), "letters")
        assert line.startswith(b"2035-12 ")
        assert len(line) == len("2035-12") + 14 * 31
        assert line.count(b"L") == 2
