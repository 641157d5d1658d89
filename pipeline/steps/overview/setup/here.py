"""Read how far the set-up is: what is set and what is remembered. No service is called."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from cryptography.fernet import Fernet

from pipeline.composition import build
from pipeline.context import Context
from pipeline.core.accounts.account_options import disabled
from pipeline.core.errors import NeedsAuthorization, NeedsPerson, WrongInput
from pipeline.core.outcome import Run, RunState, Summary
from pipeline.core.overview.setup.model import Choice, Facts, LastRun
from pipeline.core.overview.setup.problems import Problem, problems_of
from pipeline.core.overview.setup.words import CONSOLE_URL, FLOWER_LOGIN, HOOK, HOOK_SECRET, OPTIONAL
from pipeline.core.token import callback
from pipeline.settings import Settings
from pipeline.settings_sources import unset
from pipeline.state.store import ours
from pipeline.steps.accounts.roster import every_remembered
from pipeline.steps.on_demand.init import KEYS, settings_so_far
from pipeline.steps.runs.alive import state_without_end

RUNS_LOOKED_AT = 5  # a set-up is done once one of the last runs was a success


@dataclass(frozen=True, slots=True)
class Here:
    """What there is to set up with."""

    ctx: Context | None  # with stand-ins for what is not set; `None`: what is set cannot be used
    problems: tuple[Problem, ...]

    @property
    def complete(self) -> bool:
        """Whether no setting is missing or wrong."""
        return not self.problems


def here(complete: Callable[[], Context]) -> Here:
    """The context on all settings, or on those that are there.

    Args:
        complete: Makes it of all; raises `WrongInput` with a line for each problem.
    """
    try:
        return Here(complete(), ())
    except WrongInput as error:
        problems = problems_of(error.message)
    try:
        # a key for this visit alone: what it encrypts is asked for anew by whoever has the real one
        return Here(build(settings_so_far({KEYS: Fernet.generate_key().decode()})), problems)
    except WrongInput:
        return Here(None, problems)


def facts_of(at: Here) -> Facts:
    """What is set and remembered.

    Raises:
        StoreUnreachable: Redis does not answer.
    """
    if at.ctx is None:
        return Facts(problems=at.problems, unset=tuple(unset(OPTIONAL)))
    facts = _of_settings(at.ctx.settings, at.problems)
    if not at.complete:
        return facts
    with ours(at.ctx.settings.redis_address):
        return _with_remembered(at.ctx, facts)


def _of_settings(settings: Settings, problems: tuple[Problem, ...]) -> Facts:
    back = callback(settings.oceanengine_redirect_uri, settings.console_url)
    no_hook = settings.feishu_webhook_url is None
    lacking = {
        CONSOLE_URL: not back,
        HOOK: no_hook,
        HOOK_SECRET: no_hook and settings.feishu_webhook_secret is None,
        FLOWER_LOGIN: settings.flower_login is None,
    }
    return Facts(
        problems=problems,
        testable=True,
        unset=tuple(name for name in OPTIONAL if lacking[name]),
        callback=back or "",
    )


def _with_remembered(ctx: Context, facts: Facts) -> Facts:
    token, trouble = _token(ctx)
    accounts = choices(ctx)
    last, succeeded = _runs(ctx)
    return replace(
        facts,
        table_known=bool(ctx.at_table(ctx.chain.newest.table_id).table_facts.field_ids()),
        token=token,
        token_trouble=trouble,
        accounts=None if accounts is None else sum(one.enabled for one in accounts),
        disabled=sum(not one.enabled for one in accounts or ()),
        last=last,
        succeeded=succeeded,
    )


def choices(ctx: Context) -> list[Choice] | None:
    """The accounts that are known, and whether each is synced; `None`: none are known yet. No call is made."""
    names, off = every_remembered(ctx), disabled(ctx.settings.account_options)
    if names is None:
        return None
    return [Choice(account_id, name, account_id not in off) for account_id, name in names.items()]


def _token(ctx: Context) -> tuple[bool, str]:
    """Whether there is a token, and in Chinese why a person must authorize again."""
    try:
        trouble = ctx.tokens.trouble()
    except NeedsPerson as error:
        never = isinstance(error, NeedsAuthorization) and not ctx.tokens.vault.readable()
        return False, "" if never else error.what_to_do
    return True, trouble.what_to_do if trouble else ""


def _runs(ctx: Context) -> tuple[LastRun | None, bool]:
    """The newest run, and whether one of the newest was a success; dry runs do not count."""
    newest: LastRun | None = None
    for run_id in ctx.ledger.newest(RUNS_LOOKED_AT):  # one by one: that of 1,000 accounts takes 8 ms
        for run, end in ctx.ledger.overview([run_id]):
            if run.dry_run:
                continue
            newest = newest or _last(ctx, run, end)
            if end and end.state == RunState.SUCCESS:
                return newest, True
    return newest, False


def _last(ctx: Context, run: Run, end: Summary | None) -> LastRun:
    if end is None:
        return LastRun(run.run_id, state_without_end(ctx, run))
    troubles = [end.trouble, *(account.trouble for account in end.accounts)]
    return LastRun(run.run_id, end.state, next((one.what_to_do for one in troubles if one), ""))
