"""How near the product comes to the floor on the path of a daily run: `python -m bench.path [--rounds N] [--json]`.

Seven accounts of at most 100 rows a day, latencies as measured at the real services, views and memory warm, the Feishu
token cold. Each round carries one day over that is not in the table, first by the floor and then by the product.
Both are measured by one clock, from the first move until the emulator has answered the create ("rows in the table")
and until the rows were read back ("verified").
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from statistics import median
from typing import Any

from rich.table import Table

from bench import floor, serial
from bench.crew import Crew, crew, worker
from bench.world import Job, Log, World, slow_down, world
from cli.output import err, out

ROWS_GOAL = 1.15  # of the floor
MEMORY_GOAL = 120_000_000  # bytes
MIB = 2**20
CREATE, SEARCH = "records.batch_create", "records.search"
Spans = Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Lap:
    """One contender's round: seconds from the start, calls and their spans by endpoint, memory in bytes."""

    rows_s: float
    verified_s: float
    calls: Mapping[str, int]
    spans: Spans
    quota: int
    memory: int = 0
    events: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """Medians of both contenders, and the seconds of the serial script by what it met, where it ran."""

    floor: Lap
    celery: Lap
    serial: Mapping[str, float] = field(default_factory=dict)

    @property
    def rows_ratio(self) -> float:
        """Rows in the table, against the floor."""
        return self.celery.rows_s / self.floor.rows_s

    @property
    def verified_ratio(self) -> float:
        """Verified, against the floor with its read-back."""
        return self.celery.verified_s / self.floor.verified_s


def middle(laps: Sequence[Lap]) -> Lap:
    """The median of every figure; memory is the most that was seen, and calls are those of the last lap."""
    last = laps[-1]
    return Lap(
        rows_s=median(lap.rows_s for lap in laps),
        verified_s=median(lap.verified_s for lap in laps),
        calls=last.calls,
        spans=_middle_spans(laps),
        quota=last.quota,
        memory=max(lap.memory for lap in laps),
        events={name: median(lap.events.get(name, 0.0) for lap in laps) for name in last.events},
    )


def missed(result: Result) -> list[str]:
    """A sentence for each goal that was missed."""
    told = []
    if result.rows_ratio > ROWS_GOAL:
        told.append(f"rows are in the table after {result.rows_ratio:.3f} × the floor; the goal is {ROWS_GOAL} ×")
    if result.celery.memory >= MEMORY_GOAL:
        told.append(
            f"the worker held {result.celery.memory / 1e6:.0f} MB; the goal is below {MEMORY_GOAL / 1e6:.0f} MB"
        )
    return told


def main() -> int:
    """Measure, tell, and say by the exit code whether the goals were reached."""
    options = _options()
    with world() as made, crew(made) as sender:
        result, laps = _measure(made, sender, options)
    if options.json:
        out.out(json.dumps(_document(result, laps), ensure_ascii=False, indent=2), highlight=False)
    else:
        _print(result, options.rounds)
    sentences = missed(result)
    for sentence in sentences:
        err.print(f"[red]missed:[/] {sentence}")
    return 1 if sentences else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.path", description="The product against its floor.")
    parser.add_argument("--rounds", type=int, default=5, help="how often each contender runs")
    parser.add_argument("--serial", action="store_true", help="let the serial script run, too (over a minute)")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds is at least 1")
    return options


def _measure(made: World, sender: Crew, options: argparse.Namespace) -> tuple[Result, dict[str, list[Lap]]]:
    first = made.newest - timedelta(days=options.rounds)
    _warm_up(made, sender, first)
    laps: dict[str, list[Lap]] = {"floor": [], "celery": []}
    by_serial = _serial(made, first) if options.serial else {}
    for number in range(1, options.rounds + 1):
        day = first + timedelta(days=number)
        laps["floor"].append(_bare(made, floor.run, day))
        made.clear(day)
        laps["celery"].append(_celery(made, sender, day))
        made.clear(day)
        _tell_round(number, laps)
    return Result(middle(laps["floor"]), middle(laps["celery"]), by_serial), laps


def _serial(made: World, day: date) -> dict[str, float]:
    """Seconds until the serial script has the rows in the table: a day that is new, and one that it deletes first."""
    took = {what: _bare(made, serial.run, day).rows_s for what in ("a new day", "a day that is there")}
    made.clear(day)
    return took


def _warm_up(made: World, sender: Crew, day: date) -> None:
    """One run that makes views, status table and memory, while answers are immediate; and one of the floor."""
    with worker(made, day):
        sender.run(day)
    made.clear(day)
    floor.run(made.job(day))
    made.clear(day)
    slow_down(made)


def _bare(made: World, run: Callable[[Job], None], day: date) -> Lap:
    job, logged, start = made.job(day), made.logged(), time.time()
    run(job)
    log = made.log_since(logged)
    rows = log.last_answer(CREATE, made.table_id)
    return _lap(log, start, rows, max(call.answered for call in log.calls))


def _celery(made: World, sender: Crew, day: date) -> Lap:
    with worker(made, day) as one:
        logged = made.logged()
        start, events = sender.run(day)
        log = made.log_since(logged)
    lap = _lap(log, start, log.last_answer(CREATE, made.table_id), events["verified"])
    return replace(lap, memory=one.peak, events={name: at - start for name, at in events.items()})


def _lap(log: Log, start: float, rows: float, verified: float) -> Lap:
    return Lap(rows - start, verified - start, dict(log.counts()), log.spans(start), log.quota)


def _middle_spans(laps: Sequence[Lap]) -> Spans:
    names = [name for name in laps[-1].spans if all(name in lap.spans for lap in laps)]
    return {
        name: (median(lap.spans[name][0] for lap in laps), median(lap.spans[name][1] for lap in laps)) for name in names
    }


def _tell_round(number: int, laps: Mapping[str, Sequence[Lap]]) -> None:
    bare, ours = laps["floor"][-1], laps["celery"][-1]
    err.print(f"round {number}: floor {bare.rows_s:.3f} / {bare.verified_s:.3f} s, ", end="")
    err.print(f"celery {ours.rows_s:.3f} / {ours.verified_s:.3f} s, {ours.memory / MIB:.0f} MiB")


def _document(result: Result, laps: Mapping[str, Sequence[Lap]]) -> dict[str, Any]:
    return {
        "medians": asdict(result),
        "rows_ratio": round(result.rows_ratio, 4),
        "verified_ratio": round(result.verified_ratio, 4),
        "rounds": {name: [asdict(lap) for lap in each] for name, each in laps.items()},
        "missed": missed(result),
    }


def _print(result: Result, rounds: int) -> None:
    out.print(_figures(result, rounds))
    for what, seconds in result.serial.items():
        times = seconds / result.celery.rows_s
        out.print(f"the serial script, {what}: {seconds:.1f} s, {times:.1f} × the product", highlight=False)
    out.print(_timeline(result))


def _figures(result: Result, rounds: int) -> Table:
    bare, ours = result.floor, result.celery
    made = Table(title=f"medians of {rounds} rounds")
    for head in ("", "floor", "celery", "ratio"):
        made.add_column(head, justify="left" if not head else "right")
    made.add_row("rows in the table, s", *_seconds(bare.rows_s, ours.rows_s))
    made.add_row("verified, s", *_seconds(bare.verified_s, ours.verified_s))
    for endpoint in sorted({*bare.calls, *ours.calls}):
        made.add_row(f"calls of {endpoint}", *(str(lap.calls.get(endpoint, 0)) for lap in (bare, ours)))
    made.add_row("Feishu calls that cost quota", str(bare.quota), str(ours.quota))
    made.add_row("worker memory at its peak, MiB", "", f"{ours.memory / MIB:.1f}")
    return made


def _seconds(bare: float, ours: float) -> tuple[str, str, str]:
    return f"{bare:.3f}", f"{ours:.3f}", f"{ours / bare:.3f}"


def _timeline(result: Result) -> Table:
    made = Table(title="seconds from the start: sent → answered, and the product's events")
    for head in ("", "floor", "celery"):
        made.add_column(head, justify="left" if not head else "right")
    both = (result.floor, result.celery)
    starts = {name: at[0] for lap in both for name, at in lap.spans.items()}
    for name in sorted(starts, key=lambda one: starts[one]):
        cells = (lap.spans.get(name) for lap in both)
        made.add_row(name, *(f"{at[0]:.3f} → {at[1]:.3f}" if at else "" for at in cells))
    made.add_section()
    for name, moment in result.celery.events.items():
        made.add_row(name, "", f"{moment:.3f}")
    return made


if __name__ == "__main__":
    sys.exit(main())
