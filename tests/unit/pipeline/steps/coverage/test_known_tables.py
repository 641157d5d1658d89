"""The tables of the settings as Redis knows them."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.context import Context
from pipeline.core.coverage.day import Loaded
from pipeline.core.errors import WrongInput
from pipeline.core.model import AccountDay
from pipeline.core.overview.coverage_page import Asked
from pipeline.core.overview.runs.estimate import Estimate
from pipeline.core.runs.plan import yesterday
from pipeline.steps.coverage.known_tables import accounts_in, known_tables_of, table_named, unknown_tables_of
from pipeline.steps.overview.accounts import accounts_page
from pipeline.steps.overview.cell_story import account_of
from pipeline.steps.overview.coverage_page import page_of
from pipeline.steps.overview.estimate import estimate
from tests.unit.pipeline.steps.overview.ledgers import SHOPS, context

EAST, WEST = SHOPS
AT = "https://example.feishu.cn/base/bascnOther1?table=tblWest"
TABLES = [
    {"name": "城西日报", "report": "promotion", "accounts": [WEST.id], "at": AT},
    {"name": "项目日报", "report": "project"},
]


@pytest.fixture
def ctx(tmp_path: Path) -> Context:
    return context(tmp_path, tables=json.dumps(TABLES))


def learn(ctx: Context, account_id: str, rows: int) -> None:
    at = AccountDay(account_id, yesterday(ctx.now()))
    ctx.coverage.learn({at: Loaded(rows, "8.00", "c" * 32, ctx.now())})


def test_a_table_is_known_by_its_address_or_by_what_the_set_up_or_a_run_remembered(ctx: Context) -> None:
    assert unknown_tables_of(ctx) == ["项目日报"]
    ctx.further_ids.learn("项目日报", "tblProjects")
    assert unknown_tables_of(ctx) == []
    found = [here for _, here in known_tables_of(ctx) if here]
    assert [(here.table, here.settings.bitable_table_id) for here in found] == [
        ("城西日报", "tblWest"),
        ("项目日报", "tblProjects"),
    ]


def test_a_table_is_asked_for_by_its_name_and_the_first_without_one(ctx: Context) -> None:
    assert table_named(ctx, "") is ctx
    assert table_named(ctx, "城西日报").chain.root == "tblWest"
    with pytest.raises(WrongInput, match="没有名为“城”的数据表"):
        table_named(ctx, "城")
    with pytest.raises(WrongInput, match="“项目日报”还没有建立"):
        table_named(ctx, "项目日报")


def test_each_table_has_the_accounts_of_its_group_on_every_page(ctx: Context) -> None:
    names, west = {one.id: one.name for one in SHOPS}, table_named(ctx, "城西日报")
    assert (accounts_in(ctx, names), accounts_in(west, names)) == ([EAST], [WEST])
    learn(ctx, EAST.id, 5)
    learn(west, WEST.id, 7)
    assert [row.account for here in (ctx, west) for row in page_of(here, Asked()).rows] == [EAST, WEST]
    assert account_of(west, WEST.id) == WEST
    with pytest.raises(WrongInput):
        account_of(ctx, WEST.id)


def test_an_account_names_its_tables_and_has_the_days_of_the_one_that_its_promotions_go_into(ctx: Context) -> None:
    learn(table_named(ctx, "城西日报"), WEST.id, 7)
    page = accounts_page(ctx, "", 1)
    assert page.tables == {EAST.id: ("", "项目日报"), WEST.id: ("城西日报", "项目日报")}
    last = {one.account.id: one.last_covered for one in page.rows}
    assert last == {EAST.id: None, WEST.id: yesterday(ctx.now())}


def estimated(ctx: Context) -> Estimate:
    last = yesterday(ctx.now()) - timedelta(days=9)
    return estimate(ctx, last - timedelta(days=2), last, [])[0]


def test_an_estimate_has_every_known_table_each_with_its_own_accounts(ctx: Context) -> None:
    learn(ctx, EAST.id, 5)
    learn(table_named(ctx, "城西日报"), WEST.id, 7)
    told = estimated(ctx)
    assert (told.tables, told.accounts, told.account_days, told.rows) == (2, 2, 6, 3 * (5 + 7))
    ctx.further_ids.learn("项目日报", "tblProjects")
    told = estimated(ctx)
    assert (told.tables, told.account_days, told.unknown) == (3, 12, ("项目日报",))
    assert [room.name for room in told.rooms] == ["", "城西日报", "项目日报"]
