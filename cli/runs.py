"""Commands about runs: sync, runs, show."""

import threading
from collections.abc import Sequence
from datetime import date

from cli import output
from cli.progress import follow
from cli.session import opened
from pipeline.context import Context
from pipeline.core.errors import LaikeError, WrongInput
from pipeline.core.outcome import Run, Summary
from pipeline.core.plan import state_of_open
from pipeline.steps.run import begin, carry_out


def sync(day: str | None, accounts: Sequence[str], *, dry_run: bool, local: bool, as_json: bool) -> int:
    """One run now; the exit code says how it ended.

    Raises:
        WrongInput: The day or an account is not one that can be loaded.
    """
    if not local:
        msg = "this version runs without workers: add --local"
        raise WrongInput(msg)
    wanted = _day(day)
    with opened() as ctx:
        run = begin(ctx, wanted, accounts, dry_run=dry_run)
        summary = _carry_out(ctx, run)
    if as_json:
        output.print_json(output.run_document(summary))
    else:
        output.print_summary(summary)
    return output.exit_code(summary)


def runs(count: int, *, as_json: bool) -> int:
    """The newest runs."""
    with opened() as ctx:
        documents = [_document(ctx, run_id) for run_id in ctx.ledger.newest(count)]
    if as_json:
        output.print_json(documents)
        return output.DONE
    columns = ("run_id", "state", "day", "created", "updated", "verified")
    rows = [[str(one.get(column, "")) for column in columns] for one in documents]
    output.out.print(output.table(columns, rows))
    return output.DONE


def show(run_id: str, *, as_json: bool) -> int:
    """One run.

    Raises:
        WrongInput: There is no such run.
    """
    with opened() as ctx:
        run, summary, document = ctx.ledger.run(run_id), ctx.ledger.summary(run_id), _document(ctx, run_id)
    if as_json:
        output.print_json(document)
    elif summary:
        took = (summary.ended_at - summary.started_at).total_seconds()
        output.out.print(f"started {output.moment(run.started_at)}, took {took:.1f} s")
        output.print_summary(summary)
    else:
        output.out.print(f"{run_id}: {document['state']}, started {output.moment(run.started_at)}")
    return output.exit_code(summary) if summary else output.DONE


def _document(ctx: Context, run_id: str) -> dict[str, object]:
    if summary := ctx.ledger.summary(run_id):
        return output.run_document(summary)
    run = ctx.ledger.run(run_id)
    return output.open_run_document(run, state_of_open(run, ctx.now()))


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        msg = f"--day {text!r} is not a day; write it as 2026-02-11"
        raise WrongInput(msg) from None


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
        thread.join()  # the card comes after the end
    except KeyboardInterrupt:
        msg = f"{run.run_id} was stopped half-way; nothing is lost: the same command again completes it"
        raise LaikeError(msg, what_to_do="重新运行同一命令即可补齐。") from None
    result = ended[0]
    if isinstance(result, BaseException):
        raise result
    return result
