"""Which rows of the table a batch has to do with."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from pipeline.core.model import Account, DayRange, FoundRow, Key, WantedRow
from pipeline.core.outcome import Run
from pipeline.steps.runs.fetched import concerning

DAY = date(2026, 2, 11)
NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)
ACCOUNT = Account("1780000000000000001", "城东店")
RUN = Run(run_id="run1", day=DAY, days=DayRange(DAY, DAY), accounts=(ACCOUNT,), started_at=NOW, deadline=NOW)
KEY = Key(DAY, "7600000000000000001")
WANTED = WantedRow(key=KEY, account_id=ACCOUNT.id, cells={"消耗(元)": Decimal("1.50"), "备注": None})
FOUND = FoundRow("rec1", DAY, KEY.promotion_id, "改名前", Decimal("1.50"), {"消耗(元)": Decimal("1.50")})


def test_a_batch_has_to_do_with_the_rows_of_its_keys_and_of_its_accounts_alone() -> None:
    by_account = replace(FOUND, record_id="rec2", promotion_id="", account_name=ACCOUNT.name)
    foreign = replace(FOUND, record_id="rec3", promotion_id="7600000000000000002", account_name="城西店")
    assert [row.record_id for row in concerning(RUN, [WANTED], [FOUND, by_account, foreign])] == ["rec1", "rec2"]


def test_the_cells_of_a_row_that_is_right_are_not_held_twice() -> None:
    (same,) = concerning(RUN, [WANTED], [FOUND])
    assert same.cells is WANTED.cells


def test_a_row_that_differs_keeps_its_own_cells() -> None:
    other = replace(FOUND, cells={"消耗(元)": Decimal("1.40")})
    assert concerning(RUN, [WANTED], [other]) == [other]
