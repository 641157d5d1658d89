"""`laike sync` and `laike backfill`: begin a run and follow it."""

import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from queue import SimpleQueue
from typing import NoReturn

from cli.arguments import day_of
from cli.session import opened
from cli.signals import as_ctrl_c, code_of, from_now_on
from cli.terminal import output
from cli.terminal.progress import follow
from cli.terminal.streams import leave
from cli.terminal.summary import print_summary
from pipeline.context import Context
from pipeline.core.errors import NoWorker, WrongInput
from pipeline.core.outcome import Run, RunState, Summary
from pipeline.core.runs.plan import parts, past_days
from pipeline.core.tables.ends import account_names
from pipeline.render.cards import seconds_to_wait
from pipeline.steps.coverage.aftermath import table_ends
from pipeline.steps.runs.alive import under_way
from pipeline.steps.runs.backfill import stop
from pipeline.steps.runs.carry_out import carry_out, interrupt
from pipeline.steps.runs.plan import begin, begin_backfill, open_backfill

STOPS_WITHIN_S = 10  # a step that takes longer is left as if killed: the next run takes it over
LOOK_S = 0.1
Show = Callable[[Summary], None]
CARD_S = 1.0  # in which a card is sent that need not wait


def sync(
    day: str | None, accounts: Sequence[str], *, dry_run: bool, local: bool, no_redis: bool, tell: bool, as_json: bool
) -> int:
    """Do one run now; the exit code says how it ended.

    Raises:
        WrongInput: The day or an account cannot be loaded, or options contradict each other.
    """
    wanted = day_of(day) if day else None
    if no_redis and not local:
        raise WrongInput("--no-redis goes with --local: without Redis there are no workers")
    if tell and dry_run:
        raise WrongInput("--tell does not go with --dry-run: there is nothing to tell the group of")
    with opened(no_redis=no_redis) as ctx:
        if not local:
            _require_worker()
        run = begin(ctx, wanted, accounts, dry_run=dry_run, tell=tell)
        show = partial(_print, ctx, as_json=as_json)
        summary = _carry_out(ctx, run, show) if local else _have_carried_out(ctx, run, show)
    return output.exit_code(summary)


def backfill(start: str, end: str, accounts: Sequence[str], *, tell: bool, as_json: bool) -> int:
    """Load a range of days through the workers; after Ctrl-C it goes on, and the same command follows it again.

    Raises:
        WrongInput: The range or an account cannot be loaded.
    """
    first, last = day_of(start), day_of(end)
    with opened() as ctx:
        past_days(first, last, ctx.now())  # before waiting for a worker
        _require_worker()
        run = begin_backfill(ctx, first, last, accounts, tell=tell)
        before = len(run.loaded_before)
        carried = f", {before} batch(es) were loaded before and are read back" if before else ""
        count, batches = len(account_names(run)), len(parts(run)) - before
        said = f"{count} account(s), {len(run.days)} day(s), {batches} batch(es){carried}"
        output.note(f"{run.run_id}: {said}")
        if tell and not run.tell:
            output.note(("it was begun without --tell:", "yellow"), " the group hears of it only if it mends something")
        summary = _have_carried_out(ctx, run, partial(_print, ctx, as_json=as_json))
    return output.exit_code(summary)


def stop_backfill(start: str, end: str, accounts: Sequence[str]) -> int:
    """Stop a backfill after the batches that are under way; `WrongInput` if there is none."""
    first, last = day_of(start), day_of(end)
    with opened() as ctx:
        run = open_backfill(ctx, first, last, accounts)
        stop(ctx, run)
    output.note(f"{run.run_id} ends with the batches that are under way; the same command without --stop goes on")
    return output.DONE


def _require_worker() -> None:
    """Check that a worker answers; with `--local` none is needed, nor is Celery imported."""
    from worker.presence import require_worker

    require_worker()


def _print(ctx: Context, summary: Summary, *, as_json: bool) -> None:
    if as_json:
        output.print_json(output.run_document(summary))
    else:
        print_summary(summary, table_ends(ctx, summary))


def _have_carried_out(ctx: Context, run: Run, show: Show) -> Summary:
    """Send a run to the workers, show its events and its end; `NoWorker` if none ended it in time."""
    from worker.dispatch import start

    start(ctx, run)
    try:
        follow(ctx, run, lambda: under_way(ctx, run))
    except KeyboardInterrupt:
        output.note(f"the run goes on; follow it with: laike show {run.run_id} --follow")
        raise
    summary = ctx.ledger.summary(run.run_id)
    if summary is None:
        raise NoWorker(f"no worker ended {run.run_id} by its deadline; the next one that starts goes on with it")
    show(summary)
    return summary


def _carry_out(ctx: Context, run: Run, show: Show) -> Summary:
    """Carry out a run in a thread while showing its events and its end; then wait for its card and its views."""
    ends = SimpleQueue[Summary | None]()  # nothing where it broke before its end
    broke: list[BaseException] = []
    wanted = threading.Event()  # to stop

    def work() -> None:
        try:
            carry_out(ctx, run.run_id, wanted.is_set, ends.put)
        except BaseException as error:  # noqa: BLE001 raised again in the thread that waits
            broke.append(error)
        ends.put(None)

    thread = threading.Thread(target=work, name="run", daemon=True)
    thread.start()
    try:
        with as_ctrl_c():
            follow(ctx, run, thread.is_alive)
            if summary := ends.get():
                show(summary)
                _await_rest(ctx, thread)
    except KeyboardInterrupt as error:
        wanted.set()
        _stop(ctx, run, thread, code_of(error))
    if broke or summary is None:
        raise broke[0]
    return summary


def _stop(ctx: Context, run: Run, thread: threading.Thread, code: int) -> NoReturn:
    """Let the steps under way end, close the run, say how to complete it, and exit with a code."""
    again = threading.Event()
    from_now_on(again.set)
    output.note("stopping: the steps under way end first; Ctrl-C again waits for nothing")
    patience = time.monotonic() + STOPS_WITHIN_S
    while thread.is_alive() and time.monotonic() < patience and not again.wait(LOOK_S):
        pass
    end = interrupt(ctx, run)
    if end.state == RunState.INTERRUPTED:
        output.note(f"{run.run_id} was stopped half-way; nothing is lost: the same command again completes it")
    else:
        output.note(f"{run.run_id} had ended before: {end.state}; laike show {run.run_id}")
    if thread.is_alive():
        leave(code)
    sys.exit(code)


def _await_rest(ctx: Context, thread: threading.Thread) -> None:
    """Wait for what comes after a run's end, the card and the views, and say so if it takes long."""
    seconds = seconds_to_wait(ctx.now())
    thread.join(CARD_S)
    if seconds and thread.is_alive():
        output.note(f"the card to the group waits {seconds:.0f} s: just after full and half hours its bot is crowded")
        thread.join(seconds + CARD_S)
    if thread.is_alive():
        output.note("the views of the accounts are looked after; Ctrl-C leaves the rest to the next run")
    thread.join()
