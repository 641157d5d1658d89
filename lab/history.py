"""A long history in a moment: many accounts over hundreds of days, and thousands of runs, for pages and their bench.

The product's own classes write it, so that every page finds what it reads. The figures are made up, the same each time.
"""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from datetime import time as clock
from decimal import Decimal

from pipeline.context import Context
from pipeline.core.accounts.roster import SETTINGS, Member, Roster
from pipeline.core.coverage.day import LastOutcome, Loaded
from pipeline.core.errors import Trouble
from pipeline.core.model import CENT, CHINA, ZERO, Account, AccountDay, DayRange, Totals
from pipeline.core.outcome import AccountResult, DayState, Run, RunState, Summary
from pipeline.core.overview.runs.lines import line_of
from pipeline.core.run_kind import RunKind
from pipeline.core.runs.plan import backfill_id, scheduled_id, yesterday
from pipeline.state import codec, keys
from pipeline.state.runs.events import EVENTS, Event

LOOKBACK = 7
SHOPS = ("城东店", "城西店", "火锅总店", "万达广场店", "大学城店", "高新区店", "机场路店", "老街店")
REFUSED = Trouble(
    reason="account_unavailable",
    message="/open_api/v3.0/local/report/promotion/get/: code 40002, no permission",
    what_to_do="请在巨量引擎检查该账户的状态和授权。",
    code=40002,
)


@dataclass(frozen=True, slots=True)
class History:
    """How much there is: accounts, days up to yesterday, runs; one reading in `one_bad_in` is not good."""

    accounts: int = 1000
    days: int = 400
    runs: int = 5000
    one_bad_in: int = 500
    chance: random.Random = field(default_factory=lambda: random.Random(26), repr=False)  # noqa: S311 made-up figures

    def seed(self, ctx: Context) -> None:
        """Write it into an empty Redis; the roster is younger than a day, so that no account is discovered."""
        now = ctx.now()
        accounts = self.shops()
        members = tuple(Member(id=one.id, name=one.name, called=one.name, ways=(SETTINGS,)) for one in accounts)
        ctx.rosters.keep(Roster(at=now, members=members), [])
        days = DayRange(yesterday(now) - timedelta(days=self.days - 1), yesterday(now))
        for account in accounts:
            self._seed_days(ctx, account, days, now)
        for at, day in enumerate(days):
            ctx.table_facts.learn_rows(day, 12_000 + 10 * at, counted=True)
        for run, summary in self._ended(accounts, days):
            _keep(ctx, run, summary)

    def shops(self) -> tuple[Account, ...]:
        """The accounts."""
        numbers = range(self.accounts)
        return tuple(Account(str(1834_2071_5632_0000 + one), f"{SHOPS[one % len(SHOPS)]}{one:04}") for one in numbers)

    def _seed_days(self, ctx: Context, account: Account, days: DayRange, now: datetime) -> None:
        loaded, last = dict[AccountDay, Loaded](), dict[AccountDay, LastOutcome]()
        for day in days:
            at, read = AccountDay(account.id, day), _at(day + timedelta(days=1), clock(7))
            rows, cost = self.chance.randrange(0, 12), self._cost()
            if self.chance.randrange(self.one_bad_in):
                totals = Totals(cost, Decimal(self.chance.randrange(40)))
                checksum = hashlib.sha256(f"{at}{cost}".encode()).hexdigest()
                loaded[at] = Loaded(rows, str(cost if rows else ZERO), checksum, read, totals, checksum)
                state = DayState.LOADED if rows else DayState.EMPTY
                last[at] = LastOutcome(state=state, rows=rows, cost=str(cost), as_of=read, written=False)
            else:
                last[at] = LastOutcome(
                    state=DayState.FAILED,
                    as_of=read,
                    written=False,
                    what_to_do=REFUSED.what_to_do,
                    reason=REFUSED.reason,
                )
        ctx.coverage.learn(loaded, now)
        ctx.last_outcomes.learn(last, now)

    def _ended(self, accounts: tuple[Account, ...], days: DayRange) -> Iterator[tuple[Run, Summary]]:
        """Each day's daily and settling run of all accounts, and smaller ones in between, the oldest first."""
        others = max(0, self.runs - 2 * len(days))
        for place, day in enumerate(days):
            after = day + timedelta(days=1)
            scheduled = ((RunKind.DAILY, clock(7)), (RunKind.SETTLE, clock(10, 35)))
            for kind, hour in scheduled:
                yield self._run(scheduled_id(kind, day), accounts, day, _at(after, hour))
            for number in range(others * place // len(days), others * (place + 1) // len(days)):
                yield self._small(number, accounts, day, _at(after, clock(11 + number % 12, 20)))

    def _small(self, number: int, accounts: tuple[Account, ...], day: date, at: datetime) -> tuple[Run, Summary]:
        some = tuple(self.chance.sample(accounts, min(3, len(accounts))))
        if number % 10:
            return self._run(f"{RunKind.CATCH_UP.prefix}{day}-{number}", some, day, at)
        days = DayRange(day - timedelta(days=29), day)
        run, summary = self._run(backfill_id(days, f"{number:08x}"), some, day, at)
        return replace(run, days=days, backfill=True), replace(summary, days=days)

    def _run(self, run_id: str, accounts: tuple[Account, ...], day: date, at: datetime) -> tuple[Run, Summary]:
        days = DayRange(day - timedelta(days=LOOKBACK - 1), day)
        run = Run(
            run_id=run_id, day=day, days=days, accounts=accounts, started_at=at, deadline=at + timedelta(minutes=5)
        )
        results = tuple(self._result(account) for account in accounts)
        good = sum(one.state.good for one in results)
        state = RunState.SUCCESS if good == len(results) else RunState.PARTIAL if good else RunState.FAILED
        return run, Summary(
            run_id=run_id, state=state, day=day, days=days, accounts=results, created=self.chance.randrange(50),
            updated=self.chance.randrange(20), unchanged=len(results) * 9, verified=True,
            started_at=at, ended_at=at + timedelta(seconds=5 + len(results) / 5),
        )  # fmt: skip

    def _result(self, account: Account) -> AccountResult:
        good, cost = bool(self.chance.randrange(self.one_bad_in)), self._cost()
        state = DayState.LOADED if good else DayState.FAILED
        return AccountResult(
            id=account.id, name=account.name, state=state, rows=9 if good else 0, cost=cost if good else ZERO,
            window_rows=63, window_cost=cost * 6, trouble=None if good else REFUSED,
            newest=state, bad_days=int(not good),
        )  # fmt: skip

    def _cost(self) -> Decimal:
        return Decimal(self.chance.randrange(0, 900_000)) * CENT


def _keep(ctx: Context, run: Run, summary: Summary) -> None:
    ctx.ledger.open(run)
    ctx.client.hset(keys.run(run.run_id), EVENTS, codec.squeeze(list(_events(run, summary)), list[Event]))
    ctx.told.mark_run(run.run_id)
    ctx.ledger.close(summary)
    ctx.events.archive(run.run_id, line_of(run, summary, summary.state))


def _events(run: Run, summary: Summary) -> Iterator[Event]:
    """The events of a run as its steps tell them."""
    begun, took = run.started_at.timestamp() * 1000, (summary.ended_at - run.started_at).total_seconds() * 1000

    def event(share: float, name: str, **facts: str | int) -> Event:
        told = {fact: str(value) for fact, value in facts.items()}
        return {"at": f"{begun + share * took:.0f}", "event": name, **told}

    yield event(0, "planned", accounts=len(run.accounts), days=len(run.days))
    for place, one in enumerate(summary.accounts):
        start = 0.6 * place / len(summary.accounts)
        yield event(start, "fetching", batch=0, account=one.id)
        figures = {"state": str(one.state), "rows": str(one.rows), "cost": str(one.cost), "calls": "report/promotion 1"}
        yield event(start + 0.05, "fetched", batch=0, account=one.id, reason="", ms=2100, **figures)
    yield event(0.3, "table_read", batch=0, rows=12_000, calls="records/search 24", ms=19_000)
    yield event(0.66, "loading", batch=0)
    yield event(0.8, "loaded", batch=0, created=summary.created, updated=summary.updated, unchanged=summary.unchanged)
    yield event(0.8, "verifying", batch=0)
    yield event(0.95, "verified", batch=0, agrees="true", calls="records/search 24", ms=9_000)
    yield event(1, "finished", state=str(summary.state))


def _at(day: date, hour: clock) -> datetime:
    return datetime.combine(day, hour, CHINA)
