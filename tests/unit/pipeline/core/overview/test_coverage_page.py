"""The grid as people look at it."""

from dataclasses import replace
from datetime import date, timedelta

from pipeline.core.coverage.letters import Line, Lines
from pipeline.core.model import Account, DayRange
from pipeline.core.outcome import DayState
from pipeline.core.overview.coverage_page import Asked, Clock, CoveragePage, page_of
from tests.chains import chained

TODAY = date(2026, 2, 12)
TABLE = chained(("tbl1", None))


def clock(days: int) -> Clock:
    newest = TODAY - timedelta(days=1)
    range_of = DayRange(newest - timedelta(days=days - 1), newest)
    return Clock(days=range_of, open_from=TODAY, begun=range_of.first, parked={})


def lines(letters: str) -> tuple[Lines, ...]:
    """What is known of the first days of February."""
    return (Lines(Line.read(b"2026-02" + letters.encode()), Line.read(b"2026-02" + b"L")),)


def drawn(known: dict[str, str], asked: Asked | None = None, days: int = 11) -> CoveragePage:
    accounts = [Account(f"18{n:03}", name) for n, name in enumerate(known)]
    found = {one.id: lines(letters) for one, letters in zip(accounts, known.values(), strict=True)}
    return page_of(accounts, found, TABLE, clock(days), asked or Asked())


FINE, ONCE = "L" * 11, "L" * 9 + "FL"
STORES = {"甲": FINE, "乙": ONCE, "丙": "L" * 10 + "I", "丁": "LFFF" + "L" * 7, "戊": "L" * 9}


def names(page: CoveragePage) -> str:
    return "".join(row.account.name for row in page.rows)


def test_the_account_with_most_days_comes_first_then_the_newest_problem() -> None:
    page = drawn(STORES)
    assert names(page) == "丁戊丙乙甲"
    assert [row.lacking for row in page.rows] == [3, 2, 1, 1, 0]
    assert (page.accounts, page.troubled, page.lacking, page.newest) == (5, 4, 7, 2)
    assert page.rows[0].newest_lacking == date(2026, 2, 4)
    assert page.rows[0].last_good == date(2026, 2, 11)
    assert page.rows[1].last_good == date(2026, 2, 9)


def test_the_newest_day_stands_at_the_left() -> None:
    page = drawn({"乙": ONCE})
    assert [column.first.day for column in page.columns] == list(range(11, 0, -1))
    states = [cell.state for cell in page.cells[0]]
    assert states[:3] == [DayState.LOADED, DayState.FAILED, DayState.LOADED]
    assert page.cells[0][1].link == date(2026, 2, 10)
    assert page.cells[0][0].link is None


def test_only_the_newest_cells_link_so_that_a_page_of_failures_stays_small() -> None:
    (cells,) = drawn({"甲": "L" + "F" * 10}).cells
    assert sum(cell.link is not None for cell in cells) == 10
    many = drawn({f"门店{n}": "L" + "F" * 10 for n in range(50)}).cells
    assert {tuple(cell.link is not None for cell in cells) for cells in many} == {(True,) * 3 + (False,) * 8}


def test_many_days_are_weeks_that_show_their_worst_day() -> None:
    page = drawn({"丁": "L" + "F" * 3 + "L" * 6 + "I"}, Asked(days=400), days=400)
    assert [(one.first, one.last) for one in page.columns[:3]] == [
        (date(2026, 2, 9), date(2026, 2, 11)),
        (date(2026, 2, 2), date(2026, 2, 8)),
        (date(2026, 1, 26), date(2026, 2, 1)),
    ]
    assert sum(len(column) for column in page.columns) == 400
    newest, second, first, before = page.cells[0][:4]
    assert (newest.state, newest.lacking, newest.link) == (DayState.INCOMPLETE, 1, date(2026, 2, 11))
    assert (second.state, second.lacking, second.link) == (DayState.FAILED, 3, date(2026, 2, 4))
    assert (first.state, first.lacking, first.link) == (DayState.LOADED, 0, None)
    assert before.state is None


def test_accounts_are_searched_by_a_part_of_name_or_id_and_only_problems_shown() -> None:
    assert names(drawn(STORES, Asked(only_problems=True))) == "丁戊丙乙"
    assert names(drawn({"East店": FINE, "West店": ONCE}, Asked(search="eAST"))) == "East店"
    assert names(drawn(STORES, Asked(search="18004"))) == "戊"
    page = drawn(STORES, Asked(search="%' OR 1=1 --"))
    assert (page.rows, page.found, page.accounts, page.pages) == ((), 0, 5, 1)


def test_fifty_accounts_a_page_and_beyond_the_end_is_the_last_page() -> None:
    many = {f"门店{n:03}": FINE for n in range(101)}
    last = drawn(many, Asked(page=99))
    assert (last.page, last.pages, len(last.rows)) == (3, 3, 1)
    assert len(drawn(many, Asked(page=2)).rows) == 50
    assert drawn(many, Asked(page=-7)).page == 1


def test_a_day_for_which_no_run_had_its_time_is_no_problem_yet() -> None:
    accounts, known = [Account("18", "甲")], {"18": lines("L" * 10)}
    early = replace(clock(11), open_from=date(2026, 2, 11))
    page = page_of(accounts, known, TABLE, early, Asked())
    assert page.cells[0][0].state is DayState.OPEN
    assert (page.lacking, page.newest, page.newest_owed) == (0, 0, date(2026, 2, 10))
    assert page_of(accounts, known, TABLE, clock(11), Asked()).lacking == 1


def test_nobody_waits_for_a_parked_account() -> None:
    accounts, known = [Account("18", "甲")], {"18": lines("L" * 5)}
    parked = replace(clock(11), parked={"18": date(2026, 2, 6)})
    page = page_of(accounts, known, TABLE, parked, Asked())
    assert (page.lacking, page.rows[0].parked_since) == (0, date(2026, 2, 6))
    assert page.cells[0][0].state is DayState.PARKED


def test_without_accounts_or_days_nothing_is_known() -> None:
    assert not page_of([], {}, TABLE, clock(30), Asked()).known
    untouched = page_of([Account("18", "甲")], {"18": (Lines(),)}, TABLE, clock(30), Asked())
    assert not untouched.known
    assert drawn({"甲": FINE}).known
