"""P3, P4 and P5: 24,000 rows into an empty table against the floor, the same again, a year of 77 accounts."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from bench import floor
from bench.growth import Step, grown, merged, table
from bench.result import Goal, Part, Table, mib
from bench.workers import Told, workers
from bench.world import BenchError, Log, Shape, World, slow_down, world
from cli.terminal.output import note
from pipeline.core.model import DayRange

FULL = Shape(promotions=(50,) * 7, lookback=1, latency=0.5, rate=10, history=90)
SPAN_DAYS = 18  # days that the floor loads together: about the rows of a batch of the product
CREATED_AT_ONCE, READ_AT_ONCE = 1000, 500
YEAR = Shape(promotions=(6,) * 77, lookback=1, latency=0, rate=100, history=366)
MEMORY_MIB = 150
FLAT = 1.15  # peak memory of the second half ÷ that of the first
WRITES = ("records.batch_create", "records.batch_update", "records.batch_delete")
REPORTS = ("report.promotion", "report.account")


@dataclass(frozen=True, slots=True)
class Carried:
    """A measured backfill; seconds from its start."""

    days: DayRange
    rows: int
    seconds: float
    log: Log
    told: Told

    @property
    def calls(self) -> int:
        """All calls."""
        return len(self.log.calls)


def full_accounts(days: int, *, whole: bool) -> Part:
    """P3, P4 and the memory of P5; goals that need all days only if `whole`."""
    with world(FULL) as made:
        last = made.newest - timedelta(days=1)
        span = DayRange(last - timedelta(days=days - 1), last)
        with workers(made, made.newest) as team:
            team.daily()  # views, status table, rows per day
        slow = slow_down(made)
        bare_s, floor_calls = _floor(slow, span)
        first, again = (_carried(slow, span) for _ in range(2))
        made.check(span)
    written = sum(again.log.counts()[one] for one in WRITES)
    goals = [
        Goal("P4", f"{first.rows} rows once more: writes", written, 0, ""),
        Goal("P4", "the same: time, of the first time", again.seconds / first.seconds, 1),
        *_memory_goals("P3", first.told, whole=whole),
    ]
    if whole:
        ratio, calls = first.seconds / bare_s, first.calls / floor_calls
        goals += [
            Goal("P3", f"{first.rows} rows into an empty table: verified, of the floor", ratio, 1.2),
            Goal("P3", "the same: calls, of the floor", calls, 1.05),
        ]
    return Part(goals=goals, tables=[_table(bare_s, floor_calls, first, again)])


def year(steps: Sequence[int], *, whole: bool) -> Part:
    """P5, and how the cost of a backfill grows with its days; each one fills a table of its own."""
    found = [_into_an_empty_table(days) for days in steps]
    grows = merged([Step(f"{len(one.days)}", len(one.days), one.seconds, one.calls, one.told.weight) for one in found])
    longest = max(found, key=lambda one: len(one.days))
    name = f"{len(YEAR.promotions)} accounts, {len(longest.days)} days, {longest.rows} rows"
    return Part(
        goals=[*_memory_goals(name, longest.told, whole=whole), *grown("days", grows)],
        tables=[table(f"How a backfill of {len(YEAR.promotions)} accounts grows: days", "days", grows)],
    )


def _into_an_empty_table(days: int) -> Carried:
    note(f"  {len(YEAR.promotions)} accounts, {days} days")
    with world(YEAR) as made:
        with workers(made, made.newest) as team:
            team.daily()
        last = made.newest - timedelta(days=1)
        return _carried(made, DayRange(last - timedelta(days=days - 1), last))


def _floor(made: World, span: DayRange) -> tuple[float, int]:
    """Seconds and calls of the floor."""
    note("  floor")
    days = list(span)
    spans = [days[n : n + SPAN_DAYS] for n in range(0, len(days), SPAN_DAYS)]
    logged, start = made.logged(), time.time()
    floor.run(made.job(span), [DayRange(some[0], some[-1]) for some in spans])
    took = time.time() - start
    log = made.log_since(logged)
    _all_well(log)
    made.clear(span)
    return took, len(log.calls)


def _carried(made: World, span: DayRange) -> Carried:
    note("  laike backfill")
    with workers(made, made.newest) as team:
        logged = made.logged()
        told = team.backfill(span)
    log = made.log_since(logged)
    _all_well(log)
    return Carried(span, made.row_count(span), told.last["verified"] - told.sent, log, told)


def _all_well(log: Log) -> None:
    if log.refused:
        msg = f"calls were refused: {', '.join(log.refused[:5])}"
        raise BenchError(msg)


def _memory_goals(what: str, told: Told, *, whole: bool) -> list[Goal]:
    most = told.weight.most
    goals = [Goal("P5", f"{what}: the largest process", most / 2**20, MEMORY_MIB, "MiB")]
    if whole:
        goals.append(Goal("P5", f"{what}: the same, of its first half", most / told.weight.early, FLAT))
    return goals


def _table(bare_s: float, floor_calls: int, first: Carried, again: Carried) -> Table:
    heads = ("", "verified, s", "report calls", "reads", "writes", "all calls", "memory, MiB", "CPU, ms a row")
    rows = [("floor", f"{bare_s:.1f}", "", "", "", str(floor_calls), "", "")]
    for name, one in (("laike backfill", first), ("the same again", again)):
        counts = one.log.counts()
        rows.append(
            (
                name,
                f"{one.seconds:.1f}",
                str(sum(counts[endpoint] for endpoint in REPORTS)),
                str(counts["records.search"]),
                str(sum(counts[endpoint] for endpoint in WRITES)),
                str(one.calls),
                mib(one.told.weight.most),
                f"{one.told.weight.cpu_s / one.rows * 1000:.1f}",
            )
        )
    note = f"Latencies are {FULL.latency:g} of the real services' and the rate is {FULL.rate:g} calls/s for both."
    return Table(
        f"P3, P4: {first.rows} rows of {len(FULL.promotions)} accounts and {len(first.days)} days", heads, rows, note
    )
