"""Send steps to the workers: the headers of a batch as a chord whose callback is its load, the others one by one."""

from collections.abc import Sequence

import stamina
from celery import chord, current_app
from celery.canvas import Signature
from kombu.exceptions import OperationalError

from pipeline.context import Context
from pipeline.core.model import grouped
from pipeline.core.outcome import Run
from pipeline.core.runs import flow
from pipeline.core.runs.flow import FETCH, FINISH, LOAD, READ, VERIFY, VIEWS, Step
from pipeline.core.runs.plan import of_one_table, parts
from pipeline.steps.runs.due import due
from worker.transport import as_store_trouble

TASKS = {
    READ: "laike.read_table",
    FETCH: "laike.fetch_account",
    LOAD: "laike.load",
    VERIFY: "laike.verify",
    VIEWS: "laike.check_views",
    FINISH: "laike.finish",
}
BACKFILL = "backfill"  # the queue behind all others
QUEUES = ("control", "load", "fetch", BACKFILL)  # a worker looks into them in this order
OUTAGE_S = 30.0  # to wait in place for a Redis that is away; then the watchdog sends the message again


def start(ctx: Context, run: Run) -> None:
    """Send the first batch of each table of a run, unless it was sent before."""
    bases = {table.name: table.app_token for table in ctx.settings.tables} if run.further else {}
    for lane in flow.in_order(flow.lanes(parts(run)), bases):
        send_batch(ctx, run, lane[0])


def send_after_fetch(ctx: Context, run: Run, batch: int) -> None:
    """Count a fetch that ended, and send the next batch of its table once that may begin."""
    lane = _lane(run, batch)
    if lane[-1].batch == batch or ctx.marks.was_sent(run.run_id, str(batch + 1)):
        return
    ended = ctx.outcomes.count_fetch(run.run_id, batch)
    if flow.next_begins(lane, batch, ended, lambda step: ctx.outcomes.is_done(run.run_id, str(step))):
        send_batch(ctx, run, parts(run)[batch + 1])


def send_batch(ctx: Context, run: Run, part: Run) -> None:
    """Send a batch, unless it was sent before."""
    if not ctx.ledger.given_up(run.run_id) and ctx.marks.send(run.run_id, str(part.batch)):
        ctx.pulse.stamp(run.run_id)
        send(run, flow.header(part))


def send_after_load(ctx: Context, run: Run, batch: int) -> None:
    """Send what follows a load: the next batches of its table and its read-back."""
    for part in _lane(run, batch):
        if batch < part.batch <= batch + flow.AHEAD:
            send_batch(ctx, run, part)
    send(run, [Step(VERIFY, batch)])


def _lane(run: Run, batch: int) -> list[Run]:
    """The batches of the table of one."""
    cut = parts(run)
    return of_one_table(cut, cut[batch])


def send_end(ctx: Context, run_id: str) -> None:
    """Send the end of a run, once, if nothing else is missing."""
    if due(ctx, run_id) == [Step(FINISH)] and ctx.marks.send(run_id, FINISH):
        send(ctx.ledger.run(run_id), [Step(FINISH)])


def send_views(ctx: Context, run: Run) -> None:
    """Send the views of a run that has ended."""
    ctx.pulse.stamp(run.run_id)
    send(run, [Step(VIEWS)])


def send_due(ctx: Context, run_id: str) -> list[Step]:
    """Send the steps that a run lacks; return them."""
    steps = due(ctx, run_id)
    if steps:
        ctx.pulse.stamp(run_id)
        for step in steps:
            if step.name == READ:
                ctx.marks.send(run_id, str(step.batch))
        send(ctx.ledger.run(run_id), steps)
    return steps


def send(run: Run, steps: Sequence[Step]) -> None:
    """Send steps that may run now. A step that is sent twice is done once.

    Raises:
        StoreTrouble: Redis was away for longer than `OUTAGE_S`.
    """
    with as_store_trouble():
        _send(run, steps)


@stamina.retry(on=OperationalError, attempts=None, timeout=OUTAGE_S, wait_max=1)
def _send(run: Run, steps: Sequence[Step]) -> None:
    headers = grouped((step.batch, step) for step in steps if step.name in (READ, FETCH))
    for batch, of_batch in headers.items():
        chord([_signature(run, step) for step in of_batch])(_signature(run, Step(LOAD, batch)))
    for step in steps:
        if step.name not in (READ, FETCH):
            _signature(run, step).apply_async()


def _signature(run: Run, step: Step) -> Signature:
    arguments = {"run_id": run.run_id, **step.arguments}
    signature = current_app.signature(TASKS[step.name], kwargs=arguments, immutable=True)
    shown = {"argsrepr": _shown(run, step), "kwargsrepr": f"run_id={run.run_id}, batch={step.batch}"}
    return signature.set(**shown, **({"queue": BACKFILL} if run.backfill else {}))


def _shown(run: Run, step: Step) -> str:
    """What Flower shows of a step: a further table, the account and the days, as in (城东店, 2026-02-09..15)."""
    part = parts(run)[step.batch]
    first, last = part.days.first.isoformat(), part.days.last.isoformat()
    same_month = first[:8] == last[:8]
    days = first if first == last else f"{first}..{last[8:] if same_month else last}"
    names = [account.name for account in part.accounts if account.id == step.account_id]
    return f"({', '.join([*filter(None, [part.table]), *names, days])})"
