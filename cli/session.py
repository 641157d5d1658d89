"""Opens a context for the length of a command."""

import contextlib
import gc
import logging
from collections.abc import Iterator

from cli.terminal.output import note
from pipeline.composition import build
from pipeline.context import Context
from pipeline.outgoing import log_plainly
from pipeline.settings import Settings
from pipeline.settings_notes import notes, unsaid
from pipeline.state import unread
from pipeline.state.store import ours
from worker.process import refuse_cluster


@contextlib.contextmanager
def opened(*, no_redis: bool = False, settings: Settings | None = None) -> Iterator[Context]:
    """A context on the settings of the environment and `.env`; Redis answers.

    Args:
        settings: In place of all that are set.
        no_redis: Keep in memory what Redis would hold, and read the token from its mirror file.

    Raises:
        WrongInput: Settings are missing or wrong, or Redis is a cluster.
        StoreUnreachable: Redis does not answer.
        WrongRelease: It holds the state of a newer release, or workers of an older one still run.
    """
    _collect_again()
    settings = settings or Settings.load()
    for line in unsaid(notes(settings)):
        note(("note:", "yellow"), f" {line}")
    if settings.clock_offset_s:
        note((f"LAIKE_CLOCK_OFFSET_S shifts the clock by {settings.clock_offset_s} s", "yellow bold"))
    log_to_stderr(settings.log_level or "error")
    if no_redis:
        yield _without_redis(settings)
        return
    refuse_cluster(settings)
    with ours(settings.redis_address):
        ctx = build(settings)
        ctx.schema.bring_up(_a_worker_answers)  # the first command: Redis answers, and its state is of this release
        yield ctx


@contextlib.contextmanager
def looked() -> Iterator[Context]:
    """The same for a command that only shows: what cannot be read is left out, and said. Raises as `opened`."""
    with opened() as ctx, unread.looking() as left_out:
        yield ctx
        for one in left_out.values():
            note(("left out:", "yellow"), f" {one.message}")
            note(f"  → {one.for_maintainer}")


def _collect_again() -> None:
    """Let the collector work again, but spare it what is loaded by now: that stays."""
    gc.freeze()
    gc.enable()


def _a_worker_answers() -> bool:
    """Whether a worker answers; only asked after an upgrade."""
    from worker.presence import a_worker_answers

    return a_worker_answers()


def _without_redis(settings: Settings) -> Context:
    from pipeline.state.no_redis import in_memory

    alone = "without Redis there is no lock: no worker, no beat and no second command may run now"
    note((alone, "red bold"))
    note(f"the token comes from {settings.token_file}; history and progress of this run are gone when it ends")
    ctx = build(settings, alone=in_memory())
    # its table is unknown: assumed to be this one, invisible rows stop the run, and none is written twice
    ctx.schema.settle(settings.bitable_table_id)
    return ctx


def log_to_stderr(level: str) -> None:
    """Log lines go to stderr: stdout is for data."""
    log_plainly(logging.getLevelNamesMapping()[level.upper()])
