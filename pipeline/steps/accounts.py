"""Which accounts there are: those of the settings, else those that the token reaches, asked for once a day."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

import structlog

from pipeline.clients.oceanengine.accounts import (
    LIFE_TYPES,
    WORKBENCH_TYPES,
    Authorized,
    accounts_of_life,
    accounts_of_workbench,
    authorized,
    names_of,
)
from pipeline.clients.oceanengine.api import OceanEngine
from pipeline.clients.oceanengine.reports import account_totals
from pipeline.context import Context
from pipeline.core.errors import LaikeError, NeedsPerson, Trouble
from pipeline.core.model import ZERO
from pipeline.core.plan import told_apart, window
from pipeline.core.roster import LIFE, SETTINGS, WORKBENCH, Found, Roster, Skipped, news, roster

# less than a day, so that a roster of yesterday's run is renewed before or in today's
FRESH = timedelta(hours=23)
LISTINGS_AT_ONCE = 8
REPORTS_AT_ONCE = 16  # threads that wait for answers; the shared limiter sets the pace
ACTIVE_DAYS = 30
TICK_ALL = "授权范围内没有可用的本地推账户: 新的授权会覆盖原先的勾选, 请重新授权并勾选全部账户。"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Known:
    """The accounts to act on: the name that is written by id; `trouble`: why the list is an older one."""

    names: Mapping[str, str]
    trouble: Trouble | None = None


class Activity(StrEnum):
    """Whether an account is in use."""

    ACTIVE = "active"  # cost in the last 30 days
    IDLE = "idle"
    UNAVAILABLE = "unavailable"
    PARKED = "parked"  # unavailable for so long that nobody waits for it


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountState:
    """One account as it is now; `cost` in 元 over the last 30 days."""

    id: str
    name: str
    ways: tuple[str, ...]
    activity: Activity
    cost: Decimal
    last_covered: date | None
    trouble: Trouble | None = None


def known_accounts(ctx: Context, *, anew: bool = False) -> Known:
    """The accounts of the settings, without a call; else the roster, discovered anew where it is a day old.

    A roster that cannot be renewed is used on; the trouble says why.

    Args:
        anew: Discover however young the roster is.

    Raises:
        NeedsPerson: There is no roster yet, and the token is dead or reaches no account.
        Retryable: There is no roster yet, and the service is away.
    """
    if chosen := ctx.settings.accounts:
        ctx.rosters.learn_names(told_apart(chosen))
        return Known(chosen)
    last = ctx.rosters.last()
    if (
        last
        and not anew
        and timedelta(0) <= ctx.now() - last.at < FRESH
        and ctx.tokens.brought() in (None, last.brought)
    ):
        return Known(last.names)
    try:
        return Known(_discover(ctx, last).names)
    except LaikeError as error:
        if last is None:
            raise
        log.warning("discovery_failed", error=error.message, roster_of=last.at.isoformat())
        return Known(last.names, error.trouble())


def remembered_accounts(ctx: Context) -> Known | None:
    """The accounts as far as they are known without a call."""
    if ctx.settings.accounts:
        return Known(ctx.settings.accounts)
    last = ctx.rosters.last()
    return Known(last.names) if last else None


def account_count(ctx: Context) -> int:
    """How many accounts there are as far as is known without a call; at least one."""
    last = ctx.rosters.last()
    return len(ctx.settings.accounts) or (len(last.members) if last else 0) or 1


def states(ctx: Context, names: Mapping[str, str], tell: Callable[[int], None]) -> list[AccountState]:
    """Each account with its cost of the last 30 days and its last covered day; one call an account.

    Args:
        tell: Is told how many accounts are done.
    """
    api = ctx.oceanengine(None)
    last = None if ctx.settings.accounts else ctx.rosters.last()
    ways, parked = {one.id: one.ways for one in last.members} if last else {}, ctx.days.parked(ctx.now())
    with ThreadPoolExecutor(max_workers=REPORTS_AT_ONCE) as pool:
        asked = {
            number: pool.submit(_state, ctx, api, number, name, ways.get(number, (SETTINGS,)))
            for number, name in names.items()
        }
        for done, _ in enumerate(as_completed(asked.values()), start=1):
            tell(done)
    found = [asked[number].result() for number in names]
    return [replace(one, activity=Activity.PARKED) if one.trouble and one.id in parked else one for one in found]


def _state(ctx: Context, api: OceanEngine, number: str, name: str, ways: tuple[str, ...]) -> AccountState:
    trouble, cost = None, ZERO
    try:
        days = account_totals(api, number, window(ctx.now(), ACTIVE_DAYS)).values()
        cost = sum((day.cost for day in days), ZERO)
        activity = Activity.ACTIVE if cost else Activity.IDLE
    except LaikeError as error:
        activity, trouble = Activity.UNAVAILABLE, error.trouble()
    return AccountState(
        id=number,
        name=name,
        ways=ways,
        activity=activity,
        cost=cost,
        last_covered=max(ctx.coverage.days([number])[number], default=None),
        trouble=trouble,
    )


def _discover(ctx: Context, last: Roster | None) -> Roster:
    """Ask for every account that the token reaches, and remember them.

    Raises:
        NeedsPerson: There is none.
        LaikeError: As the service says.
    """
    api = ctx.oceanengine(None)
    ticked = [one for one in authorized(api) if one.type in (*LIFE_TYPES, *WORKBENCH_TYPES)]
    valid = [one for one in ticked if one.valid]
    skipped = [Skipped(one.id, one.name) for one in ticked if not one.valid]
    with ThreadPoolExecutor(max_workers=LISTINGS_AT_ONCE) as pool:
        found = [one for listed in pool.map(lambda one: _under(api, one), valid) for one in listed]
    if not found:
        msg = f"the token reaches no 本地推 account ({len(valid)} 来客 or 工作台 authorized, {len(skipped)} invalid)"
        raise NeedsPerson(msg, what_to_do=TICK_ALL)
    new = roster(_named(api, found), skipped, ctx.rosters.names(), ctx.now())
    new = replace(new, brought=ctx.tokens.brought() or 0)
    ctx.rosters.keep(new, news(last, new))
    log.info("discovered", accounts=len(new.members), skipped=len(skipped))
    return new


def _under(api: OceanEngine, parent: Authorized) -> list[Found]:
    if parent.type in LIFE_TYPES:
        return [Found(number, "", LIFE) for number in accounts_of_life(api, parent.id)]
    return [Found(number, name, WORKBENCH) for number, name in accounts_of_workbench(api, parent.id).items()]


def _named(api: OceanEngine, found: Sequence[Found]) -> list[Found]:
    """Those without a name get the one that another way told, else the public one."""
    names = {one.id: one.name for one in found if one.name}
    nameless = list(dict.fromkeys(one.id for one in found if one.id not in names))
    names |= names_of(api, nameless)
    return [Found(one.id, names[one.id], one.way) for one in found]
