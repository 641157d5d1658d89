"""A long backfill whose worker dies at a third and whose Redis dies at two thirds: whole, once, in flat memory."""

import json
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from emulator.server import EmulatorServer
from pipeline.core.outcome import Run, RunState
from pipeline.core.runs.plan import parts
from tests.chaos.scales import ALLOCATOR, MEMORY_MIB, Scales
from tests.lab import Lab
from tests.workers import SHORT, Store, Workers, wait_until, workers

FEW = (9, 95)  # accounts and days for every commit: eight batches
YEAR = (77, 365)
REPORTS = ("report.promotion", "report.account")


@pytest.fixture
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    """Accounts and days."""
    return YEAR if request.config.getoption("--year") else FEW


@pytest.fixture
def team(emulator_session: EmulatorServer, store: Store, tmp_path: Path, size: tuple[int, int]) -> Iterator[Workers]:
    """Nobody yet, where small accounts have data for all of the days and a table has room."""
    emulator_session.world.reset()
    lab = Lab(emulator_session, store.url, tmp_path)
    lab.control("settings", {"history_days": size[1] + 1, "row_cap": 1_000_000})
    made = lab.control("accounts/add", {"count": size[0], "promotions": 6})["accounts"]
    rate = {"LAIKE_OCEANENGINE_RATE": "100", "LAIKE_TABLE_MAX_ROWS": "1000000"}
    lab.extra |= SHORT | ALLOCATOR | rate | {"LAIKE_ACCOUNTS": json.dumps(made)}
    with workers(lab) as found:
        yield found


def least_calls(lab: Lab, run: Run) -> int:
    """Report calls of an undisturbed backfill: the count of each account, then its pages and totals in each batch."""
    rows = Counter(
        (str(row["local_account_id"]), key.day) for key, row in lab.source(run.days.first, run.days.last).items()
    )
    calls = len(run.accounts)
    for part in parts(run):
        for account in part.accounts:
            calls += 1 + max(1, math.ceil(sum(rows[account.id, day] for day in part.days) / 100))
    return calls


def span(lab: Lab, days: int) -> tuple[date, date]:
    """So many days that end yesterday."""
    return lab.day - timedelta(days=days - 1), lab.day


def test_worker_and_redis_die_and_the_table_is_the_source_for_hardly_more_calls(
    team: Workers, store: Store, size: tuple[int, int], record_property: Callable[[str, object], None]
) -> None:
    lab, scales = team.lab, Scales()
    start, end = span(lab, size[1] - 1)
    first, *_ = workers = [team.worker() for _ in range(2)]
    for member in workers:
        scales.watch(member)
    sent = team.send("laike.backfill", start=start.isoformat(), end=end.isoformat())
    run_id = team.result(sent)["result"]["run_id"]
    run, began = team.ctx.ledger.run(run_id), time.monotonic()
    count = len(parts(run))
    assert wait_until(lambda: done(team, run_id) >= count / 3, 1800)
    first.kill()
    scales.watch(team.worker())
    assert wait_until(lambda: done(team, run_id) >= count * 2 / 3, 1800)
    store.kill()
    time.sleep(2)
    store.start()
    summary = team.ended(run_id, 1800)
    took, calls, least = time.monotonic() - began, lab.calls(*REPORTS), least_calls(lab, run)
    print(f"\n{len(lab.loaded())} rows in {took:.0f} s, {calls} report calls of {least}, {scales.most:.0f} MiB")  # noqa: T201 shown by pytest -rP
    record_property("long_backfill", f"{calls} of {least} calls, {scales.most:.0f} MiB")
    assert (summary.state, summary.duplicates) == (RunState.SUCCESS, 0), summary
    lab.assert_agrees(start, end, [account.id for account in run.accounts])
    told = lab.records(str(lab.table_named("同步状态")["table_id"]))
    assert len(told) == len(run.accounts) * len(run.days)
    assert calls <= 1.1 * least
    assert scales.most < MEMORY_MIB


def done(team: Workers, run_id: str) -> int:
    """Batches that are loaded."""
    return sum(name.startswith("load.") for name in team.ctx.outcomes.done(run_id))
