"""The steps of a load, one after the other, on a table that an example describes."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from emulator.feishu.bitable.fields import add_field
from emulator.feishu.bitable.tables import make_table
from emulator.feishu.bitable.views import add_view
from emulator.world.world import World
from pipeline.context import Context
from pipeline.core.model import ZERO, DayRange, Key
from pipeline.core.outcome import DayOutcome, DayState, FetchOutcome, LoadOutcome, Run, VerifyOutcome
from pipeline.core.runs.quality import checksum
from pipeline.core.runs.source import Fetched
from pipeline.steps.runs.early_read import read_table
from pipeline.steps.runs.load import load
from pipeline.steps.runs.verify import verify
from tests.inprocess import control
from tests.lab import WRITES
from tests.property.cases import (
    ACCOUNT,
    ACCOUNTS,
    BUDGET,
    CHOICES,
    DAY,
    FIGURES,
    NAME,
    NOTE,
    UNIT,
    Case,
    Deed,
    key_of,
)
from tests.staged import put_fetched

TABLE_ID = "tblRandom0001"
Rows = dict[str, dict[str, Any]]


@dataclass
class Loading:
    """A world, the product in it, and the example that is at hand."""

    world: World
    ctx: Context
    case: Case
    runs: int = 0

    def __post_init__(self) -> None:
        """Forget the example before; the world's seeded tables stay, nobody looks at them."""
        self.ctx.client.flushall()
        self.world.steps.clear()
        self.world.script_errors.clear()
        self.world.feishu.base.operations.clear()
        self.world.feishu.base.tables.pop(TABLE_ID, None)
        self.table = make_table(self.world.feishu.base, "随机", TABLE_ID)
        for name, kind in self.case.columns:
            add_field(self.world.feishu.base, self.table, name, kind)
        add_view(self.world.feishu.base, self.table, "表格")
        for row in self.case.rows:
            control(self.world, "rows/insert", table_id=TABLE_ID, fields=self.case.cells(row), by=row.by)

    def run(self) -> tuple[LoadOutcome, VerifyOutcome]:
        """One run's steps after its fetches, which brought the example's report."""
        loaded = self.load()
        return loaded, verify(self.ctx, f"run-{self.runs}", 0)

    def load(self) -> LoadOutcome:
        """The same as far as the load."""
        self.world.log.clear()
        self.runs += 1
        run = self._planned()
        assert self.ctx.ledger.open(run)
        for account in run.accounts:
            put_fetched(self.ctx.client, run.batch_id, self._fetched(run, account.id))
        read_table(self.ctx, run.run_id, 0)
        return load(self.ctx, run.run_id, 0)

    def writes(self) -> int:
        """Calls of the last run that write."""
        return sum(self.world.log.arrivals[endpoint] for endpoint in WRITES)

    def rows(self) -> Rows:
        """The table's rows by record id, oldest first, with plain cells by column name."""
        names = {column.field_id: column.name for column in self.table.fields.values()}
        return {
            record.record_id: {names[field_id]: cell for field_id, cell in record.cells.items()}
            for record in self.table.records.values()
        }

    def keys(self) -> dict[Key, list[dict[str, Any]]]:
        """The rows that have a key, by key, oldest first."""
        found: dict[Key, list[dict[str, Any]]] = {}
        for cells in self.rows().values():
            if key := key_of(cells):
                found.setdefault(key, []).append(cells)
        return found

    def ask(self, deed: Deed) -> None:
        """Let a person do something right before a call."""
        action, body = self._deed(deed)
        step = {"before": deed.before, "call": deed.call, "do": action, "body": {"table_id": TABLE_ID, **body}}
        control(self.world, "script", **step)

    def _deed(self, deed: Deed) -> tuple[str, dict[str, Any]]:
        rows = list(self.table.records)
        at = {"record_id": rows[deed.row % len(rows)]} if rows else {"record_id": "rec0"}
        number = deed.row
        inserted = {UNIT: "9", NAME: "手工记录", NOTE: f"新{number}", DAY: self.case.day_cell(self.case.newest)}
        reported = self.case.source()
        if deed.what == "insert ours" and reported:
            inserted |= {UNIT: reported[number % len(reported)].item_id}
            inserted |= {DAY: self.case.day_cell(reported[number % len(reported)].day)}
        deeds: dict[str, tuple[str, dict[str, Any]]] = {
            "edit ours": ("rows/edit", {**at, "fields": {"转化数": self.case.figure_cell("转化数", Decimal(77))}}),
            "edit theirs": ("rows/edit", {**at, "fields": {NOTE: f"改{number}"}}),
            "delete": ("rows/delete", at),
            "insert theirs": ("rows/insert", {"fields": inserted}),
            "insert ours": ("rows/insert", {"fields": inserted}),
            "add column": ("columns/add", {"name": f"新列{number}", "type": 1}),
            "retype": ("columns/retype", self._another_type(number)),
            "rename theirs": ("columns/rename", {"field_name": BUDGET, "name": f"预算{number}"}),
            "add view": ("views/add", {"name": f"视图{number}"}),
        }
        return deeds[deed.what]

    def _another_type(self, number: int) -> dict[str, Any]:
        name = (ACCOUNT, *FIGURES)[number % (1 + len(FIGURES))]
        return {"field_name": name, "type": next(kind for kind in CHOICES[name] if kind != self.case.types[name])}

    def _planned(self) -> Run:
        now, case = self.ctx.now(), self.case
        return Run(
            run_id=f"run-{self.runs}",
            day=case.newest,
            days=DayRange(case.newest - timedelta(days=case.days - 1), case.newest),
            accounts=ACCOUNTS,
            started_at=now,
            deadline=now + timedelta(seconds=300),
        )

    def _fetched(self, run: Run, account_id: str) -> Fetched:
        rows = tuple(row for row in self.case.source() if row.account_id == account_id)
        days = []
        for day in run.days:
            of_day = [row for row in rows if row.day == day]
            state = DayState.LOADED if of_day else DayState.EMPTY
            cost = sum((row.cost for row in of_day), ZERO)
            days.append(DayOutcome(day=day, state=state, rows=len(of_day), cost=cost))
        sums = checksum(rows)
        outcome = FetchOutcome(
            account_id=account_id, days=tuple(days), rows=len(rows), checksum=sums, as_of=run.started_at
        )
        return Fetched(outcome, rows)


def right(cells: dict[str, Any], case: Case, key: Key) -> bool:
    """Whether a row says what the source says."""
    row = next(row for row in case.source() if row.key == key)
    account = next(account for account in ACCOUNTS if account.id == row.account_id)
    figures = all(Decimal(str(cells.get(column, "nan"))) == row.metrics[metric] for column, metric in FIGURES.items())
    return figures and (cells.get(ACCOUNT), cells.get(NAME)) == (account.name, row.item_name)
