"""Cut a batch by the physical tables that hold its days.

A batch is fetched once; each piece of it is read, written and read back in its own table.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from pipeline.core.errors import Trouble
from pipeline.core.model import AccountDay, DayRange
from pipeline.core.outcome import Doubt, LoadOutcome, Run, VerifyOutcome
from pipeline.core.runs.plan import RESTATED_DAYS


def pieces(part: Run, days: Collection[date]) -> tuple[Run, ...]:
    """A batch cut by the tables that hold its days; the piece of its newest days first.

    Args:
        days: The days that are read or written: those of the batch, and perhaps older ones whose figures changed.
    """
    if part.chain is None:
        return (part,)
    newest = part.chain.table_of(part.days.last)
    table_ids = [newest, *(one for one in part.chain.tables_of({*part.days, *days}) if one != newest)]
    return tuple(_piece(part, table_id, days) for table_id in table_ids)


def possible_pieces(part: Run) -> tuple[Run, ...]:
    """Every piece that a batch may have had, whatever it fetched."""
    oldest = part.days.first - timedelta(days=RESTATED_DAYS) if part.restatements else part.days.first
    return pieces(part, list(DayRange(oldest, part.days.last)))


def in_piece(piece: Run, day: date) -> bool:
    """Whether a day is in the table of a piece."""
    return piece.chain is None or piece.chain.table_of(day) == piece.table_id


def joined_loads(done: Mapping[Run, LoadOutcome], doubts: Iterable[Doubt]) -> LoadOutcome:
    """The load of a batch from those of its pieces.

    Args:
        done: The outcome of each piece that was loaded.
        doubts: Days of the others.
    """
    first, *others = done.values()
    if not others and not doubts:
        return first
    loads, unwritten = list(done.values()), tuple(doubts)
    return replace(
        first,
        created=sum(one.created for one in loads),
        updated=sum(one.updated for one in loads),
        unchanged=sum(one.unchanged for one in loads),
        restated=tuple(sorted(at for one in loads for at in one.restated)),
        shifts=tuple(shift for one in loads for shift in one.shifts),
        edited=sum(one.edited for one in loads),
        days=tuple(sorted({day for one in loads for day in one.days} | {one.day for one in unwritten})),
        conflicts=tuple(sorted({at for one in loads for at in one.conflicts})),
        doubts=(*(doubt for one in loads for doubt in one.doubts), *unwritten),
        shared=sum(one.shared for one in loads),
        outdated=tuple(sorted({at for one in loads for at in one.outdated})),
        stale=tuple(sorted({account_id for one in loads for account_id in one.stale})),
        refused=tuple(refusal for one in loads for refusal in one.refused),
        warnings=tuple(dict.fromkeys(words for one in loads for words in one.warnings)),
        foreseen=tuple(agreement for one in loads for agreement in one.foreseen),
        loaded={piece.table_id: one.shared for piece, one in done.items()},
    )


def doubts_of(places: Iterable[AccountDay], trouble: Trouble) -> tuple[Doubt, ...]:
    """The days of a piece that could not be loaded."""
    return tuple(Doubt(account_id=at.account_id, day=at.day, trouble=trouble) for at in sorted(places))


def joined_read_backs(done: Sequence[VerifyOutcome], *, whole: bool) -> VerifyOutcome:
    """The read-back of a batch from those of its pieces; `whole`: all its pieces were loaded."""
    return VerifyOutcome(
        agreements=tuple(one for back in done for one in back.agreements),
        overtaken=tuple(one for back in done for one in back.overtaken),
        verified=whole and bool(done) and all(back.verified for back in done),
        warnings=tuple(dict.fromkeys(words for back in done for words in back.warnings)),
        trouble=next((back.trouble for back in done if back.trouble), None),
    )


def _piece(part: Run, table_id: str, days: Collection[date]) -> Run:
    newest = part.chain is None or table_id == part.chain.table_of(part.days.last)
    own = part.chain.days_of(table_id, part.days) if part.chain else part.days
    if own is None:  # only older days, whose figures changed
        held = [day for day in days if part.chain and part.chain.table_of(day) == table_id]
        own = DayRange(min(held), max(held))
    return replace(part, days=own, table_id=table_id, piece="" if newest else table_id)
