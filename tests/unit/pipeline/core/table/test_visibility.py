from datetime import date

from pipeline.core.model import AccountDay, Key
from pipeline.core.read_back import DayAgreement
from pipeline.core.table.diff import Change
from pipeline.core.table.visibility import hidden_rows

DAY, NEXT = date(2026, 2, 1), date(2026, 2, 2)


def created(day: date, item_id: str, *, created: bool = True) -> Change:
    return Change(key=Key(day, item_id), account_id="18", created=created, old={}, new={})


def missing(day: date, rows: int) -> DayAgreement:
    return DayAgreement(account_id="18", day=day, missing=rows)


def test_a_day_none_of_whose_new_rows_reads_back_is_hidden() -> None:
    changes = [created(NEXT, "1"), created(DAY, "1"), created(DAY, "2")]
    assert hidden_rows([missing(DAY, 2), missing(NEXT, 1)], changes) == {
        AccountDay("18", DAY): 2,
        AccountDay("18", NEXT): 1,
    }


def test_a_day_of_whose_new_rows_only_some_are_missing_is_not() -> None:
    assert hidden_rows([missing(DAY, 1)], [created(DAY, "1"), created(DAY, "2")]) == {}


def test_rows_that_were_changed_and_not_created_count_for_nothing() -> None:
    assert hidden_rows([missing(DAY, 1)], [created(DAY, "1", created=False)]) == {}


def test_days_that_agree_are_not_hidden() -> None:
    assert hidden_rows([missing(DAY, 0)], [created(DAY, "1")]) == {}
