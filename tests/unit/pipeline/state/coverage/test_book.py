"""What is loaded and how the last readings ended, read together."""

from datetime import UTC, date, datetime, timedelta

import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.core.coverage.day import DayCoverage, LastOutcome, Loaded
from pipeline.core.model import AccountDay, DayRange
from pipeline.core.outcome import DayState
from pipeline.state import keys
from pipeline.state.coverage.book import ACCOUNTS_AT_ONCE, DayBook
from pipeline.state.coverage.coverage import Coverage
from pipeline.state.coverage.last_outcomes import LastOutcomes
from tests.chains import only

DAY = date(2026, 2, 11)
BEFORE = DAY - timedelta(days=1)
AT = AccountDay("18", DAY)
NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)
LOADED, FAILED = Loaded(2, "118.36", "c1", NOW), LastOutcome(state=DayState.FAILED)

hours = st.integers(-48, 0)
failures = st.builds(
    LastOutcome,
    state=st.sampled_from([state for state in DayState if not state.good]),
    as_of=st.none() | hours.map(lambda ago: NOW + timedelta(hours=ago)),
)


def book(client: redis.Redis) -> DayBook:
    return DayBook(Coverage(client, only("tbl1")), LastOutcomes(client, only("tbl1")))


class TestDayBook:
    """Against a real Redis and against the one in memory."""

    def test_a_day_is_what_is_loaded_and_how_its_last_reading_ended(self, client: redis.Redis) -> None:
        Coverage(client, only("tbl1")).learn({AT: LOADED, AccountDay("18", BEFORE): LOADED}, NOW)
        LastOutcomes(client, only("tbl1")).learn({AT: FAILED, AccountDay("19", DAY): FAILED}, NOW)
        places = [AccountDay(one, day) for one in ("18", "19") for day in (BEFORE, DAY)]
        assert book(client).at(places) == {
            AccountDay("18", BEFORE): DayCoverage(LOADED),
            AT: DayCoverage(LOADED, FAILED),
            AccountDay("19", DAY): DayCoverage(None, FAILED),
        }
        assert book(client).at([]) == {}

    def test_of_many_accounts_none_is_left_out(self, client: redis.Redis) -> None:
        account_ids = [str(number) for number in range(2 * ACCOUNTS_AT_ONCE + 1)]
        places = [AccountDay(one, DAY) for one in account_ids]
        Coverage(client, only("tbl1")).learn(dict.fromkeys(places, LOADED), NOW)
        assert dict(book(client).of(account_ids, DayRange(BEFORE, DAY))).keys() == set(places)

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(readings=st.lists(failures, max_size=4), loads=st.integers(0, 4))
    def test_failed_readings_before_and_after_a_load_leave_it_there(
        self, client: redis.Redis, readings: list[LastOutcome], loads: int
    ) -> None:
        client.delete(keys.coverage("tbl1", "18"), keys.day_states("tbl1", "18"))
        coverage, outcomes = Coverage(client, only("tbl1")), LastOutcomes(client, only("tbl1"))
        for number in range(5):
            if number == loads:
                coverage.learn({AT: LOADED}, NOW)
            for one in readings[number : number + 1]:
                outcomes.learn({AT: one}, NOW)
        assert book(client).at([AT])[AT].loaded == LOADED
