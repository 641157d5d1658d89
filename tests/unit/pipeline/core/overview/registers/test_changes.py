from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest

from pipeline.core.overview.registers.changes import PER_PAGE, accounts_of, cause_named, page_of
from pipeline.core.table.revisions import Batch, Cause, Figure, Head, Revision, Sought, line_of

NOW = datetime(2026, 3, 3, 7, 0, tzinfo=UTC)
DAY = date(2026, 3, 1)


def revision(number: int, day: date = DAY) -> Revision:
    return Revision(
        day=day,
        account_id=str(number % 2),
        item_id=str(number),
        item_name=f"单元{number}",
        cause=Cause.RESTATED,
        figures=(Figure("消耗(元)", "1", "2"),),
    )


def batch(name: str, numbers: range, day: date = DAY) -> Batch:
    said = day.isoformat()
    head = Head(
        run_id=name,
        at=NOW - timedelta(hours=int(name)),
        written=True,
        rows=len(numbers),
        first=said,
        last=said,
    )
    return Batch.of(head, [line_of(revision(number, day)) for number in numbers])


@dataclass
class Log:
    """Batches that are counted when they are read."""

    batches: list[Batch]
    read: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[Batch]:
        for one in self.batches:
            self.read.append(one.head.run_id)
            yield one


def numbers(log: Log, sought: Sought, page: int) -> list[str]:
    return [row.revision.item_id for row in page_of(log, sought, {}, page, None).rows]


@pytest.mark.parametrize("sought", [Sought(), Sought(cause=Cause.RESTATED), Sought(text="单元")])
def test_the_pages_together_are_all_changes_once_in_order(sought: Sought) -> None:
    log = Log([batch("1", range(30)), batch("2", range(30, 130)), batch("3", range(130, 151))])
    pages = [page_of(log, sought, {}, page, None) for page in (1, 2, 3, 4, 5)]
    assert [row.revision.item_id for page in pages for row in page.rows] == [str(one) for one in range(151)]
    assert [len(page.rows) for page in pages] == [PER_PAGE, PER_PAGE, PER_PAGE, 1, 0]
    assert [page.more for page in pages] == [True, True, True, False, False]


def test_the_first_page_reads_no_batch_beyond_it() -> None:
    log = Log([batch("1", range(60)), batch("2", range(60, 90))])
    assert len(numbers(log, Sought(), 1)) == PER_PAGE
    assert log.read == ["1"]


def test_batches_without_the_day_are_not_unpacked() -> None:
    torn = Batch(Head(run_id="1", at=NOW, written=True, rows=1, first="2026-02-01", last="2026-02-28"), b"torn")
    assert numbers(Log([torn, batch("2", range(3))]), Sought(day=DAY), 1) == ["0", "1", "2"]


def test_an_account_goes_by_its_name_and_one_without_by_its_id() -> None:
    rows = page_of([batch("1", range(2))], Sought(), {"0": "蜀香小馆"}, 1, None).rows
    assert [row.account for row in rows] == ["蜀香小馆", "1"]


def test_nothing_logged_is_an_empty_page() -> None:
    page = page_of([], Sought(), {}, 1, None)
    assert (page.rows, page.more, page.cut_at) == ((), False, None)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", None),
        ("  ", None),
        ("小馆", {"1", "小馆"}),
        ("a", {"2", "a"}),
        ("2", {"2"}),
        ("none", {"none"}),
    ],
)
def test_accounts_are_found_by_a_part_of_their_name_or_by_their_id(text: str, found: set[str] | None) -> None:
    assert accounts_of({"1": "蜀香小馆", "2": "A 店"}, text) == found


@pytest.mark.parametrize(("letter", "cause"), [("r", Cause.RESTATED), ("", None), ("x", None), ("re", None)])
def test_a_cause_goes_by_its_letter(letter: str, cause: Cause | None) -> None:
    assert cause_named(letter) == cause
