"""Two runs load the same days at the same time, each with an early read from before the other one wrote.

50 rounds, each with an overlap of its own: who begins, how much later the other one comes, when each one reads, what
the table holds by then.
"""

import random
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline.context import Context
from pipeline.core.outcome import LoadOutcome, VerifyOutcome
from pipeline.core.runs.source import Fetched
from pipeline.state.runs.staging import Staging
from pipeline.steps.runs.early_read import read_table
from pipeline.steps.runs.fetch import fetch_account
from pipeline.steps.runs.load import load
from pipeline.steps.runs.plan import begin
from pipeline.steps.runs.verify import verify
from tests.lab import Lab, empty
from tests.workers import wait_until

ROUNDS, SHARES = 50, 5
WRITE_CONFLICT = 1254291
# a write takes long enough to be met by the other run, wherever that is
LATENCY = {"records.batch_create": 0.03, "records.batch_update": 0.03, "records.search": 0.01, "fields.list": 0.01}
LATEST_S = 0.12  # by then the first one has ended
Loaded = tuple[LoadOutcome, VerifyOutcome]


@pytest.mark.parametrize("share", range(SHARES))
def test_rows_are_there_once_and_no_write_meets_another(lab: Lab, share: int) -> None:
    for number in range(share, ROUNDS, SHARES):
        lab.server.world.reset()
        empty(lab.redis_url)
        lab.__post_init__()
        play(lab, random.Random(number))  # noqa: S311 - an overlap, no secret


def play(lab: Lab, chance: random.Random) -> None:
    """One round: prepare the table, let both load, look at what is there."""
    accounts = [account for account in lab.accounts if account != lab.big]
    if chance.random() < 0.5:
        Racer(lab, accounts, reads_early=True).race(0)
        disturb(lab, chance)
    lab.control("latency", LATENCY)
    before = len(lab.look("calls")["calls"])
    runs = [Racer(lab, accounts, reads_early=chance.random() < 0.75) for _ in range(2)]
    waits = chance.sample([0.0, chance.uniform(0, LATEST_S)], 2)
    with ThreadPoolExecutor(2) as pool:
        ends = [pool.submit(run.race, wait) for run, wait in zip(runs, waits, strict=True)]
        outcomes = [end.result() for end in ends]
    calls = lab.look("calls", since=str(before))["calls"]
    assert [loaded.trouble for loaded, _ in outcomes] == [None, None]
    assert [verified.verified for _, verified in outcomes] == [True, True]
    assert WRITE_CONFLICT not in {call["code"] for call in calls}
    assert_each_row_is_there_once(lab, accounts)
    created = sum(loaded.created for loaded, _ in outcomes)
    assert created == sum(call["rows"] for call in calls if call["endpoint"] == "records.batch_create")


def test_a_load_that_waits_for_its_turn_holds_no_rows(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    racer, unpacked = Racer(lab, [lab.accounts[0]], reads_early=True), threading.Event()
    fetched = Staging.fetched

    def noted(staging: Staging, batch_id: str, account_ids: Sequence[str]) -> list[Fetched]:
        unpacked.set()
        return fetched(staging, batch_id, account_ids)

    monkeypatch.setattr(Staging, "fetched", noted)
    with ThreadPoolExecutor(1) as pool:
        with racer.ctx.writing():
            loading = pool.submit(load, racer.ctx, racer.run_id, 0)
            assert wait_until(lambda: "loading" in {one["event"] for one in racer.ctx.events.events(racer.run_id)})
            assert not unpacked.wait(0.3)
        assert loading.result().created > 0
    assert unpacked.is_set()


class Racer:
    """A run on a context of its own, its reports fetched."""

    def __init__(self, lab: Lab, accounts: list[str], *, reads_early: bool) -> None:
        self.ctx: Context = lab.context()
        self.run_id = begin(self.ctx, lab.day, accounts, dry_run=False).run_id
        self.reads_early = reads_early
        for account in accounts:
            fetch_account(self.ctx, self.run_id, 0, account)
        if reads_early:  # before anybody writes: stale on purpose for whoever comes second
            read_table(self.ctx, self.run_id, 0)

    def race(self, wait: float) -> Loaded:
        """Read if that was not done, load, verify."""
        threading.Event().wait(wait)
        if not self.reads_early:
            read_table(self.ctx, self.run_id, 0)
        return load(self.ctx, self.run_id, 0), verify(self.ctx, self.run_id, 0)


def disturb(lab: Lab, chance: random.Random) -> None:
    """Some rows are gone, some say something else, so that both runs create and update."""
    rows = [record["record_id"] for record in lab.records() if record["fields"].get("单元ID")]
    gone = chance.sample(rows, 3)
    lab.control("rows/delete", {"table_id": lab.table_id, "record_ids": gone})
    for record_id in chance.sample([row for row in rows if row not in gone], 3):
        edit = {"table_id": lab.table_id, "record_id": record_id, "fields": {"转化数": chance.randrange(1000)}}
        lab.control("rows/edit", edit)


def assert_each_row_is_there_once(lab: Lab, accounts: list[str]) -> None:
    """Every key of these accounts' source, with its figures."""
    loaded = lab.loaded()
    source = {key: row for key, row in lab.source().items() if str(row["local_account_id"]) in accounts}
    assert source
    assert loaded.keys() == source.keys()
    for key, row in source.items():
        (cells,) = loaded[key]
        assert cells["消耗(元)"] == pytest.approx(row["stat_cost"]), key
        assert cells["转化数"] == row["convert_cnt"], key
