"""The tables of a chain as people see them."""

from dataclasses import replace
from datetime import date

from pipeline.core.chain import Chain, PhysicalTable, alone
from pipeline.core.rollover.tables import State, listed_of

MAY, JUNE, JULY = date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)
CHAIN = Chain((PhysicalTable("tblA"), PhysicalTable("tblB", MAY, "五月"), PhysicalTable("tblC", JUNE)), registry="tblR")
NAMES = {"tblA": "广告日报", "tblC": "广告日报 2026-06"}


def test_each_table_ends_before_the_next_one_begins_and_the_newest_by_the_forecast() -> None:
    rows, links = {"tblA": 90, "tblC": 120}, {"tblA": "https://a.cn"}
    first, second, newest = listed_of(CHAIN, NAMES, rows, links, cap=100, forecast=JULY)
    assert (first.first, first.last, first.foretold, first.state) == (None, date(2026, 4, 30), False, State.REPLACED)
    assert (first.rows, first.room, first.link) == (90, 10, "https://a.cn")
    assert (second.name, second.state, second.rows, second.room) == ("五月", State.ABSENT, None, None)
    assert (newest.first, newest.last, newest.foretold, newest.state) == (JUNE, date(2026, 6, 30), True, State.IN_USE)
    assert newest.room == 0


def test_an_announced_first_day_goes_before_the_forecast() -> None:
    chain = replace(CHAIN, announced=PhysicalTable("", JULY))
    newest = listed_of(chain, NAMES, {}, {}, cap=100, forecast=MAY)[-1]
    assert (newest.last, newest.foretold) == (date(2026, 6, 30), False)


def test_a_table_alone_of_which_nothing_is_foretold_has_no_end() -> None:
    (only,) = listed_of(alone("tblA"), NAMES, {"tblA": 1}, {}, cap=100, forecast=None)
    assert (only.name, only.first, only.last, only.foretold) == ("广告日报", None, None, False)
