"""Log which figures a load changes after they were first loaded."""

from collections.abc import Sequence

from pipeline.context import Context
from pipeline.core.outcome import Run
from pipeline.core.table.revisions import Head, Revision, line_of


def log_revisions(ctx: Context, run: Run, found: Sequence[Revision], *, written: bool) -> None:
    """Log the revisions of a batch in place of what was logged of it before.

    Args:
        written: Whether they are in the table; else they are about to be written.
    """
    newest_first = sorted(found, key=lambda one: (-one.day.toordinal(), one.account_id, one.item_id))
    last, first = (newest_first[0].day.isoformat(), newest_first[-1].day.isoformat()) if found else ("", "")
    head = Head(run_id=run.run_id, at=ctx.now(), written=written, rows=len(found), first=first, last=last)
    ctx.revisions.put(run.batch_id, head, [line_of(one) for one in newest_first])
