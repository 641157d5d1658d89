from datetime import date, timedelta

from pipeline.core.chain import Chain, PhysicalTable, alone
from pipeline.core.model import DayRange
from pipeline.core.telling.other_tables import OtherTable, other_tables

FIRST = date(2026, 2, 8)
CHAIN = Chain((PhysicalTable("tbl1", name="广告日报"), PhysicalTable("tbl2", FIRST, "广告日报 2026-02")))
DAYS = DayRange(FIRST - timedelta(days=3), FIRST + timedelta(days=3))


def page_of(table_id: str) -> str:
    return f"https://x.feishu.cn/base/b?table={table_id}"


def test_each_table_of_the_days_but_the_linked_one_is_named_with_its_days() -> None:
    held = DayRange(DAYS.first, FIRST - timedelta(days=1))
    assert other_tables(CHAIN, DAYS, "tbl2", page_of) == (OtherTable("广告日报", held, page_of("tbl1")),)
    assert other_tables(CHAIN, held, "tbl2", page_of) == (OtherTable("广告日报", held, page_of("tbl1")),)


def test_where_all_days_are_in_the_linked_table_none_is_named() -> None:
    assert other_tables(CHAIN, DayRange(FIRST, DAYS.last), "tbl2", page_of) == ()
    assert other_tables(alone("tbl1"), DAYS, "tbl1", page_of) == ()


def test_a_table_whose_name_nobody_remembers_goes_by_its_id() -> None:
    nameless = Chain((PhysicalTable("tbl1"), PhysicalTable("tbl2", FIRST)))
    assert [one.name for one in other_tables(nameless, DAYS, "tbl2", lambda _: None)] == ["tbl1"]
