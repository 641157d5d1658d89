"""Find what of a batch may be written: neither what is too old, nor what another run read later."""

from functools import partial

import structlog

from pipeline.context import Context
from pipeline.core.outcome import Run
from pipeline.core.runs.pieces import in_piece
from pipeline.core.runs.source import Fetches, Ready
from pipeline.core.table.columns import metrics_of
from pipeline.steps.coverage.standing import newer

log = structlog.get_logger()


def fetches(ctx: Context, run: Run) -> Fetches:
    """The staged fetches of a batch; of a piece, those of the days in its table."""
    found = every_fetch(ctx, run)
    return found.within(partial(in_piece, run)) if run.chain else found


def every_fetch(ctx: Context, part: Run) -> Fetches:
    """The staged fetches of a batch, whatever table holds their days."""
    metrics = metrics_of(ctx.settings.columns)
    found = ctx.staging.fetched(part.fetched_id, [account.id for account in part.accounts])
    return Fetches(tuple(one for one in found if one.has(metrics)), metrics)


def ready(ctx: Context, run: Run) -> Ready:
    """The rows of a batch that may be written. Call it under the writer lock: nobody writes newer figures meanwhile."""
    found = fetches(ctx, run)
    stale = found.stale(ctx.shared_now())
    usable = found.without(stale)
    read_at = usable.read_at()
    outdated = frozenset(newer(ctx, read_at))
    if stale or outdated:
        log.warning("left_alone", run=run.run_id, stale=len(stale), outdated=len(outdated))
    return Ready(usable.source(frozenset(read_at) - outdated), read_at, outdated, stale)
