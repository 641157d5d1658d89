"""Which days somebody read later than a run did: what was read later stands, and an older reading leaves it alone."""

from collections.abc import Mapping
from datetime import datetime

from pipeline.context import Context
from pipeline.core.coverage.day import Loaded
from pipeline.core.coverage.standing import read_later, words_of
from pipeline.core.model import AccountDay
from pipeline.core.runs.findings import Word
from pipeline.core.runs.reading import OLDEST


def newer(ctx: Context, read_at: Mapping[AccountDay, datetime]) -> dict[AccountDay, Loaded | None]:
    """Days of which something was read later: what was found to agree, or `None` until somebody has read it back.

    Call it after reading the table: every writer notes its reading before its first row, so no row seen is missed.
    """
    now, begun = ctx.shared_now(), ctx.readings.at(read_at)
    return read_later(read_at, ctx.coverage.at(read_at), begun, now)


def said_later(ctx: Context, read_at: Mapping[AccountDay, datetime]) -> dict[AccountDay, Word]:
    """What is said of days that somebody loaded and read back with figures that were read later."""
    now = ctx.shared_now()
    return words_of(read_later(read_at, ctx.coverage.at(read_at), {}, now))


def newest(ctx: Context, words: Mapping[AccountDay, Word]) -> dict[AccountDay, Word]:
    """Words on days, or on what was read and loaded later by a faster run."""
    return {**words, **said_later(ctx, {at: word.as_of or OLDEST for at, word in words.items()})}
