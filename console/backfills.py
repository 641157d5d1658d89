"""Backfills that a person begins from a page."""

from collections.abc import Sequence
from datetime import date

from pipeline.context import Context
from pipeline.core.outcome import Run
from pipeline.steps.runs.plan import begin_backfill


def begin(ctx: Context, first: date, last: date, account_ids: Sequence[str], *, tell: bool = False) -> Run:
    """Begin to load a range of days, or join the same backfill that is under way, and send its first steps.

    Args:
        last: The last day, included.
        tell: Whether the group hears of its end even if it mends nothing.

    Raises:
        WrongInput: The range cannot be loaded, or an account is unknown.
    """
    # makes the application that messages are sent by, which needs all settings: the console itself does not
    from worker import app  # noqa: PLC0415, F401
    from worker.dispatch import start  # noqa: PLC0415

    run = begin_backfill(ctx, first, last, account_ids, tell=tell)
    start(ctx, run)
    return run
