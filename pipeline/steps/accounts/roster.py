"""The accounts: those of the settings, else those that the token reaches, discovered once a day."""

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

import structlog

from pipeline.clients.oceanengine.api import OceanEngine
from pipeline.clients.oceanengine.reports import account_totals
from pipeline.context import Context
from pipeline.core.accounts.account_options import disabled, unknown
from pipeline.core.accounts.roster import SETTINGS
from pipeline.core.errors import LaikeError, NeedsPerson, Trouble, WrongInput
from pipeline.core.model import ZERO, Account
from pipeline.core.naming import ids_of
from pipeline.core.runs.plan import choose_accounts, told_apart, window
from pipeline.steps.accounts.discovery import discover

# less than a day, so that yesterday's roster is renewed in today's run at the latest
FRESH = timedelta(hours=23)
REPORTS_AT_ONCE = 16  # threads; the shared limiter sets the pace
ACTIVE_DAYS = 30
ALL_DISABLED = "laike.toml 停用了全部账户：请至少启用一个。"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts to act on: written names by id; `trouble`: why the list is an older one."""

    names: Mapping[str, str]
    trouble: Trouble | None = None


class Activity(StrEnum):
    """Whether an account is in use."""

    ACTIVE = "active"  # cost in the last 30 days
    IDLE = "idle"
    UNAVAILABLE = "unavailable"
    PARKED = "parked"  # unavailable for so long that no run waits for it


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountState:
    """The state of one account; `cost` in 元 over the last 30 days."""

    id: str
    name: str
    ways: tuple[str, ...]
    activity: Activity
    cost: Decimal
    last_covered: date | None
    trouble: Trouble | None = None


def current_accounts(ctx: Context, *, anew: bool = False) -> Accounts:
    """The accounts of the settings, without a call; else the roster, discovered anew once it is a day old.

    If the discovery fails the old roster stays in use; `trouble` says why.

    Args:
        anew: Discover, however young the roster is.

    Raises:
        NeedsPerson: There is no roster yet, and the token is dead or reaches no account; or all are disabled.
        Retryable: There is no roster yet, and the service is away.
    """
    accounts = _every_account(ctx, anew=anew)
    names = _enabled(ctx, accounts.names)
    if not names:
        msg = f"every account is disabled: [accounts.<id>] of laike.toml says so of all {len(accounts.names)}"
        raise NeedsPerson(msg, what_to_do="全部账户均已停用，请联系维护人员至少启用一个。", for_maintainer=ALL_DISABLED)
    return replace(accounts, names=names)


def _every_account(ctx: Context, *, anew: bool) -> Accounts:
    """All accounts, also disabled ones, which count for distinct names and must not look vanished."""
    if chosen := ctx.settings.accounts:
        names = told_apart(chosen)
        ctx.rosters.learn_names(names)
        return Accounts(names)
    last = ctx.rosters.last()
    fresh = last is not None and timedelta(0) <= ctx.now() - last.at < FRESH
    if last and fresh and not anew and ctx.tokens.brought() in (None, last.brought):
        return Accounts(last.names)
    try:
        return Accounts(discover(ctx, last).names)
    except LaikeError as error:
        if last is None:
            raise
        log.warning("discovery_failed", error=error.message, roster_of=last.at.isoformat())
        return Accounts(last.names, error.trouble())


def _enabled(ctx: Context, names: Mapping[str, str]) -> dict[str, str]:
    off = disabled(ctx.settings.account_options)
    return {account_id: name for account_id, name in names.items() if account_id not in off}


def remembered_accounts(ctx: Context) -> Accounts | None:
    """The accounts without a call; `None`: none are remembered."""
    names = every_remembered(ctx)
    return None if names is None else Accounts(_enabled(ctx, names))


def every_remembered(ctx: Context) -> Mapping[str, str] | None:
    """Names by id of all accounts without a call, also of disabled ones; `None`: none are remembered."""
    if chosen := ctx.settings.accounts:
        return told_apart(chosen)
    last = ctx.rosters.last()
    return last.names if last else None


def account_count(ctx: Context) -> int:
    """The number of accounts without a call; at least one."""
    remembered = remembered_accounts(ctx)
    return max(1, len(remembered.names)) if remembered else 1


def choose(ctx: Context, names: Mapping[str, str], wanted: Sequence[str]) -> tuple[Account, ...]:
    """The accounts asked for by id or name, else all; `WrongInput` if one is unknown, disabled or ambiguous."""
    off = disabled(ctx.settings.account_options)
    account_ids = ids_of(wanted, told_apart(names), _called(ctx, off)) if wanted else []
    if asked := [account_id for account_id in account_ids if account_id in off]:
        raise WrongInput(f"account {asked[0]} is disabled: laike.toml has enabled = false below [accounts.{asked[0]}]")
    return choose_accounts(names, account_ids)


def _called(ctx: Context, more: Collection[str]) -> dict[str, set[str]]:
    """Other names of each account by id, in the settings or at the service; also of disabled ones."""
    called: dict[str, set[str]] = {account_id: set() for account_id in more}
    last = None if ctx.settings.accounts else ctx.rosters.last()
    names = [(one.id, name) for one in (last.members if last else ()) for name in (one.called, one.name)]
    for account_id, name in (*ctx.settings.accounts.items(), *names):
        called.setdefault(account_id, set()).add(name)
    return called


def unused_options(ctx: Context) -> list[str]:
    """Ids of `[accounts.<id>]` that the token does not reach."""
    last = ctx.rosters.last()
    return unknown(ctx.settings.account_options, last.names) if last and not ctx.settings.accounts else []


def unknown_in_groups(ctx: Context) -> dict[str, list[str]]:
    """By the name of a further table, the ids of its accounts that the token does not reach."""
    groups = {one.name: one.accounts for one in ctx.settings.tables if one.accounts and not ctx.settings.accounts}
    last = ctx.rosters.last() if groups else None
    unknown_ids = {name: [one for one in ids if last and one not in last.names] for name, ids in groups.items()}
    return {name: ids for name, ids in unknown_ids.items() if ids}


def states(ctx: Context, names: Mapping[str, str], tell: Callable[[int], None]) -> list[AccountState]:
    """Each account with its cost of 30 days and its last covered day; `tell` takes the number done, a call each."""
    api = ctx.oceanengine(None)
    last = None if ctx.settings.accounts else ctx.rosters.last()
    ways, parked = {one.id: one.ways for one in last.members} if last else {}, ctx.absences.parked(ctx.now())
    with ThreadPoolExecutor(max_workers=REPORTS_AT_ONCE) as pool:
        asked = {
            account_id: pool.submit(_state, ctx, api, account_id, name, ways.get(account_id, (SETTINGS,)))
            for account_id, name in names.items()
        }
        for done, _ in enumerate(as_completed(asked.values()), start=1):
            tell(done)
    found = [asked[account_id].result() for account_id in names]
    return [replace(one, activity=Activity.PARKED) if one.trouble and one.id in parked else one for one in found]


def _state(ctx: Context, api: OceanEngine, account_id: str, name: str, ways: tuple[str, ...]) -> AccountState:
    trouble, cost = None, ZERO
    try:
        days = account_totals(api, account_id, window(ctx.now(), ACTIVE_DAYS)).values()
        cost = sum((day.cost for day in days), ZERO)
        activity = Activity.ACTIVE if cost else Activity.IDLE
    except LaikeError as error:
        activity, trouble = Activity.UNAVAILABLE, error.trouble()
    last = max(ctx.coverage.days([account_id])[account_id], default=None)
    return AccountState(
        id=account_id, name=name, ways=ways, activity=activity, cost=cost, last_covered=last, trouble=trouble
    )
