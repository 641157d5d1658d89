"""End a run: summary, status table, coverage, ledger, card."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import structlog

from pipeline.context import Context
from pipeline.core.errors import LaikeError
from pipeline.core.model import AccountDay, grouped
from pipeline.core.outcome import FetchOutcome, LoadOutcome, Run, Summary, VerifyOutcome
from pipeline.core.overview.runs.lines import line_of
from pipeline.core.run_kind import RunKind
from pipeline.core.runs.absence import Readings
from pipeline.core.runs.findings import Findings, left_out_unread, without_totals
from pipeline.core.runs.flow import FETCH, FINISH, LOAD, VERIFY, Step
from pipeline.core.runs.plan import choose_accounts, of_one_table, tables_of
from pipeline.core.runs.summary import BatchEnd, bare_summary, end_of, summarize, with_further
from pipeline.state.store import StoreTrouble
from pipeline.steps.accounts.roster import remembered_accounts
from pipeline.steps.coverage.health import tell_outside
from pipeline.steps.coverage.learn import learn_conflicts, learn_states, note_absences
from pipeline.steps.coverage.standing import said_later
from pipeline.steps.coverage.status import Said, write_together
from pipeline.steps.rollover.foretell import foretell, show_rows
from pipeline.steps.runs.due import begun_parts
from pipeline.steps.runs.once import Work, once
from pipeline.steps.table.write import batches
from pipeline.steps.telling.card import tell_run
from pipeline.steps.telling.limits import limit_warnings
from pipeline.steps.telling.unforeseen import tell_error
from pipeline.steps.telling.weekly import tell_week

T = TypeVar("T")
BATCHES_AT_ONCE = 5  # whose days are written to 同步状态 together: a daily run of 1,000 accounts
log = structlog.get_logger()


def finish(ctx: Context, run_id: str, ended: Callable[[Summary], None] = lambda _: None) -> Summary:
    """End a run, or return how it ended before; then tell the group. Raises as `once` does.

    Args:
        ended: Called when it has ended, before anybody is told: the card may have to wait.
    """
    run = ctx.ledger.run(run_id)
    spent: dict[str, str | int] = {}

    def do(counting: Context) -> Summary:
        summary = _finish(counting, run)
        spent.update(counting.tally.facts())
        return summary

    work = Work(do, lambda why: bare_summary(run, why, ctx.now()))
    summary = once(ctx, run_id, Step(FINISH), Summary, work)
    if not run.dry_run:
        ctx.views_owed.owe(run_id)
    line = None  # where another end stands, it has its own
    if ctx.ledger.close(summary):
        line = line_of(run, summary, summary.state)
        _besides(ctx, run, lambda: ctx.events.emit(run_id, "finished", state=summary.state, **spent))
    _besides(ctx, run, lambda: ctx.events.archive(run_id, line))
    ended(summary)
    if not run.dry_run:
        _besides(ctx, run, lambda: tell_run(ctx.of(run), summary))
        _besides(ctx, run, lambda: tell_week(ctx.of(run), run))
        _besides(ctx, run, lambda: tell_outside(ctx.of(run), run))
    return summary


def _besides(ctx: Context, run: Run, act: Callable[[], None]) -> None:
    """Do something after a run's end; what breaks is told, and the rest is done all the same."""
    try:
        act()
    except StoreTrouble:
        raise  # Redis is away: the task comes back later
    except Exception as error:
        log.exception("after_the_end_broke", run=run.run_id)
        tell_error(ctx, f"{run.run_id} 已结束，但后续通知出错", error)


def _finish(ctx: Context, run: Run) -> Summary:
    """Its end in each table; one whose end breaks does not break the others'."""
    begun, left_out = begun_parts(ctx, run)
    status, ends = _Status(), list[Summary]()
    for one in tables_of(run):
        try:
            ends.append(_end_in(ctx, one, of_one_table(begun, one), of_one_table(left_out, one), status))
        except LaikeError as error:
            if not one.several:
                raise
            log.warning("table_not_ended", run=run.run_id, table=one.table, error=error.message)
            ends.append(bare_summary(one, error.trouble(), ctx.now()))
    words = tuple(status.written())  # 同步状态 is about all tables
    first, *others = [replace(one, warnings=(*one.warnings, *words)) for one in ends]
    return with_further(first, others)


class _Status:
    """What is said in 同步状态: of several tables in one write for each base."""

    def __init__(self) -> None:
        self._said: list[Said] = []

    def say(self, said: Said, *, ends: bool) -> list[str]:
        """Write it, or keep it for the others; returns warnings."""
        if not (ends and said.run.several):
            return _write_status([said], ends=ends)
        self._said.append(said)
        return []

    def written(self) -> list[str]:
        """Write what was kept; returns warnings."""
        by_base = grouped((_base_of(said), said) for said in self._said)
        return [words for of_base in by_base.values() for words in _write_status(of_base, ends=True)]


def _base_of(said: Said) -> str:
    """The token of a base; one that cannot be found is written to all the same, which says why it cannot."""
    try:
        return said.ctx.app_token()
    except LaikeError:
        return said.ctx.settings.bitable_app_token


def _end_in(ctx: Context, run: Run, begun: Sequence[Run], left_out: Sequence[Run], status: _Status) -> Summary:
    if run.halted:
        return bare_summary(run, run.halted, ctx.now())
    if run.several:
        ctx = ctx.of(run)
    conflicts = _conflicts(ctx, begun)
    ends: list[BatchEnd] = []
    readings = Readings()
    warnings: dict[str, None] = {}  # ordered, each once
    for some in batches(begun, BATCHES_AT_ONCE):
        findings = [_found(ctx, part, conflicts) for part in some]
        ends += map(end_of, findings)
        if not run.dry_run:
            readings.add(fetch for found in findings for fetch in found.fetches.values())
            said = Said(ctx, run, learn_states(ctx, findings))
            warnings |= dict.fromkeys(status.say(said, ends=len(begun) == 1))
    why = ctx.ledger.given_up(run.run_id)
    ends += [end_of(Findings(part, {}, None, None, left_out=why)) for part in left_out]
    ends += map(end_of, left_out_unread(run))
    views = ctx.table_facts.found_views().of(run.accounts)
    summary = summarize(run, ends, views, ctx.now(), whole=_is_whole(ctx, run))
    if run.dry_run:
        return summary
    warnings |= dict.fromkeys(_name_others(ctx, run, conflicts))
    news = () if run.table else (*ctx.rosters.take_news(run.run_id), *note_absences(ctx, run, readings))
    counts = ctx.table_facts.rows()
    foretold = foretell(ctx, run, counts, sum(one.rows for one in summary.accounts))
    show_rows(ctx, run)
    limits = limit_warnings(ctx, [end.load for end in ends], views, counts)
    told = (*run.notes, *news, *summary.warnings, *warnings, *foretold, *limits)
    return replace(summary, warnings=told, news=(*news, *summary.news))


def _is_whole(ctx: Context, run: Run) -> bool:
    """Whether a run has every account that is not parked."""
    if run.kind in (RunKind.DAILY, RunKind.SETTLE):
        return True
    listed = remembered_accounts(ctx)
    others = (listed.names.keys() if listed else set()) - {account.id for account in run.accounts}
    return not others - ctx.absences.parked(ctx.now()).keys()


def _conflicts(ctx: Context, begun: Sequence[Run]) -> frozenset[AccountDay]:
    """Days with a key that two accounts report differently, from all batches."""
    loads = (ctx.outcomes.outcome(part.run_id, str(Step(LOAD, part.batch)), LoadOutcome) for part in begun)
    return frozenset(at for load in loads if load for at in load.conflicts)


def _found(ctx: Context, part: Run, conflicts: frozenset[AccountDay]) -> Findings:
    """What the steps of a batch found, and newer figures of other runs."""

    def outcome(step: Step, kind: type[T]) -> T | None:
        return ctx.outcomes.outcome(part.run_id, str(step), kind)

    told = {one.id: outcome(Step(FETCH, part.batch, one.id), FetchOutcome) for one in part.accounts}
    fetches = {account_id: without_totals(fetch) for account_id, fetch in told.items() if fetch}
    read_at = {AccountDay(one, day.day): fetch.as_of for one, fetch in fetches.items() for day in fetch.days}
    return Findings(
        part,
        fetches,
        outcome(Step(LOAD, part.batch), LoadOutcome),
        outcome(Step(VERIFY, part.batch), VerifyOutcome),
        later=said_later(ctx, read_at),
        conflicts=conflicts,
        item=ctx.report.item,
    )


def _write_status(said: Sequence[Said], *, ends: bool = False) -> list[str]:
    """Write the status table; a failure is a warning of the run."""
    try:
        return write_together(said, ends=ends)
    except LaikeError as error:
        log.warning("status_failed", run=said[0].run.run_id, error=error.message)
        return [f"同步状态表未更新：{error.what_to_do}"]


def _name_others(ctx: Context, run: Run, conflicts: frozenset[AccountDay]) -> list[str]:
    """Write the status of days of other accounts that contradict this run's accounts."""
    ours = {account.id for account in run.accounts}
    beyond = sorted(at for at in conflicts if at.account_id not in ours)
    listed = remembered_accounts(ctx) if beyond else None
    if not listed:
        return []
    others = [account for account in choose_accounts(listed.names, []) if account.id not in ours]
    told = learn_conflicts(ctx, [at for at in beyond if at.account_id in listed.names])
    return _write_status([Said(ctx, replace(run, accounts=(*run.accounts, *others)), told)])
