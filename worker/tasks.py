"""The Celery tasks. Each calls one step.

Arguments and results are small JSON: ids, days, counts; never a secret or a row.
"""

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar

import stamina
import structlog
from celery import Task, shared_task
from celery.exceptions import Reject, Retry

from pipeline.context import Context
from pipeline.core.errors import BadResponse, Busy, LaikeError, NeedsPerson, Retryable, WrongInput
from pipeline.core.outcome import FetchOutcome, LoadOutcome, Run, RunState, Summary, VerifyOutcome
from pipeline.core.tables.ends import failure_words
from pipeline.core.unforeseen import Unforeseen
from pipeline.state.store import StoreTrouble
from pipeline.steps.runs import early_read, fetch, finish, load, verify, views
from pipeline.steps.runs import plan as run
from pipeline.steps.runs.alive import is_alive
from pipeline.steps.runs.due import owing
from pipeline.steps.telling import card, token
from pipeline.steps.telling.unforeseen import tell_aside, tell_error
from worker import dispatch
from worker.arguments import bound, check_step, day_of, ids_of, is_step, refused
from worker.dispatch import OUTAGE_S
from worker.process import context
from worker.unforeseen import each_open_run, swallows_errors, tells_errors

T = TypeVar("T")
Small = dict[str, Any]
BUSY_S = 5  # until a second delivery looks again whether the first one is done
BEGIN_TRIES = 120  # about an hour; then the next message of its kind comes
FETCH_TRIES = 5  # beyond the client's own: 5, 10, 20, 30 s at most between them
LONGEST_PAUSE_S = 30  # below the visibility timeout: a longer countdown would be delivered twice
SUFFIX = 8  # characters of a task's id in the id of its backfill: a second delivery is the same run
DAILY_AHEAD = timedelta(hours=2)  # the token must outlive the run

log = structlog.get_logger()


class RunFailed(Exception):
    """A run ended partial or failed: Flower shows FAILURE."""


def _named(name: str) -> Callable[[Callable[..., Any]], Task]:
    def decorate(function: Callable[..., Any]) -> Task:
        @wraps(function)
        def called(self: Task, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 anything may be sent
            try:
                given = bound(function, args, kwargs)
                if is_step(function):
                    _patiently(self, lambda: check_step(context(), given))
            except WrongInput as error:
                log.warning("refused", task=self.name, why=error.message)
                if is_step(function):
                    raise
                return refused(error)
            return function(self, **given)

        # with a limit, a task that waits for another process's lease would run out of retries
        task: Task = shared_task(name=f"laike.{name}", bind=True, max_retries=None, throws=(WrongInput,))(called)
        return task

    return decorate


@_named("daily")
def daily(self: Task) -> Small:
    """Begin the day's run, unless it has ended."""
    return _surely(self, "每日同步无法开始", lambda: _begin(run.begin_daily, ahead=DAILY_AHEAD))


@_named("settle")
def settle(self: Task) -> Small:
    """Begin the settling run: yesterday once more."""
    return _surely(self, "复核无法开始", lambda: _begin(run.begin_settle))


@_named("backfill")
def backfill(self: Task, start: str, end: str, accounts: Sequence[str] = (), *, tell: bool = False) -> Small:
    """Begin to load the days from `start` to `end`, both included; return at once.

    The group hears of its end if `tell` is true, or if it mends what the group was told.
    """
    suffix = self.request.id[:SUFFIX]
    return _surely(self, "补数无法开始", lambda: _begin_backfill(start, end, accounts, suffix, tell=tell is True))


@_named("catch_up")
def catch_up(self: Task) -> Small:
    """Send what dead runs lack, and load what is owed."""
    return _surely(self, "自动补数无法开始", _catch_up)


@_named("keep_token")
def keep_token(self: Task) -> Small:
    """Refresh a token with under an hour left; send the group what could not be sent before."""

    def keep() -> Small:
        ctx = context()
        try:
            with tells_errors(ctx, "授权维护出错", told=(NeedsPerson, BadResponse)):
                pair = token.keep_token(ctx)
        finally:
            with tells_errors(ctx, "补发通知出错"):
                card.tell_unsent(ctx)
                tell_aside(ctx)
        return {"expires_at": pair.expires_at.isoformat(), "refresh_expires_at": pair.refresh_expires_at.isoformat()}

    return _patiently(self, keep)


@_named("read_table")
def read_table(self: Task, run_id: str, batch: int) -> Small:
    """Read the table early."""
    return {"rows": _patiently(self, lambda: early_read.read_table(context(), run_id, batch))}


@_named("fetch_account")
def fetch_account(self: Task, run_id: str, batch: int, account_id: str, tried: int = 0) -> Small:
    """Fetch one account; a failure that may pass is tried again later, and is an outcome in the end."""
    ctx, last = context(), tried + 1 >= FETCH_TRIES

    def work() -> FetchOutcome:
        outcome = fetch.fetch_account(ctx, run_id, batch, account_id, last=last)
        with swallows_errors(ctx, f"{run_id} 的下一批未能发出"):  # a header never raises
            dispatch.send_after_fetch(ctx, ctx.ledger.run(run_id), batch)
        return outcome

    try:
        outcome = _patiently(self, work)
    except Retryable as error:
        pause = _pause(tried, error.retry_after) * ctx.settings.wait_scale
        ctx.pulse.stamp(run_id, ahead_s=pause)
        log.warning("fetch_again", run=run_id, account=account_id, pause_s=round(pause, 1), error=error.message)
        # counted here: Celery's own count includes waiting for a lease
        again = {"run_id": run_id, "batch": batch, "account_id": account_id, "tried": tried + 1}
        raise _come_back(self, pause, args=(), kwargs=again) from None
    return {"account_id": account_id, "rows": outcome.rows, "days": [day.state for day in outcome.days]}


@_named("load")
def load_batch(self: Task, run_id: str, batch: int) -> Small:
    """Write a batch, as the chord's callback; then send what follows."""

    def work() -> LoadOutcome:
        ctx = context()
        outcome = load.load(ctx, run_id, batch)
        dispatch.send_after_load(ctx, ctx.ledger.run(run_id), batch)
        return outcome

    outcome = _patiently(self, work)
    counts = {"created": outcome.created, "updated": outcome.updated, "unchanged": outcome.unchanged}
    return {**counts, "reason": outcome.trouble.reason if outcome.trouble else None}


@_named("verify")
def verify_batch(self: Task, run_id: str, batch: int) -> Small:
    """Read a batch back."""

    def work() -> VerifyOutcome:
        ctx = context()
        outcome = verify.verify(ctx, run_id, batch)
        dispatch.send_end(ctx, run_id)
        return outcome

    return {"verified": _patiently(self, work).verified}


@_named("check_views")
def check_views(self: Task, run_id: str) -> Small:
    """Check and mend the views of a run that has ended."""
    outcome = _patiently(self, lambda: views.check_views(context(), run_id))
    return {"created": len(outcome.created), "repaired": len(outcome.repaired)}


@_named("finish")
def finish_run(self: Task, run_id: str) -> Small:
    """End a run; if it is partial or failed, so is the task."""
    ctx = context()
    summary = _patiently(self, lambda: finish.finish(ctx, run_id, lambda end: _after_end(ctx, end)))
    if summary.state != RunState.SUCCESS:
        raise RunFailed(failure_words(summary))
    return {"run_id": run_id, "state": summary.state}


def _after_end(ctx: Context, end: Summary) -> None:
    """Send what follows a run's end."""
    if not end.dry_run:
        dispatch.send_views(ctx, ctx.ledger.run(end.run_id))


def _patiently(self: Task, work: Callable[[], T]) -> T:
    """Do a step; if another process is at it, Redis is away, or it broke, come back later."""
    try:
        return work()
    except (Busy, Unforeseen, StoreTrouble) as error:
        log.info("come_back", task=self.name, error=type(error).__name__, why=str(error))
        raise _come_back(self, BUSY_S * context().settings.wait_scale) from None


def _surely(self: Task, title: str, work: Callable[[], T]) -> T:
    """Begin a run; while the accounts cannot be listed come back later, and tell the group of any other error."""
    ctx = context()

    def begin() -> T:
        with tells_errors(ctx, title):
            return work()

    try:
        return _patiently(self, begin)
    except Retryable as error:
        if self.request.retries >= BEGIN_TRIES:
            tell_error(ctx, title, error)
            raise
        log.warning("begin_again", task=self.name, error=error.message)
        raise _come_back(self, _pause(FETCH_TRIES, error.retry_after) * ctx.settings.wait_scale) from None


def _come_back(task: Task, seconds: float, **message: Any) -> Retry:  # noqa: ANN401 Celery's own parameters
    """Send the task again for later, shown in Flower as before; if Redis is away, wait for it in place."""
    shown = {name: task.request.get(name) for name in ("argsrepr", "kwargsrepr")}
    for attempt in stamina.retry_context(on=Reject, attempts=None, timeout=OUTAGE_S, wait_max=1):
        with attempt:
            retry: Retry = task.retry(countdown=seconds, throw=False, **shown, **message)
            return retry
    raise AssertionError  # pragma: no cover


def _pause(tried: int, asked: float | None) -> float:
    """Seconds until a fetch is tried again: backoff with full jitter, or as the service asks."""
    jittered = random.uniform(0, BUSY_S * 2**tried)  # noqa: S311 not a secret
    return min(LONGEST_PAUSE_S, max(jittered, asked or 0))


def _begin(plan_run: Callable[[Context], Run], ahead: timedelta | None = None) -> Small:
    ctx = context()
    if ahead:
        _refresh(ctx, ahead)
    planned = plan_run(ctx)
    if summary := ctx.ledger.summary(planned.run_id):
        return {"run_id": planned.run_id, "state": summary.state}
    dispatch.start(ctx, planned)
    return {"run_id": planned.run_id, "state": RunState.RUNNING}


def _refresh(ctx: Context, ahead: timedelta) -> None:
    try:
        ctx.tokens.current(ahead)
    except LaikeError as error:  # each account's fetch meets and tells it
        log.warning("token_not_ready", error=error.message)


def _begin_backfill(start: str, end: str, accounts: Sequence[str], suffix: str, *, tell: bool) -> Small:
    ctx = context()
    try:
        first, last = day_of("start", start), day_of("end", end)
        planned = run.begin_backfill(ctx, first, last, ids_of(accounts), suffix, tell=tell)
    except WrongInput as error:
        return refused(error)
    dispatch.start(ctx, planned)
    days = [day.isoformat() for day in planned.days]
    return {
        "run_id": planned.run_id,
        "state": "queued",
        "days": days,
        "accounts": [account.id for account in planned.accounts],
    }


def _catch_up() -> Small:
    ctx, healed = context(), list[str]()

    def heal(run_id: str) -> None:
        if not is_alive(ctx, run_id) and dispatch.send_due(ctx, run_id):
            healed.append(run_id)

    each_open_run(ctx, heal)
    for ended in owing(ctx):
        if not is_alive(ctx, ended.run_id):
            dispatch.send_views(ctx, ended)
    begun = run.begin_catch_up(ctx)
    for planned in begun:
        dispatch.start(ctx, planned)
    return {"healed": healed, "begun": [planned.run_id for planned in begun]}
