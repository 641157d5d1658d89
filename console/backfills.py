"""Begin backfills, for every page that has days read again."""

from collections.abc import Sequence
from datetime import date

from pipeline.context import Context
from pipeline.core.outcome import Run
from pipeline.steps.runs.plan import begin_backfill
from worker import presence

WORKER_ANSWERS_S = 1.0  # nobody waits longer for a page


def begin(
    ctx: Context, first: date, last: date, account_ids: Sequence[str], *, tell: bool = False, once: str | None = None
) -> Run:
    """Begin a backfill through the workers, or join the same one that is under way.

    Args:
        account_ids: Ids or names; empty means all accounts.
        once: Names the form that was sent: sent twice, it begins one backfill.

    Raises:
        WrongInput: The range cannot be loaded, or an account is unknown.
        StoreTrouble: Redis is away.
    """
    from worker import app  # noqa: PLC0415, F401 makes the application that messages are sent by, once all settings are there
    from worker.dispatch import start  # noqa: PLC0415

    run = begin_backfill(ctx, first, last, account_ids, once, tell=tell)
    if ctx.ledger.summary(run.run_id) is None:
        start(ctx, run)
    return run


def a_worker_answers() -> bool:
    """Whether a worker answers within a second; if not, what is begun waits in the queue."""
    return presence.answers_within(WORKER_ANSWERS_S)
