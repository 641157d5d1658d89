"""P2: a daily run of many accounts is limited by the rate alone; and how its cost grows with accounts."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from bench.growth import Step, grown, table
from bench.result import Goal, Part, Table, mib
from bench.weigh import Weight
from bench.workers import SEVEN, Told, workers
from bench.world import PAGE_ROWS, RATE, Log, Shape, World, slow_down, world
from cli.terminal.output import note
from pipeline.core.model import DayRange

PROMOTIONS = 4  # of each account
MANY = 7  # accounts; with so few pages, a run's start and end take longer than the rate
THROTTLED = ("40100", "40110")


@dataclass(frozen=True, slots=True)
class Size:
    """Warm daily runs of one number of accounts: medians of seconds from the start, the rest of the last run."""

    accounts: int
    pages: int
    verified_s: float
    ended_s: float
    calls: Mapping[str, int]
    throttled: int
    weight: Weight

    @property
    def least_s(self) -> float:
        """Pages ÷ rate."""
        return self.pages / RATE


def measure(rounds: Mapping[int, int]) -> Part:
    """Measure warm daily runs: number of accounts → rounds."""
    found = [_measured(accounts, many) for accounts, many in rounds.items()]
    steps = [Step(f"{one.accounts}", one.accounts, one.ended_s, sum(one.calls.values()), one.weight) for one in found]
    return Part(
        goals=[goal for one in found if one.accounts > MANY for goal in _goals(one)] + grown("accounts", steps),
        tables=[_table(found), table("How a daily run grows: accounts", "accounts", steps)],
    )


def _measured(accounts: int, rounds: int) -> Size:
    note(f"  {accounts} accounts")
    with world(Shape(promotions=(PROMOTIONS,) * accounts, latency=0)) as made:
        with workers(made, made.newest - timedelta(days=rounds)) as team:
            team.daily()
        made.laike("init", "--yes")  # creates the remaining views
        slow = slow_down(made)
        laps = [_lap(slow, made.newest - timedelta(days=back)) for back in reversed(range(rounds))]
        told, log = laps[-1]
        return Size(
            accounts=accounts,
            pages=_pages(made),
            verified_s=median(one.last["verified"] - one.sent for one, _ in laps),
            ended_s=median(one.last["finished"] - one.sent for one, _ in laps),
            calls=log.counts(),
            throttled=sum(_throttled(each) for _, each in laps),
            weight=told.weight,
        )


def _lap(made: World, day: date) -> tuple[Told, Log]:
    with workers(made, day, at=SEVEN) as team:
        logged = made.logged()
        told = team.daily()
    made.check(made.job(DayRange(day, day)).window)
    note(f"    verified after {told.last['verified'] - told.sent:.2f} s")
    return told, made.log_since(logged)


def _pages(made: World) -> int:
    window = made.job(DayRange(made.newest, made.newest)).window
    return sum(max(1, math.ceil(rows / PAGE_ROWS)) for rows in made.rows_by_account(window).values())


def _throttled(log: Log) -> int:
    return sum(one.endswith(THROTTLED) for one in log.refused)


def _goals(one: Size) -> list[Goal]:
    title = f"{one.accounts} accounts at {RATE:g} calls/s"
    return [
        Goal("P2", f"{title}: verified, of the pages over the rate", one.verified_s / one.least_s, 1.05),
        Goal("P2", f"{title}: throttled calls", one.throttled, 0, ""),
    ]


def _table(found: Sequence[Size]) -> Table:
    heads = ("accounts", "pages", "pages ÷ rate, s", "verified, s", "ended, s", "report calls", "memory, MiB")
    rows = [
        (
            str(one.accounts),
            str(one.pages),
            *(f"{seconds:.1f}" for seconds in (one.least_s, one.verified_s, one.ended_s)),
            str(one.calls["report.promotion"] + one.calls["report.account"]),
            mib(one.weight.most),
        )
        for one in found
    ]
    return Table("P2: a warm daily run at the rate of the service, answers immediate", heads, rows)
