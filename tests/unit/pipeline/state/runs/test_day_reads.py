"""What runs read of one account."""

from datetime import UTC, date, datetime, timedelta

import redis

from pipeline.core.model import Account, AccountDay, DayRange
from pipeline.core.outcome import DayOutcome, DayState, FetchOutcome, Run, RunState, Summary
from pipeline.state import codec, keys
from pipeline.state.runs.day_reads import DayReads
from pipeline.state.runs.ledger import Ledger

DAY = date(2026, 2, 11)
NOW = datetime(2026, 2, 12, 2, tzinfo=UTC)
FETCH = FetchOutcome(
    account_id="18", days=(DayOutcome(day=DAY, state=DayState.LOADED, rows=2),), rows=2, checksum="c", as_of=NOW
)


def run(run_id: str, started: datetime) -> Run:
    days = DayRange(DAY, DAY)
    accounts = (Account("18", "城东店"), Account("19", "城西店"))
    return Run(run_id=run_id, day=DAY, days=days, accounts=accounts, started_at=started, deadline=started)


class TestDayReads:
    """Against a real Redis and against the one in memory."""

    def test_runs_since_a_moment_come_newest_first(self, client: redis.Redis) -> None:
        for hours in range(3):
            Ledger(client).open(run(f"daily-{hours}", NOW + timedelta(hours=hours)))
        found = DayReads(client).since(NOW + timedelta(hours=1))
        assert found == [("daily-2", NOW + timedelta(hours=2)), ("daily-1", NOW + timedelta(hours=1))]

    def test_only_fetches_that_ended_and_can_be_read_are_found(self, client: redis.Redis) -> None:
        client.hset(keys.run("one"), "step:fetch.1.18", codec.dump(FETCH, FetchOutcome))
        client.hset(keys.run("one"), "step:fetch.0.18", b"torn")
        client.hset(keys.run("two"), "step:fetch.0.19", codec.dump(FETCH, FetchOutcome))
        steps = ["fetch.0.18", "fetch.1.18"]
        assert DayReads(client).fetches({"one": steps, "two": steps, "gone": steps}) == {"one": {"fetch.1.18": FETCH}}
        assert DayReads(client).fetches({}) == {}

    def test_beginnings_and_ends_come_without_accounts(self, client: redis.Redis) -> None:
        ledger, reads = Ledger(client), DayReads(client)
        for run_id in ("one", "two"):
            ledger.open(run(run_id, NOW))
        restated, days = (AccountDay("18", DAY),), DayRange(DAY, DAY)
        ledger.close(
            Summary(
                run_id="one",
                state=RunState.PARTIAL,
                day=DAY,
                days=days,
                accounts=(),
                restatements=restated,
                started_at=NOW,
                ended_at=NOW,
            )
        )
        asked = ["one", "two", "gone"]
        assert {one: begun.started_at for one, begun in reads.begun(asked).items()} == {"one": NOW, "two": NOW}
        assert {one: (end.state, end.restatements) for one, end in reads.ended(asked).items()} == {
            "one": (RunState.PARTIAL, restated)
        }
