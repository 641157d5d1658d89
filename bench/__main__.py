"""Measure all profiles, or other tools beside the product, and write docs/benchmarks.md from both.

    python -m bench [--quick] [--only P1 …]
    python -m bench --peers [--quick]
    python -m bench --write    # measures nothing: the page anew, from what was measured last

A missed goal is printed, and the exit code is 1. With `--quick` or `--only` nothing is kept and no page is written;
else what was measured is kept in bench/measured.json, and the page has the other half as it was measured last.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import redis

from bench import agency, backfill, beside, console, daily, measured, page, start, tables
from bench.result import Part
from cli.terminal.output import note, say_drawn
from lab.history import History
from lab.processes import redis_server
from pipeline.core.model import china_day


def profiles(*, quick: bool) -> Mapping[str, Callable[[], Part]]:
    """Profile → its measurement; `quick` measures less, without the goals that need all of it."""
    if quick:
        return {
            "P1": lambda: daily.seven_accounts(1, (daily.LOCAL,)),
            "P1f": lambda: daily.first_mornings((7, 77)),
            "P2": lambda: agency.measure({77: 1}),
            "P3": lambda: backfill.full_accounts(5, whole=False),
            "P5": lambda: backfill.year([1, 9], whole=False),
            "P6": lambda: start.measure(1),
            "P8": lambda: console.measure(History(accounts=100, days=60, runs=500), 5),
            "P9": lambda: tables.measure(1),
        }
    return {
        "P1": lambda: daily.seven_accounts(3, (daily.LOCAL, daily.THREE)),
        "P1f": daily.first_mornings,
        "P1b": lambda: daily.eight_pages(3),
        "P2": lambda: agency.measure({7: 1, 77: 3, 1000: 1}),
        "P3": lambda: backfill.full_accounts(70, whole=True),
        "P5": lambda: backfill.year([1, 60, 364, 60, 364], whole=True),
        "P6": lambda: start.measure(3),
        "P8": lambda: console.measure(History()),
        "P9": lambda: tables.measure(3),
    }


def main() -> int:
    """Measure, print, keep, write; 1 if a goal is missed."""
    options = _options()
    if options.write:
        page.written(measured.load())
        return 0
    parts = _beside(quick=options.quick) if options.peers else _profiles(options.only, quick=options.quick)
    goals = [goal for part in parts for goal in part.goals]
    for table in [*(table for part in parts for table in part.tables), page.goals_table(goals)]:
        say_drawn(page.shown(table))
    missed = [goal for goal in goals if not goal.holds]
    for goal in missed:
        note(("missed:", "red"), f" {goal.profile}: {goal.what}: {' against '.join(goal.said)}")
    return 1 if missed else 0


def _profiles(only: list[str] | None, *, quick: bool) -> list[Part]:
    wanted = profiles(quick=quick)
    parts = [_measured(name, wanted[name]) for name in wanted if name in (only or wanted)]
    if not (only or quick):
        _keep(replace(measured.load(), profiles=measured.profiles_of(parts, _today(), _machine())))
    return parts


def _beside(*, quick: bool) -> list[Part]:
    """All contenders, twice; `quick`: once, at a tenth of the latencies."""
    told = beside.measure(_today(), _machine(), rounds=1 if quick else 2, latency=0.1 if quick else 1.0)
    if not quick:
        _keep(replace(measured.load(), beside=told))
    return [Part(tables=[beside.short(told.rounds)]), beside.part(told)]


def _keep(told: measured.Measured) -> None:
    measured.keep(told)
    page.written(told)
    note(f"wrote {page.PAGE} and {page.CHART}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="The product against its floor.")
    parser.add_argument("--quick", action="store_true", help="one round and less of each, no page: under three minutes")
    parser.add_argument("--peers", action="store_true", help="other tools beside the product, instead of the profiles")
    parser.add_argument("--write", action="store_true", help="only the page, from what was measured last")
    parser.add_argument("--only", nargs="+", choices=sorted(profiles(quick=False)), help="these profiles, no page")
    return parser.parse_args()


def _measured(name: str, measure: Callable[[], Part]) -> Part:
    begun = time.monotonic()
    note(f"{name} …")
    part = measure()
    note(f"{name}: {time.monotonic() - begun:.0f} s")
    for goal in part.goals:
        note(f"  {goal.what}: {' against '.join(goal.said)}{'' if goal.holds else ', missed'}")
    return part


def _today() -> str:
    return china_day(datetime.now(UTC)).isoformat()


def _machine() -> str:
    with redis_server() as url:
        return page.machine_of(redis.Redis.from_url(url))


if __name__ == "__main__":
    sys.exit(main())
