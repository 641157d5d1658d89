from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from pipeline.core.errors import AccountUnavailable
from pipeline.core.model import CHINA, Account, Cell, DayRange, FoundRow, ReportRow
from pipeline.core.reports import MATERIAL
from pipeline.core.table.cells import Field
from pipeline.core.table.columns import DEFAULT_COLUMNS, TEXT, Column, Kind, metrics_of, usual_columns
from pipeline.core.table.export import Block, Line, Tally, concerns, doubled, lines_of, next_days, of_report
from pipeline.core.table.layout import match
from pipeline.core.table.record import Record
from tests.unit.pipeline.core.tables import DAY, ID, layout

HERE, THERE = Account("1832000000000001", "北京店"), Account("1832000000000002", "上海店")
ACCOUNT_ID = Column("账户ID", "account_id", Kind.ID)


def found(name: str, number: Cell = None) -> FoundRow:
    return FoundRow("rec1", DAY, ID, name, Decimal(1), {"账户ID": number})


def row(day: date | None = DAY, number: str = ID, account: str = "北京店", cost: str = "1.10") -> Line:
    return Line(day, account, number, Decimal(cost), {})


@pytest.mark.parametrize(
    ("days", "rows", "after"),
    [
        (1, 0, 2),  # at most twice as many
        (1, 100, 2),
        (4, 400, 8),
        (64, 6400, 50),  # 5,000 rows at 100 a day
        (2, 40_000, 1),  # one day at least, however large
        (8, 5000, 8),
    ],
)
def test_a_block_has_about_5000_rows_and_grows_carefully(days: int, rows: int, after: int) -> None:
    assert next_days(days, rows) == after


def test_rows_beyond_the_first_of_their_key_are_counted_and_rows_without_a_key_are_not() -> None:
    assert doubled([row(), row(), row(), row(number=""), row(number=""), row(date(2026, 2, 2))]) == 2


def test_a_material_in_two_accounts_is_no_duplicate_and_one_without_its_account_is_none_either() -> None:
    theirs = [replace(row(account=name), owner=owner) for name, owner in (("北京店", "1"), ("上海店", "2"))]
    assert doubled(theirs) == 0
    assert doubled([*theirs, replace(row(), owner="2")]) == 1
    assert doubled([replace(row(), owner=None), replace(row(), owner=None)]) == 0


def test_one_material_in_two_accounts_is_two_keys() -> None:
    columns = usual_columns(MATERIAL)
    metrics = dict.fromkeys(metrics_of(columns), Decimal(1))
    told = [ReportRow(one.id, DAY, ID, "口播", metrics, one.id) for one in (HERE, THERE, THERE)]
    accounts = {one.id: one for one in (HERE, THERE)}
    assert doubled([of_report(one, accounts[one.account_id], columns, MATERIAL) for one in told]) == 1
    at = match(columns, [Field(one.name, one.name, TEXT) for one in columns], CHINA, report=MATERIAL)
    there = [Record(f"rec{n}", at.encode(at.want(one, accounts[one.account_id]).cells)) for n, one in enumerate(told)]
    assert doubled(lines_of(DayRange(DAY, DAY), [], at, there).lines) == 1


def test_a_row_belongs_to_an_account_by_its_id_else_by_its_name() -> None:
    assert concerns(found("北京店"), DEFAULT_COLUMNS, [HERE])
    assert not concerns(found("上海店"), DEFAULT_COLUMNS, [HERE])
    columns = (*DEFAULT_COLUMNS, ACCOUNT_ID)
    assert concerns(found("改名了", HERE.id), columns, [HERE])
    assert not concerns(found("北京店", THERE.id), columns, [HERE])
    assert concerns(found("北京店", ""), columns, [HERE])


def test_a_row_of_a_table_of_materials_is_told_with_its_account_and_one_without_has_no_whole_key() -> None:
    columns = usual_columns(MATERIAL)
    made = match(columns, [Field(f"fld{n}", one.name, TEXT) for n, one in enumerate(columns)], CHINA, report=MATERIAL)
    cells = {"账户名称": "北京店", "时间": DAY.isoformat(), "账户ID": HERE.id, "素材ID": ID, "素材名称": "素材"}
    records = [
        Record("rec1", cells),
        Record("rec2", {**cells, "账户ID": THERE.id}),
        Record("rec3", cells | {"账户ID": ""}),
    ]
    lines = lines_of(DayRange(DAY, DAY), (), made, records).lines
    assert [line.owner for line in lines] == [HERE.id, THERE.id, None]
    assert doubled(lines) == 0


def test_a_row_of_the_report_is_as_it_would_be_in_the_table() -> None:
    metrics = {"stat_cost": Decimal("118.356"), "convert_cnt": Decimal("12"), "conversion_cost": Decimal("9.9")}
    row_ = ReportRow(HERE.id, DAY, ID, "单元", {**metrics, "clue_pay_order_cnt": Decimal(0)})
    made = of_report(row_, HERE, DEFAULT_COLUMNS)
    assert list(made.cells) == [column.name for column in DEFAULT_COLUMNS]
    assert (made.cost, str(made.cells["转化成本(元)"])) == (Decimal("118.36"), "9.90")
    assert made.place == (DAY, "北京店", ID)


def test_what_is_told_is_the_sum_of_the_blocks_in_cents() -> None:
    tally = Tally()
    tally.add(Block(lines=[row(cost="0.10"), row(cost="0.20", account="上海店")], done=1, doubled=1, unreadable=2))
    tally.add(Block(lines=[row(cost="0.30")], done=2))
    tally.add(Block(lines=(), done=3, account=THERE, trouble=AccountUnavailable("no").trouble()))
    assert (tally.rows, tally.cost, tally.doubled, tally.unreadable) == (3, Decimal("0.60"), 1, 2)
    assert tally.account_rows == {"北京店": 2, "上海店": 1}
    assert tally.account_cost == {"北京店": Decimal("0.40"), "上海店": Decimal("0.20")}
    assert [account for account, _ in tally.unread] == [THERE]


def test_only_rows_of_the_days_and_accounts_are_exported_and_all_rows_of_the_days_are_counted() -> None:
    cells = {"时间": "2026-02-01", "账户名称": HERE.name, "单元ID": ID, "转化数": "很多"}
    records = [Record("rec1", cells), Record("rec2", {**cells, "账户名称": THERE.name})]
    records.append(Record("rec3", {**cells, "时间": "2026-02-02"}))
    days, at = DayRange(DAY, DAY), layout(typed=False)
    some, every = lines_of(days, [HERE], at, records), lines_of(days, [], at, records)
    assert ([line.account for line in some.lines], some.read, some.unreadable) == ([HERE.name], 2, 1)
    assert (len(every.lines), every.read, every.unreadable) == (2, 2, 2)
