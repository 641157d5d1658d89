"""Log which figures a load changes after they were first loaded."""

from collections.abc import Sequence

from pipeline.context import Context
from pipeline.core.outcome import Run
from pipeline.core.table.revisions import Revision, line_of
from pipeline.state.table.revisions import Head


def log_revisions(ctx: Context, run: Run, found: Sequence[Revision], *, written: bool) -> None:
    """Log the revisions of a batch in place of what was logged of it before.

    Args:
        written: Whether they are in the table; else they are about to be written.
    """
    days = sorted({one.day for one in found})
    first, last = (days[0].isoformat(), days[-1].isoformat()) if days else ("", "")
    head = Head(run.run_id, ctx.now(), written, len(found), first, last)
    ctx.revisions.put(run.batch_id, head, [line_of(one) for one in found])
