"""A batch is cut by the tables that hold its days: every day is in one piece, that of its table."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.chain import Chain
from pipeline.core.model import Account, DayRange
from pipeline.core.outcome import Run
from pipeline.core.runs.pieces import in_piece, pieces, possible_pieces
from tests.chains import chained

NOW = datetime(2026, 7, 2, 7, tzinfo=UTC)
MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)
CHAIN = chained(("tblA", None), ("tblB", MAY), ("tblC", JUNE))


def batch(first: date, last: date, chain: Chain | None = CHAIN) -> Run:
    """A batch of these days, planned for the newest table."""
    return Run(
        run_id="backfill-1",
        day=last,
        days=DayRange(first, last),
        accounts=(Account("1800000000000001", "城东店"),),
        started_at=NOW,
        deadline=NOW,
        table_id="tblC",
        chain=chain,
    )


def test_a_table_alone_has_its_batches_whole() -> None:
    part = batch(date(2026, 4, 1), JUNE, chain=None)
    assert pieces(part, [date(2026, 3, 1)]) == (part,)
    assert in_piece(part, date(2026, 3, 1))


def test_a_batch_over_two_boundaries_is_cut_at_them_and_begins_with_its_newest_days() -> None:
    day = timedelta(days=1)
    found = pieces(batch(MAY - day, JUNE), [])
    assert [(one.table_id, one.days) for one in found] == [
        ("tblC", DayRange(JUNE, JUNE)),
        ("tblA", DayRange(MAY - day, MAY - day)),
        ("tblB", DayRange(MAY, JUNE - day)),
    ]
    assert len({one.batch_id for one in found}) == len(found)
    assert len({one.fetched_id for one in found}) == 1


def test_an_older_day_that_changed_gets_a_piece_of_its_table() -> None:
    old = date(2026, 4, 7)
    newest, older = pieces(batch(JUNE, JUNE), [old])
    assert (newest.days, older.days) == (DayRange(JUNE, JUNE), DayRange(old, old))
    assert in_piece(older, old)
    assert not in_piece(newest, old)


def test_days_before_the_batch_may_have_a_piece_only_if_changed_ones_are_loaded_again() -> None:
    part = batch(JUNE, JUNE)
    assert [one.table_id for one in possible_pieces(part)] == ["tblC"]
    assert [one.table_id for one in possible_pieces(replace(part, restatements=True))] == ["tblC", "tblB"]


days = st.dates(date(2026, 3, 1), date(2026, 7, 1))


@given(days, st.integers(0, 80), st.sets(days, max_size=5))
def test_every_day_is_in_one_piece_that_of_its_table(first: date, length: int, changed: set[date]) -> None:
    part = batch(first, first + timedelta(days=length))
    found = pieces(part, changed)
    for day in {*part.days, *changed}:
        assert [one.table_id for one in found if in_piece(one, day)] == [CHAIN.table_of(day)]
