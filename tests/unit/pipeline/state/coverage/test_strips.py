from datetime import UTC, date, datetime

import fakeredis
import redis

from pipeline.core.chain import Chain, PhysicalTable, alone
from pipeline.core.coverage.day import LastOutcome, Loaded
from pipeline.core.coverage.states import LETTERS
from pipeline.core.model import AccountDay, DayRange
from pipeline.core.outcome import DayState
from pipeline.state.coverage.coverage import Coverage
from pipeline.state.coverage.last_outcomes import LastOutcomes
from pipeline.state.coverage.strips import Strip, Strips

DAYS = DayRange(date(2026, 3, 1), date(2026, 3, 4))
AT = datetime(2026, 3, 5, tzinfo=UTC)
ROLLED = Chain((PhysicalTable("tblA"), PhysicalTable("tblB", date(2026, 3, 3))))


def learn(client: redis.Redis, chain: Chain, account_id: str, loaded: dict[int, int]) -> None:
    """Let days of March have so many rows."""
    days = {AccountDay(account_id, date(2026, 3, day)): Loaded(rows, "1", "c", AT) for day, rows in loaded.items()}
    Coverage(client, lambda: chain).learn(days, AT)


class TestStrips:
    def test_the_last_reading_counts_before_what_is_loaded_and_no_rows_are_an_empty_day(
        self, client: redis.Redis
    ) -> None:
        chain = alone("tblA")
        learn(client, chain, "1", {1: 5, 2: 0, 3: 10})
        bad = LastOutcome(state=DayState.INCOMPLETE, as_of=AT)
        LastOutcomes(client, lambda: chain).learn({AccountDay("1", date(2026, 3, 3)): bad}, AT)
        strips = Strips(client, lambda: chain).of(["1", "2"], DAYS)
        assert strips == {"1": Strip("L0I-", older=False), "2": Strip("----", older=False)}

    def test_every_state_has_its_letter(self, client: redis.Redis) -> None:
        chain = alone("tblA")
        for state, letter in LETTERS.items():
            said = {AccountDay("1", date(2026, 3, 1)): LastOutcome(state=state, as_of=AT)}
            client.flushdb()
            LastOutcomes(client, lambda: chain).learn(said, AT)
            assert Strips(client, lambda: chain).of(["1"], DAYS)["1"].letters == f"{letter}---"

    def test_a_day_before_these_is_noticed_also_in_an_earlier_table(self, client: redis.Redis) -> None:
        learn(client, ROLLED, "1", {4: 1})
        learn(client, ROLLED, "2", {2: 1, 4: 1})
        strips = Strips(client, lambda: ROLLED)
        assert strips.of(["1", "2"], DayRange(date(2026, 3, 4), date(2026, 3, 4))) == {
            "1": Strip("L", older=False),
            "2": Strip("L", older=True),
        }
        assert strips.of(["2"], DayRange(date(2026, 3, 2), date(2026, 3, 4)))["2"] == Strip("L-L", older=False)

    def test_many_accounts_are_read_some_at_a_time(self) -> None:
        client, chain = fakeredis.FakeRedis(), alone("tblA")
        many = [str(number) for number in range(120)]
        for one in many[::2]:
            learn(client, chain, one, {4: 1})
        strips = Strips(client, lambda: chain).of(many, DAYS)
        assert [strips[one].letters for one in many] == ["---L", "----"] * 60
