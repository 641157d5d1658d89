"""The lists of changes, accounts and tables, and reports, from what Redis remembers."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from pipeline.context import Context
from pipeline.core.chain import PhysicalTable, alone
from pipeline.core.coverage.day import Loaded
from pipeline.core.model import AccountDay, DayRange, Totals, china_day
from pipeline.core.overview.registers.accounts import PER_PAGE, Use
from pipeline.core.rollover.tables import State
from pipeline.core.runs.plan import yesterday
from pipeline.core.table.revisions import Cause, Figure, Head, Revision, Sought, line_of
from pipeline.steps.overview.accounts import accounts_page
from pipeline.steps.overview.changes import changes_page
from pipeline.steps.overview.reports import compared
from pipeline.steps.overview.tables import known_tables
from tests.unit.pipeline.steps.overview.ledgers import SHOPS, context


@pytest.fixture
def ctx(tmp_path: Path) -> Context:
    return context(tmp_path)


def learn(ctx: Context, days: DayRange, cost: str) -> None:
    loaded = Loaded(5, cost, "c" * 32, ctx.now(), Totals(Decimal(cost), Decimal(2)))
    ctx.coverage.learn({AccountDay(one.id, day): loaded for one in SHOPS for day in days})


def test_a_range_is_compared_with_the_one_before_it(ctx: Context) -> None:
    newest = yesterday(ctx.now())
    week = DayRange(newest - timedelta(days=6), newest)
    learn(ctx, week, "30.00")
    learn(ctx, DayRange(week.first - timedelta(days=7), week.first - timedelta(days=1)), "20.00")
    found = compared(ctx, week)
    assert [one.name for one in found.accounts] == [one.name for one in SHOPS]
    assert (found.total.now.figures.cost, found.total.before.figures.cost) == (Decimal("420.00"), Decimal("280.00"))
    assert (found.total.shift, found.total.now.unit_cost, found.total.now.lacking) == (Decimal("0.5"), Decimal(15), 0)


def test_without_accounts_there_is_nothing_to_compare(tmp_path: Path) -> None:
    newest = yesterday((ctx := context(tmp_path, accounts={})).now())
    assert compared(ctx, DayRange(newest, newest)).accounts == ()
    assert accounts_page(ctx, "", 1).rows == ()


def test_accounts_are_shown_some_at_a_time_with_what_they_spent(tmp_path: Path) -> None:
    names = {str(18 * 10**14 + number): f"店{number}" for number in range(120)}
    ctx = context(tmp_path, accounts=names, account_options={min(names): {"enabled": False}})
    spent = AccountDay(max(names), yesterday(ctx.now()))
    ctx.coverage.learn({spent: Loaded(5, "8.50", "c" * 32, ctx.now())})
    first, last, beyond = (accounts_page(ctx, "", page) for page in (1, 3, 99999))
    assert (len(first.rows), len(last.rows), first.pages) == (PER_PAGE, 20, 3)
    assert beyond == last
    assert last.rows[-1].account.use is Use.DISABLED
    (one,) = accounts_page(ctx, max(names), 1).rows
    assert (one.cost, one.last_covered) == (Decimal("8.50"), spent.day)
    assert (first.found, accounts_page(ctx, "店11", 1).found, first.of) == (120, 11, 120)


def test_tables_are_shown_as_they_were_last_counted(ctx: Context) -> None:
    page = known_tables(ctx)
    (table,) = page.found.tables
    assert (table.rows, table.room, table.state, page.counted, page.asked) == (None, None, State.IN_USE, {}, False)
    today = china_day(ctx.now())
    ctx.table_facts.learn_rows(today - timedelta(days=1), 900, counted=True)
    ctx.table_facts.learn_rows(today, 1000, counted=True)
    page = known_tables(ctx)
    (table,) = page.found.tables
    assert (table.rows, table.room) == (1000, ctx.settings.table_max_rows - 1000)
    assert page.counted == {table.table_id: today}


def test_an_announced_successor_is_told_with_what_to_do(ctx: Context) -> None:
    first = china_day(ctx.now()) + timedelta(days=20)
    chain = alone(ctx.settings.bitable_table_id)
    ctx.chains.learn(
        type(chain)(chain.tables, announced=PhysicalTable("", first, "广告日报 2"), registry="tblRegistry")
    )
    page = known_tables(ctx)
    assert page.found.announced is not None
    assert (page.found.announced.first, page.found.announced.name) == (first, "广告日报 2")
    assert any("联系维护人员" in line for line in page.details)


def test_changes_name_accounts_as_they_are_written(ctx: Context) -> None:
    now, shop = ctx.now(), SHOPS[0]
    revision = Revision(
        day=yesterday(now),
        account_id=shop.id,
        item_id="7612",
        item_name="双人套餐",
        cause=Cause.EDITED,
        figures=(Figure("消耗(元)", "1", "2"),),
    )
    day = revision.day.isoformat()
    head = Head(run_id="daily-1", at=now, written=True, rows=1, first=day, last=day)
    ctx.revisions.put("daily-1.0", head, [line_of(revision)])
    for account, rows in (("", 1), (shop.name, 1), (shop.id, 1), (SHOPS[1].name, 0)):
        assert len(changes_page(ctx, Sought(), account, 1).rows) == rows, account
    (row,) = changes_page(ctx, Sought(text="套餐"), "", 1).rows
    assert row.account == shop.name
