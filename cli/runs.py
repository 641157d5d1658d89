"""Commands about runs: sync, runs, show."""

import threading
from collections.abc import Sequence

from cli import output
from cli.arguments import day_of
from cli.progress import follow
from cli.session import opened, require_worker
from cli.trace import tree
from pipeline.context import Context
from pipeline.core.errors import LaikeError, NoWorker, WrongInput
from pipeline.core.outcome import Run, Summary
from pipeline.core.plan import parts
from pipeline.render.cards import seconds_to_wait
from pipeline.steps.aftermath import standing
from pipeline.steps.backfill import stop
from pipeline.steps.run import begin, begin_backfill, carry_out, open_backfill
from pipeline.steps.underway import state_without_end, under_way
from worker.dispatch import start

CARD_S = 1.0  # a card that waits for nothing is sent within it


def sync(
    day: str | None,
    accounts: Sequence[str],
    *,
    dry_run: bool,
    local: bool,
    no_redis: bool,
    tell: bool,
    as_json: bool,
) -> int:
    """One run now; the exit code says how it ended.

    Raises:
        WrongInput: The day or an account is not one that can be loaded, or options contradict each other.
    """
    wanted = day_of(day) if day else None
    if no_redis and not local:
        msg = "--no-redis goes with --local: without Redis there are no workers"
        raise WrongInput(msg)
    if tell and dry_run:
        msg = "--tell does not go with --dry-run: there is nothing to tell the group of"
        raise WrongInput(msg)
    with opened(no_redis=no_redis) as ctx:
        if not local:
            require_worker()
        run = begin(ctx, wanted, accounts, dry_run=dry_run, tell=tell)
        summary = _carry_out(ctx, run) if local else _have_carried_out(ctx, run)
        _print(ctx, summary, as_json=as_json)
    return output.exit_code(summary)


def backfill(start: str, end: str, accounts: Sequence[str], *, tell: bool, as_json: bool) -> int:
    """A range of days through the workers; Ctrl-C leaves it running, and the same command follows it again.

    Raises:
        WrongInput: The range or an account is not one that can be loaded.
    """
    first, last = day_of(start), day_of(end)
    with opened() as ctx:
        require_worker()
        run = begin_backfill(ctx, first, last, accounts, tell=tell)
        before = len(run.loaded_before)
        carried = f", {before} batch(es) were loaded before and are read back" if before else ""
        said = f"{len(run.accounts)} account(s), {len(run.days)} day(s), {len(parts(run)) - before} batch(es){carried}"
        output.err.print(f"{run.run_id}: {said}")
        if tell and not run.tell:
            output.err.print(
                "[yellow]it was begun without --tell:[/] the group hears of it only where it mends something"
            )
        summary = _have_carried_out(ctx, run)
        _print(ctx, summary, as_json=as_json)
    return output.exit_code(summary)


def stop_backfill(start: str, end: str, accounts: Sequence[str]) -> int:
    """Let a backfill end with the batches that are under way.

    Raises:
        WrongInput: None of these days and accounts is open.
    """
    first, last = day_of(start), day_of(end)
    with opened() as ctx:
        run = open_backfill(ctx, first, last, accounts)
        stop(ctx, run)
    output.err.print(f"{run.run_id} ends with the batches that are under way; the same command without --stop goes on")
    return output.DONE


def runs(count: int, *, as_json: bool) -> int:
    """The newest runs."""
    with opened() as ctx:
        newest = ctx.ledger.newest(count)
        documents = [_document(ctx, *one) for one in ctx.ledger.overview(newest)]
    if lost := sorted(set(newest) - {str(one["run_id"]) for one in documents}):
        output.err.print(f"nobody can read what is remembered of {', '.join(lost)}", highlight=False)
    if as_json:
        output.print_json(documents)
        return output.DONE
    columns = ("run_id", "state", "day", "created", "updated", "verified")
    rows = [[str(one.get(column, "")) for column in columns] for one in documents]
    output.out.print(output.table(columns, rows))
    return output.DONE


def show(run_id: str, *, wait: bool, as_json: bool) -> int:
    """One run; with `wait` its events until it has ended.

    Raises:
        WrongInput: There is no such run.
    """
    with opened() as ctx:
        if wait:
            planned = ctx.ledger.run(run_id)
            follow(ctx, planned, lambda: under_way(ctx, planned))
        run, summary = ctx.ledger.run(run_id), ctx.ledger.summary(run_id)
        document, events = _document(ctx, run, summary), ctx.ledger.events(run_id)
        after = standing(ctx, summary) if summary else None
    if as_json:
        output.print_json({**document, "events": events})
        return output.exit_code(summary) if summary else output.DONE
    output.out.print(tree(run, str(document["state"]), events))
    if summary:
        output.print_summary(summary, after)
    return output.exit_code(summary) if summary else output.DONE


def _print(ctx: Context, summary: Summary, *, as_json: bool) -> None:
    if as_json:
        output.print_json(output.run_document(summary))
    else:
        output.print_summary(summary, standing(ctx, summary))


def _document(ctx: Context, run: Run, summary: Summary | None) -> dict[str, object]:
    return output.run_document(summary) if summary else output.open_run_document(run, state_without_end(ctx, run))


def _have_carried_out(ctx: Context, run: Run) -> Summary:
    """Send a run to the workers and show its events until it has ended.

    Raises:
        NoWorker: None ended it in time.
    """
    start(ctx, run)
    try:
        follow(ctx, run, lambda: under_way(ctx, run))
    except KeyboardInterrupt:
        output.err.print(f"the run goes on; follow it with: laike show {run.run_id} --follow")
        raise
    summary = ctx.ledger.summary(run.run_id)
    if summary is None:
        msg = f"no worker ended {run.run_id} by its deadline; the next one that starts goes on with it"
        raise NoWorker(msg)
    return summary


def _carry_out(ctx: Context, run: Run) -> Summary:
    """Carry a run out in the background while its events are shown."""
    ended: list[Summary | BaseException] = []

    def work() -> None:
        try:
            ended.append(carry_out(ctx, run.run_id))
        except BaseException as error:  # noqa: BLE001 raised again in the thread that waits
            ended.append(error)

    thread = threading.Thread(target=work, name="run", daemon=True)
    thread.start()
    try:
        follow(ctx, run, thread.is_alive)
        _await_card(ctx, thread)
    except KeyboardInterrupt:
        msg = f"{run.run_id} was stopped half-way; nothing is lost: the same command again completes it"
        raise LaikeError(msg, what_to_do="重新运行同一命令即可补齐。") from None
    result = ended[0]
    if isinstance(result, BaseException):
        raise result
    return result


def _await_card(ctx: Context, thread: threading.Thread) -> None:
    """Wait for what comes after a run's end, and say so where it takes long."""
    seconds = seconds_to_wait(ctx.now())
    thread.join(CARD_S)
    if seconds and thread.is_alive():
        said = f"the card to the group waits {seconds:.0f} s: just after full and half hours its bot is crowded"
        output.err.print(said, highlight=False)
    thread.join()
