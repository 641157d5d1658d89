"""An agency: as many accounts as the rate allows, no call above it, in flat memory."""

import json
import math
import time
from collections import Counter
from collections.abc import Callable
from datetime import time as clock

import pytest

from emulator.server import EmulatorServer
from pipeline.core.outcome import RunState
from tests.chaos.scales import ALLOCATOR, MEMORY_MIB, Scales
from tests.lab import Lab
from tests.workers import Store, workers

FEW = (40, 20.0)  # accounts, and calls per second and endpoint: for every commit
AGENCY = (1000, 5.0)


def test_no_call_is_throttled_and_the_worker_stays_small(
    emulator_session: EmulatorServer,
    store: Store,
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
) -> None:
    accounts, rate = AGENCY if request.config.getoption("--agency") else FEW
    emulator_session.world.reset()
    lab = Lab(emulator_session, store.url, request.getfixturevalue("tmp_path"))
    lab.at(clock(7, 0, 30))
    lab.control("settings", {"row_cap": 1_000_000, "rate_limits": True, "oceanengine_rate": rate})
    names = lab.control("accounts/add", {"count": accounts, "promotions": 4})["accounts"]
    lab.extra |= ALLOCATOR | {
        "LAIKE_ACCOUNTS": json.dumps(names),
        "LAIKE_OCEANENGINE_RATE": str(rate),
        "LAIKE_TABLE_MAX_ROWS": "1000000",
        "LAIKE_WAIT_SCALE": "1",
    }
    scales = Scales()
    with workers(lab) as team:
        scales.watch(team.worker())
        began = time.monotonic()
        run_id = team.result(team.send("laike.daily"))["result"]["run_id"]
        summary = team.ended(run_id, 1800)
        took = time.monotonic() - began
    rows = Counter(str(row["local_account_id"]) for row in lab.source(summary.days.first, summary.days.last).values())
    pages = sum(max(1, math.ceil(rows[account] / 100)) for account in names)
    said = f"{pages} pages, {pages / rate:.1f} s at the rate; ended in {took:.1f} s; {scales.most:.0f} MiB"
    print(f"\n{said}")  # noqa: T201 shown by pytest -rP
    record_property("many_accounts", said)
    assert (summary.state, len(summary.accounts)) == (RunState.SUCCESS, accounts)
    assert {40100, 40110}.isdisjoint(call["code"] for call in lab.look("calls")["calls"])
    assert lab.calls("report.promotion") == pages
    assert scales.most < MEMORY_MIB
