"""Authorize in the browser: how the authorization stands, begin one, and take what the service answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import structlog

from pipeline.context import Context
from pipeline.core.causes import CAUSES
from pipeline.core.errors import BadResponse, LaikeError, NeedsPerson, Retryable, Trouble, WrongInput
from pipeline.core.model import TokenPair
from pipeline.core.overview.authorization import Authorized, Invitation, Loading, Standing, changed
from pipeline.core.token import Answer, TokenStep, authorize_link, callback
from pipeline.state.console.authorizations import Authorizations
from pipeline.steps.accounts.discovery import reached
from pipeline.steps.accounts.roster import current_accounts, remembered_accounts
from pipeline.steps.overview.runs import pages, state_of

USED_UP = "授权链接已用过，或已超过 10 分钟，本次没有生效，请重新开始。"
FOREIGN = "这次授权不是您本次登录时开始的，没有生效，请重新开始。"
NO_ANSWER = "巨量引擎没有回应，本次授权没有完成。请稍后重新授权。"
RUNS_AT_ONCE, RUNS_SHOWN = 3, 20  # a plan of 1,000 accounts takes milliseconds to read
PAIRS = (TokenStep.REFRESHED, TokenStep.BROUGHT)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who authorizes: the digest of the session, the person's name, and whether another session has ended."""

    session: str
    person: str
    ended: Callable[[str], bool]


def standing(ctx: Context) -> Standing:
    """How the authorization stands; no call is made."""
    pair, trouble = _pair(ctx)
    listed = remembered_accounts(ctx)
    came = (one.at for one in ctx.tokens.journal.history() if one.step in PAIRS)
    registered = callback_of(ctx)
    return Standing(
        until=pair.refresh_expires_at if pair else None,
        accounts=len(listed.names) if listed else None,
        refreshed_at=next(came, None),
        trouble=_why(ctx, trouble) if trouble else None,
        callback=registered,
        ours=registered is not None and registered == callback(None, ctx.settings.console_url),
        last=Authorizations(ctx.client).last(),
    )


def _pair(ctx: Context) -> tuple[TokenPair | None, NeedsPerson | None]:
    """The pair, if there is one that can be read, and why a person must authorize again."""
    try:
        return ctx.tokens.pair(), ctx.tokens.trouble()
    except NeedsPerson as error:
        return None, error


def _why(ctx: Context, trouble: NeedsPerson) -> str:
    """What is wrong, without the sentence that leads to the page."""
    said = trouble.what_to_do.removesuffix(ctx.tokens.entrance.cure).rstrip("；")
    return said or CAUSES[trouble.reason].words


def begin(ctx: Context, visitor: Visitor) -> str:
    """The link to the service's page, good for ten minutes and one authorization in this session."""
    invitation = Invitation(session=visitor.session, person=visitor.person, at=ctx.now())
    return service_link(ctx, Authorizations(ctx.client).begin(invitation))


def service_link(ctx: Context, state: str) -> str:
    """The service's page with a state."""
    settings = ctx.settings
    return authorize_link(settings.oceanengine_authorize_url, settings.oceanengine_app_id, callback_of(ctx), state)


def callback_of(ctx: Context) -> str | None:
    """The address that the service sends the browser back to; `None`: neither it nor the console's is set."""
    return callback(ctx.settings.oceanengine_redirect_uri, ctx.settings.console_url)


def complete(ctx: Context, answer: Answer, visitor: Visitor) -> Authorized:
    """Exchange the code for a pair, store it, list the accounts anew, and remember what changed.

    A code that was pasted without its address has no state: only its own life of ten minutes bounds it.

    Raises:
        WrongInput: The state is used up, too old, or of another session; nothing was exchanged.
        NeedsPerson: The service refuses the code or the app.
        Retryable, BadResponse: It did not answer; the code may be used up.
    """
    if answer.state is not None:
        _take(ctx, answer.state, visitor)
    first, before = ctx.tokens.brought() is None, remembered_accounts(ctx)
    ctx.tokens.store(ctx.oauth.exchange(answer.code, ctx.now()))
    kept = Authorizations(ctx.client)
    kept.accept(visitor.session)
    authorized = replace(_compared(ctx, before.names if before else {}, visitor.person), first=first)
    kept.keep(authorized)
    log.info("authorized", arrived=len(authorized.arrived), missing=len(authorized.missing))
    return authorized


def refuse(ctx: Context, error: LaikeError, visitor: Visitor) -> None:
    """Remember for the visitor why an authorization failed: the page says it, whose address holds no code."""
    trouble = error.trouble()
    if isinstance(error, Retryable | BadResponse):  # the code may be used up: nothing repeats this by itself
        trouble = replace(trouble, what_to_do=NO_ANSWER)
    log.warning("not_authorized", reason=trouble.reason, error=trouble.message)
    Authorizations(ctx.client).refuse(visitor.session, trouble)


def refusal(ctx: Context, visitor: Visitor) -> Trouble | None:
    """Why the visitor's last authorization failed."""
    return Authorizations(ctx.client).refusal(visitor.session)


def sent(ctx: Context, authorized: Authorized, task: str | None) -> None:
    """Remember the task that loads what is owed."""
    Authorizations(ctx.client).keep(replace(authorized, task=task))


def runs_since(ctx: Context, authorized: Authorized) -> list[Loading]:
    """The runs that load what was owed, the oldest first: those under way, and those begun since."""
    found = {run.run_id: (run, end) for run, end in ctx.ledger.overview(ctx.ledger.open_runs())}
    for page in pages(ctx.ledger.newest, RUNS_AT_ONCE):
        runs = ctx.ledger.overview(page)
        found |= {run.run_id: (run, end) for run, end in runs if run.started_at >= authorized.at}
        if any(run.started_at < authorized.at for run, _ in runs) or len(found) >= RUNS_SHOWN:
            break
    seen = sorted(found.values(), key=lambda one: one[0].started_at)
    return [Loading(run, state_of(ctx, run, end), end.trouble if end else None) for run, end in seen if not run.dry_run]


def _take(ctx: Context, state: str, visitor: Visitor) -> None:
    begun = Authorizations(ctx.client).take(state)
    if begun is None:
        raise WrongInput("this state is used up, too old, or not ours; nothing was exchanged", what_to_do=USED_UP)
    if not begun.fits(visitor.session, visitor.person, ended=visitor.ended(begun.session)):
        raise WrongInput("another session began this authorization; nothing was exchanged", what_to_do=FOREIGN)


def _compared(ctx: Context, before: Mapping[str, str], person: str) -> Authorized:
    """What the new authorization reaches, against before; a pair that is stored is never lost to an error here."""
    now = ctx.now()
    try:
        listed = current_accounts(ctx, anew=True)
        if ctx.settings.accounts:  # these are synced whatever was ticked
            return Authorized(at=now, person=person, accounts=len(listed.names), missing=_unticked(ctx, listed.names))
    except LaikeError as error:
        return Authorized(at=now, person=person, accounts=None, trouble=error.trouble())
    if listed.trouble:
        return Authorized(at=now, person=person, accounts=None, trouble=listed.trouble)
    arrived, missing = changed(before, listed.names)
    return Authorized(at=now, person=person, accounts=len(listed.names), arrived=arrived, missing=missing)


def _unticked(ctx: Context, names: Mapping[str, str]) -> tuple[str, ...]:
    """Accounts of the settings that the token does not reach; none where the app may not list accounts."""
    try:
        there = reached(ctx, None).names
    except LaikeError as error:
        log.warning("not_compared", error=error.message)
        return tuple(names.values()) if isinstance(error, NeedsPerson) and error.code is None else ()
    return changed(names, there)[1]
