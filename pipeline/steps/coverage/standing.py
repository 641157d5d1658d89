"""Which days somebody read later than a run did: what was read later stands, and an older reading leaves it alone."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from pipeline.context import Context
from pipeline.core.model import AccountDay
from pipeline.core.outcome import DayOutcome, DayState
from pipeline.core.runs.findings import Word
from pipeline.core.runs.reading import OLDEST, believed
from pipeline.state.coverage.coverage import Loaded


def newer(ctx: Context, read_at: Mapping[AccountDay, datetime]) -> dict[AccountDay, Loaded | None]:
    """Days of which something was read later: what was found to agree, or `None` while nobody has read it back.

    Asked for after the table was read it misses nobody whose rows were seen: whoever writes says so before.
    """
    now, found = ctx.shared_now(), dict[AccountDay, Loaded | None]()
    begun, covered = ctx.readings.at(read_at), ctx.coverage.at(read_at)
    for at, moment in read_at.items():
        known = covered.get(at)
        if known and believed(known.as_of, now) > moment:
            found[at] = known
        elif believed(begun.get(at), now) > moment:
            found[at] = None
    return found


def said_later(ctx: Context, read_at: Mapping[AccountDay, datetime]) -> dict[AccountDay, Word]:
    """Days that somebody loaded and read back with figures that were read later, and what those say."""
    now, covered = ctx.shared_now(), ctx.coverage.at(read_at)
    later = {at: known for at, known in covered.items() if believed(known.as_of, now) > read_at[at]}
    return {at: Word(outcome_of(at, known), known.as_of) for at, known in later.items()}


def newest(ctx: Context, words: Mapping[AccountDay, Word]) -> dict[AccountDay, Word]:
    """Words on days, or what was read and loaded later by whoever was faster."""
    return {**words, **said_later(ctx, {at: word.as_of or OLDEST for at, word in words.items()})}


def outcome_of(at: AccountDay, known: Loaded) -> DayOutcome:
    """A day as it was loaded and read back."""
    state = DayState.LOADED if known.rows else DayState.EMPTY
    return DayOutcome(day=at.day, state=state, rows=known.rows, cost=Decimal(known.cost))
