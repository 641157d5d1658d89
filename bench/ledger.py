"""How long `runs`, `show`, `coverage` and `status` take on a ledger of years: `python -m bench.ledger [--days N]`.

Fills an empty Redis with a daily run, its steps' events and the coverage of each day, then times each command as a
process, and beside it the same command on an empty Redis: what is beyond that is the ledger's.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from statistics import median

import redis

from cli.session import log_to_stderr
from cli.terminal.output import note, say_table
from lab.processes import redis_server
from pipeline.core.chain import alone
from pipeline.core.coverage.day import LastOutcome, Loaded
from pipeline.core.model import Account, AccountDay, DayRange, china_day
from pipeline.core.outcome import AccountResult, DayState, Run, RunState, Summary
from pipeline.core.overview.runs.lines import line_of
from pipeline.state import keys
from pipeline.state.coverage.coverage import Coverage
from pipeline.state.coverage.last_outcomes import LastOutcomes
from pipeline.state.runs.events import Events
from pipeline.state.runs.ledger import Ledger

GOAL_S = 0.5
ROUNDS = 5
SETTINGS = {
    "LAIKE_OCEANENGINE_APP_ID": "1",
    "LAIKE_OCEANENGINE_SECRET": "s",
    "LAIKE_FEISHU_APP_ID": "cli_1",
    "LAIKE_FEISHU_APP_SECRET": "s",
    "LAIKE_BITABLE_APP_TOKEN": "base",
    "LAIKE_BITABLE_TABLE_ID": "tbl1",
    "LAIKE_TOKEN_KEYS": "dGVzdHMtb25seS1rZXktb2YtMzItYnl0ZXMtbG9uZyE=",
}


def accounts_of(count: int) -> tuple[Account, ...]:
    """Accounts of the ledger."""
    return tuple(Account(f"18000000000{n:05}", f"门店{n}") for n in range(count))


def fill(client: redis.Redis, accounts: Sequence[Account], days: int, now: datetime) -> str:
    """Store a daily run with events and coverage for each day up to yesterday; the newest run's id."""
    table_id = SETTINGS["LAIKE_BITABLE_TABLE_ID"]
    ledger, events = Ledger(client), Events(client)
    chain = partial(alone, table_id)
    coverage, outcomes = Coverage(client, chain), LastOutcomes(client, chain)
    newest = china_day(now) - timedelta(days=1)
    for back in reversed(range(days)):
        day = newest - timedelta(days=back)
        run = _run(day, accounts, now - timedelta(days=back))
        ledger.open(run)
        for account in accounts:
            _tell(events, run.run_id, account.id)
        ledger.close(end := _summary(run))
        events.archive(run.run_id, line_of(run, end, end.state))
        client.delete(keys.events(run.run_id))
        at = [AccountDay(account.id, day) for account in accounts]
        coverage.learn({one: Loaded(3, "118.36", "c" * 32, run.started_at) for one in at})
        outcomes.learn({one: LastOutcome(state=DayState.LOADED, rows=3, cost="118.36") for one in at})
    return f"daily-{newest}"


def _run(day: object, accounts: Sequence[Account], began: datetime) -> Run:
    newest = china_day(began) - timedelta(days=1)
    days = DayRange(newest - timedelta(days=6), newest)
    deadline = began + timedelta(seconds=300)
    return Run(
        run_id=f"daily-{day}",
        day=newest,
        days=days,
        accounts=tuple(accounts),
        started_at=began,
        deadline=deadline,
    )


def _tell(events: Events, run_id: str, account_id: str) -> None:
    figures: dict[str, str | int] = {
        "account": account_id,
        "state": "loaded",
        "rows": 21,
        "cost": "828.52",
        "reason": "",
    }
    spent: dict[str, str | int] = {
        "batch": 0,
        "ms": 2100 + int(account_id[-3:]),
        "calls": "report/account 1, report/promotion 1",
    }
    events.emit(run_id, "fetched", **figures, **spent)


def _summary(run: Run) -> Summary:
    figures = {"rows": 3, "cost": Decimal("118.36"), "window_rows": 21, "window_cost": Decimal("828.52")}
    lines = tuple(
        AccountResult(id=one.id, name=one.name, state=DayState.LOADED, **figures)  # type: ignore[arg-type]
        for one in run.accounts
    )
    return Summary(
        run_id=run.run_id,
        state=RunState.SUCCESS,
        day=run.day,
        days=run.days,
        accounts=lines,
        created=300,
        verified=True,
        started_at=run.started_at,
        ended_at=run.started_at + timedelta(seconds=6),
    )


def timed(url: str, accounts: Sequence[Account], words: Sequence[str]) -> float:
    """Median seconds of a command as a process."""
    listed = "{" + ",".join(f'"{one.id}": "{one.name}"' for one in accounts) + "}"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LAIKE_")}
    root = str(Path(__file__).parents[1])
    with tempfile.TemporaryDirectory() as home:
        given = {**clean, **SETTINGS, "LAIKE_REDIS_URL": url, "LAIKE_ACCOUNTS": listed, "PYTHONPATH": root}
        given["LAIKE_TOKEN_FILE"] = f"{home}/token"
        laps = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            command = [sys.executable, "-m", "cli.main", *words]
            subprocess.run(command, env=given, cwd=home, capture_output=True, check=False)  # noqa: S603 our own command
            laps.append(time.perf_counter() - began)
    return median(laps)


def main() -> int:
    """Fill, measure, print; 1 if a command is slower than its goal."""
    reads = argparse.ArgumentParser(description=__doc__)
    reads.add_argument("--days", type=int, default=400)
    reads.add_argument("--accounts", type=int, default=100)
    given = reads.parse_args()
    log_to_stderr("error")
    accounts, now, rows, slow = accounts_of(given.accounts), datetime.now(UTC), [], False
    with redis_server() as empty, redis_server() as full:
        client = redis.Redis.from_url(full)
        client.config_set("appendfsync", "no")  # only while it is filled quickly
        began = time.perf_counter()
        newest = fill(client, accounts, given.days, now)
        note(f"filled in {time.perf_counter() - began:.0f} s, {client.info('memory')['used_memory_human']}")
        # on an empty ledger a command takes its start-up time: `show` finds nothing, `runs` lists nothing
        for words in (["runs", "30"], ["show", newest], ["coverage"], ["status"]):
            start_up = timed(empty, accounts, ["runs"])
            beyond = timed(full, accounts, words) - start_up
            slow |= beyond > GOAL_S
            rows.append((" ".join(words), f"{start_up:.2f} s", f"{beyond:.2f} s"))
    say_table(("command", "start-up", "beyond"), rows)
    return int(slow)


if __name__ == "__main__":
    sys.exit(main())
