"""What of a batch may be written now: what is too old, and what somebody read later, is left alone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from pipeline.context import Context
from pipeline.core.model import AccountDay
from pipeline.core.outcome import Run
from pipeline.steps.coverage.standing import newer
from pipeline.steps.runs.fetched import Source, staged

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Ready:
    """What the fetches of a batch brought, as far as it may be written.

    Attributes:
        read_at: When each day was read that may be written, or that was read later by others.
        outdated: The latter.
        stale: Ids of the accounts whose reading is too old.
    """

    source: Source
    read_at: Mapping[AccountDay, datetime]
    outdated: frozenset[AccountDay]
    stale: tuple[str, ...]

    def without_rows(self) -> "Ready":
        """What is left to know when the table's rows are made."""
        return replace(self, source=self.source.without_rows())


def ready(ctx: Context, run: Run) -> Ready:
    """What is staged of a batch, to be asked for under the writer lock: nobody writes newer figures meanwhile."""
    found = staged(ctx, run)
    stale = found.stale(ctx.shared_now())
    usable = found.without(stale)
    read_at = usable.read_at()
    outdated = frozenset(newer(ctx, read_at))
    if stale or outdated:
        log.warning("left_alone", run=run.run_id, stale=len(stale), outdated=len(outdated))
    return Ready(usable.source(frozenset(read_at) - outdated), read_at, outdated, stale)
