"""End a run: summary, status table, coverage, ledger, card."""

from dataclasses import replace

import structlog

from pipeline.context import Context
from pipeline.core.errors import LaikeError, Trouble
from pipeline.core.model import AccountDay
from pipeline.core.outcome import DayOutcome, LoadOutcome, Run, Summary, VerifyOutcome, ViewsOutcome
from pipeline.core.summary import Findings, day_outcomes, summarize
from pipeline.render.cards import run_card, seconds_to_wait
from pipeline.state.ledger import Coverage
from pipeline.steps.load import gather
from pipeline.steps.status import write_status

log = structlog.get_logger()


def finish(ctx: Context, run_id: str) -> Summary:
    """Close a run, or return how it was closed before."""
    if known := ctx.ledger.summary(run_id):
        return known
    run = ctx.ledger.run(run_id)
    findings = _findings(ctx, run)
    outcomes = day_outcomes(run, findings)
    if not run.dry_run:
        _cover(ctx, run, findings, outcomes)
        findings = _with_status(ctx, run, findings, outcomes)
    summary = summarize(run, findings, ctx.now())
    ctx.ledger.close(summary)
    ctx.ledger.emit(run_id, "finished", state=summary.state)
    if not run.dry_run:
        _send_card(ctx, summary)
    return summary


def _findings(ctx: Context, run: Run) -> Findings:
    fetches = {
        account.id: found.outcome for account in run.accounts if (found := ctx.staging.fetched(run.run_id, account.id))
    }
    never = LoadOutcome(trouble=_not_done("load"))
    return Findings(
        fetches=fetches,
        load=ctx.ledger.outcome(run.run_id, "load", LoadOutcome) or never,
        verify=ctx.ledger.outcome(run.run_id, "verify", VerifyOutcome) or VerifyOutcome(),
        views=ctx.ledger.outcome(run.run_id, "views", ViewsOutcome) or ViewsOutcome(),
    )


def _not_done(step: str) -> Trouble:
    return Trouble(reason="interrupted", message=f"the {step} never ended", what_to_do=LaikeError.advice)


def _cover(ctx: Context, run: Run, findings: Findings, outcomes: dict[AccountDay, DayOutcome]) -> None:
    """Remember what was loaded and agrees; a day that is not good stays as it was known before."""
    if not findings.verify.agreements:
        return
    sums = gather(ctx, run).checksums()
    ctx.ledger.cover(
        {
            at: Coverage(outcome.rows, str(outcome.cost), sums[at], findings.fetches[at.account_id].as_of)
            for at, outcome in outcomes.items()
            if outcome.state.good and at in sums
        }
    )


def _with_status(ctx: Context, run: Run, findings: Findings, outcomes: dict[AccountDay, DayOutcome]) -> Findings:
    """Write the status table; that it could not be written is a warning of the run."""
    as_of = {account_id: fetch.as_of for account_id, fetch in findings.fetches.items()}
    try:
        write_status(ctx, run, outcomes, as_of)
    except LaikeError as error:
        log.warning("status_failed", run=run.run_id, error=error.message)
        warning = f"同步状态表未更新: {error.what_to_do}"
        load = replace(findings.load, warnings=(*findings.load.warnings, warning))
        return replace(findings, load=load)
    return findings


def _send_card(ctx: Context, summary: Summary) -> None:
    """Tell the group; a card that cannot be sent never fails a run."""
    bot = ctx.bot()
    if not bot:
        return
    ctx.pause(seconds_to_wait(ctx.now()))
    try:
        bot.send(run_card(summary), ctx.now())
    except LaikeError as error:
        log.warning("card_failed", run=summary.run_id, error=error.message)
