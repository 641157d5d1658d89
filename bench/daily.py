"""P1, P1b and P7: the daily run of seven accounts against the floor and the serial script, and what it costs.

It is a minute past seven. Views, memory and the token of 本地推 are warm, the Feishu token is cold; each lap carries a
day that is not in the table. Every contender is measured by one clock, from its first move until the emulator has
answered the last create ("in the table"), until the rows were read back ("verified"), and to its end: 同步状态 is
written and the run closed. On a first morning there is neither a view nor a row.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from statistics import median

from bench import floor, serial
from bench.result import Goal, Part, Table, mib
from bench.weigh import Weight
from bench.workers import SEVEN, Told, local, workers
from bench.world import FAST, WRITE_S, BenchError, Job, Log, Shape, World, slow_down, world
from cli.terminal.output import note
from pipeline.core.model import DayRange

SEVEN_ACCOUNTS = (14, 12, 9, 7, 6, 3, 2)  # promotions: no account has more than a page of rows in its window
EIGHT_PAGES = (114, *SEVEN_ACCOUNTS[1:])
CREATE = "records.batch_create"
FLOOR, LOCAL, ONE, THREE, SERIAL = "floor", "laike --local", "Celery, 1 worker", "Celery, 3 workers", "serial script"
ONCE = "Other than the floor and Celery with one worker they had one round."
SERIAL_NEW = "serial script, nothing to delete"
AGAIN = "laike --local, the same day again"
FIRST = (7, 77, 200)  # accounts of a first morning
END_S = 0.3  # beyond the read-back and one write of 同步状态
A_MONTH = 30  # days
HOURS = 24
READ_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Lap:
    """One contender's round: seconds from its start, calls by endpoint, Feishu calls that count for the quota."""

    rows_s: float
    verified_s: float
    ended_s: float
    calls: Mapping[str, int]
    quota: int
    weight: Weight = field(default_factory=Weight)


def middle(laps: Sequence[Lap]) -> Lap:
    """Medians of seconds, peak memory of all laps, the rest from the last lap."""
    heaviest = max(laps, key=lambda lap: lap.weight.most).weight
    return replace(
        laps[-1],
        rows_s=median(lap.rows_s for lap in laps),
        verified_s=median(lap.verified_s for lap in laps),
        ended_s=median(lap.ended_s for lap in laps),
        weight=replace(laps[-1].weight, memory=heaviest.memory),
    )


def seven_accounts(rounds: int, others: Sequence[str] = ()) -> Part:
    """P1 in some rounds, the other contenders and the serial script once, and P7."""
    with world(Shape(promotions=SEVEN_ACCOUNTS)) as made:
        days = _warmed_up(made, rounds + len(others) + 3)
        quota = _quota_goals(made, next(days))
        slow = slow_down(made)
        laps = _rounds(slow, days, rounds)
        laps[AGAIN] = [_again(slow, made.newest - timedelta(days=len(others) + 2))]  # the day of the last round
        laps |= {name: [_product(slow, name, next(days))] for name in others}
        laps[SERIAL] = [_bare(slow, serial.run, next(days))]
        laps[SERIAL_NEW] = [_bare(slow, _of_the_new_day, next(days))]
        medians = {name: middle(each) for name, each in laps.items()}
        window = made.job(DayRange(made.newest, made.newest)).window
        return Part(
            goals=[*_goals(medians), *quota],
            tables=[
                replace(_seconds(medians, rounds), note=ONCE),
                _costs(medians, made.row_count(window)),
                _calls(medians),
            ],
        )


def first_mornings(counts: Sequence[int] = FIRST) -> Part:
    """P1f: first mornings, on which each account gets its view after the run's end."""
    laps: dict[int, Lap] = {}
    for count in counts:
        with world(Shape(promotions=(3,) * count, rate=FAST)) as made:
            made.laike("init", "--yes")  # as the set-up pages say
            laps[count] = _product(slow_down(made), ONE, DayRange(made.newest, made.newest))
    heads = ("accounts", "in the table, s", "verified, s", "ended, s", "after the read-back, s", "views made then")
    rows = [
        (
            str(count),
            *(f"{one:.2f}" for one in (lap.rows_s, lap.verified_s, lap.ended_s, lap.ended_s - lap.verified_s)),
            str(lap.calls["views.create"]),
        )
        for count, lap in laps.items()
    ]
    goals = [_end_goal("P1f", f"first morning of {count} accounts", lap) for count, lap in laps.items()]
    return Part(goals=goals, tables=[Table("P1f: a first morning, without views", heads, rows)])


def _again(made: World, day: date) -> Lap:
    """`laike sync --local` on a day that is in the table: it reads everything and writes nothing."""
    logged = made.logged()
    told = local(made, day)
    verified = told.last["verified"] - told.sent
    log = made.log_since(logged)
    return Lap(verified, verified, told.last["finished"] - told.sent, log.counts(), log.quota, told.weight)


def _of_the_new_day(job: Job) -> None:
    """The serial script without a look-back: it finds nothing to delete."""
    serial.run(replace(job, window=job.fresh))


def _end_goal(profile: str, whose: str, lap: Lap) -> Goal:
    more = lap.ended_s - lap.verified_s - WRITE_S
    return Goal(profile, f"{whose}: ended after the read-back and one write of 同步状态", more, END_S, "s")


def eight_pages(rounds: int) -> Part:
    """P1b."""
    with world(Shape(promotions=EIGHT_PAGES)) as made:
        days = _warmed_up(made, rounds)
        laps = _rounds(slow_down(made), days, rounds)
        medians = {name: middle(each) for name, each in laps.items()}
    ratio = medians[ONE].rows_s / medians[FLOOR].rows_s
    goal = Goal("P1b", "one account of eight pages among seven: rows in the table, of the floor", ratio, 1.1)
    title = f"P1b: seven accounts, one of them of eight pages; medians of {rounds} rounds"
    return Part(goals=[goal], tables=[replace(_seconds(medians, rounds), title=title)])


def _warmed_up(made: World, laps: int) -> Iterator[DayRange]:
    """A fresh day for each lap, after a run that creates views, status table and Redis' state."""
    first = made.newest - timedelta(days=laps)
    with workers(made, first) as team:
        team.daily()
    left = (made.newest - timedelta(days=back) for back in reversed(range(laps)))
    return (DayRange(day, day) for day in left)


def _rounds(made: World, days: Iterator[DayRange], rounds: int) -> dict[str, list[Lap]]:
    """The floor and one worker by turns, on the same day."""
    laps: dict[str, list[Lap]] = {FLOOR: [], ONE: []}
    for number in range(1, rounds + 1):
        fresh = next(days)
        laps[FLOOR].append(_bare(made, floor.run, fresh))
        laps[ONE].append(_product(made, ONE, fresh))
        said = ", ".join(f"{name} {each[-1].rows_s:.2f} / {each[-1].verified_s:.2f} s" for name, each in laps.items())
        note(f"  round {number}, in the table / verified: {said}")
    return laps


def _bare(made: World, run: Callable[[Job], None], fresh: DayRange) -> Lap:
    job, logged, start = made.job(fresh), made.logged(), time.time()
    run(job)
    end = time.time()
    log = made.log_since(logged)
    made.clear(fresh)
    return _lap(made, log, (start, end, end))


def _product(made: World, name: str, fresh: DayRange) -> Lap:
    logged = made.logged()
    told = local(made, fresh.last) if name == LOCAL else _on_celery(made, fresh.last, 3 if name == THREE else 1)
    log = made.log_since(logged)
    made.check(fresh)
    return replace(_lap(made, log, (told.sent, told.last["verified"], told.last["finished"])), weight=told.weight)


def _on_celery(made: World, day: date, count: int) -> Told:
    with workers(made, day, count, SEVEN) as team:
        return team.daily()


def _lap(made: World, log: Log, moments: tuple[float, float, float]) -> Lap:
    if log.refused:
        msg = f"calls were refused: {', '.join(log.refused)}"
        raise BenchError(msg)
    start, verified, ended = moments
    rows = log.last_answer(CREATE, made.table_id)
    return Lap(rows - start, verified - start, ended - start, log.counts(), log.quota)


def _goals(medians: Mapping[str, Lap]) -> list[Goal]:
    bare, ours = medians[FLOOR], medians[ONE]
    new, again = (medians[of].ended_s / medians[to].ended_s for of, to in ((SERIAL_NEW, ONE), (SERIAL, AGAIN)))
    return [
        Goal("P1", "seven accounts on Celery: rows in the table, of the floor", ours.rows_s / bare.rows_s, 1.03),
        Goal("P1", "the same verified, of the floor with its read-back", ours.verified_s / bare.verified_s, 1.03),
        _end_goal("P1", "seven accounts on Celery", ours),
        Goal("P1", "a new day: to the end, faster than the serial script", new, 5, at_least=True),
        Goal("P1", "a day that is there, which the script deletes first: the same", again, 7, at_least=True),
        *(
            Goal("P1", f"{LOCAL}: {what}, of Celery", getattr(medians[LOCAL], name) / getattr(ours, name), 1.08)
            for what, name in (("rows in the table", "rows_s"), ("verified", "verified_s"))
            if LOCAL in medians
        ),
    ]


def _quota_goals(made: World, fresh: DayRange) -> list[Goal]:
    """The quota of a run without changes, and of a day with everything that beat sends."""
    window = made.job(fresh).window
    with workers(made, fresh.last) as team:
        before = made.logged()
        team.daily()
        team.settle()
        for _ in range(HOURS):
            team.ask("laike.catch_up")
            team.ask("laike.keep_token")
        a_day = made.log_since(before).quota
        before = made.logged()
        team.ask("laike.catch_up")
        idle = made.log_since(before)
    before = made.logged()
    local(made, fresh.last)
    again, rows = made.log_since(before).quota, made.row_count(window)
    return [
        Goal("P7", f"a run with nothing to mend, {rows} rows", again, 6 + 2 * math.ceil(rows / READ_AT_ONCE), "calls"),
        Goal("P7", "a month of seven accounts with everything", a_day * A_MONTH, 600, "calls"),
        Goal("P7", "catch-up with nothing owed", len(idle.calls), 0, "calls"),
    ]


def _seconds(medians: Mapping[str, Lap], rounds: int) -> Table:
    bare = medians[FLOOR]
    rows = [
        (
            name,
            *(f"{seconds:.2f}" for seconds in (lap.rows_s, lap.verified_s, lap.ended_s)),
            f"{lap.rows_s / bare.rows_s:.3f}",
            f"{lap.verified_s / bare.verified_s:.3f}",
        )
        for name, lap in medians.items()
    ]
    heads = ("", "in the table, s", "verified, s", "ended, s", "in the table, × floor", "verified, × floor")
    return Table(f"P1: seven accounts, a new day; medians of {rounds} rounds", heads, rows)


def _costs(medians: Mapping[str, Lap], rows: int) -> Table:
    ours = {name: lap.weight for name, lap in medians.items() if lap.weight.memory}
    cells = [
        (
            name,
            ", ".join(mib(held) for held in weight.memory.values()),
            f"{weight.cpu_s:.2f}",
            f"{weight.cpu_s / rows * 1000:.1f}",
            f"{weight.commands / rows:.1f}",
            mib(weight.redis),
            str(weight.keys),
        )
        for name, weight in ours.items()
    ]
    heads = (
        "",
        "memory of each process, MiB",
        "CPU, s",
        "CPU, ms a row",
        "Redis commands a row",
        "Redis, MiB",
        "new keys",
    )
    return Table(f"What a run of {rows} rows takes", heads, cells)


def _calls(medians: Mapping[str, Lap]) -> Table:
    endpoints = sorted({endpoint for lap in medians.values() for endpoint in lap.calls})
    rows = [(one, *(str(lap.calls.get(one, 0)) for lap in medians.values())) for one in endpoints]
    quota = ("Feishu calls that cost quota", *(str(lap.quota) for lap in medians.values()))
    note = "The floor's calls are the least that the rows need; the others look at views and the status table, too."
    return Table("Calls by endpoint", ("", *medians), [*rows, quota], note)
