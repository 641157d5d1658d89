"""Discover the accounts that the token reaches: those ticked when authorizing, and the accounts under them.

A listing that fails makes the discovery fail, so that half a list never looks like vanished accounts. One exception: a
first refusal of an organisation's or agent's listing is reported and skipped, since an app may lack that permission.
"""

from collections.abc import Callable, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import chain

import structlog

from pipeline.clients.oceanengine.accounts import (
    ADVERTISER,
    AGENT_TYPES,
    CHILD_AGENT_TYPES,
    EBP_TYPES,
    GROUP_TYPES,
    LIFE_TYPES,
    LOCAL,
    LOCAL_AGENT,
    WORKBENCH_TYPES,
    Authorized,
    accounts_of_agent,
    accounts_of_ebp,
    accounts_of_life,
    accounts_of_workbench,
    authorized,
    child_agents,
    names_of,
)
from pipeline.clients.oceanengine.api import OceanEngine
from pipeline.context import Context
from pipeline.core.accounts.account_options import disabled
from pipeline.core.accounts.roster import AGENT, EBP, GROUP, LIFE, WORKBENCH, Found, Roster, Skipped, Why, news, roster
from pipeline.core.errors import AccountUnavailable, LaikeError, NeedsPerson

LISTINGS_AT_ONCE = 8
NOT_GRANTED = 40118  # the app has no permission for an interface
TICK_ALL = "授权范围内没有可用的本地推账户（新的授权会覆盖原先的勾选）：请重新授权并勾选全部账户。"

log = structlog.get_logger()

# accounts by place: the ticked account, or `agent/second-level agent`
Places = Mapping[str, Sequence[Found]]


@dataclass(frozen=True, slots=True)
class _Listed:
    """The accounts under one ticked account, or why there are none."""

    parent: Authorized
    places: Places = field(default_factory=dict)
    skipped: Why | None = None
    refusal: LaikeError | None = None

    @property
    def found(self) -> list[Found]:
        """The accounts."""
        return [one for found in self.places.values() for one in found]


@dataclass(frozen=True, slots=True)
class _Way:
    """How to list the accounts under a type of account, and whether a first refusal is only skipped."""

    listing: Callable[[OceanEngine, Authorized, Set[str]], Places]
    may_be_refused: bool = False


class _NotLocal(Exception):
    """An agent has no 本地推 accounts."""


def discover(ctx: Context, last: Roster | None) -> Roster:
    """Discover and remember the accounts that the token reaches; `NeedsPerson` if it reaches none."""
    new = reached(ctx, last)
    off = disabled(ctx.settings.account_options)
    ctx.rosters.keep(new, news(last.without(off) if last else None, new.without(off)))
    log.info("discovered", accounts=len(new.members), skipped=len(new.skipped))
    return new


def reached(ctx: Context, last: Roster | None) -> Roster:
    """List the accounts that the token reaches, and remember nothing; `NeedsPerson` if it reaches none."""
    api, found_before = ctx.oceanengine(None), frozenset(last.parents if last else ())
    ticked = [one for one in authorized(api) if one.type != ADVERTISER]
    valid = [one for one in ticked if one.type in WAYS and one.valid]
    with ThreadPoolExecutor(max_workers=LISTINGS_AT_ONCE) as pool:
        listed = list(pool.map(lambda one: _under(api, one, found_before), valid))
    found = [account for one in listed for account in one.found]
    if not found:
        raise _nothing(listed, ticked)
    skipped = [Skipped(one.id, one.name, why) for one in ticked if (why := _skipped(one))]
    skipped += [Skipped(one.parent.id, one.parent.name, one.skipped) for one in listed if one.skipped]
    parents = [place for one in listed for place, there in one.places.items() if there]
    new = roster(_named(api, found, last), skipped, ctx.rosters.names(), ctx.now(), parents)
    return replace(new, brought=ctx.tokens.brought() or 0)


def _skipped(ticked: Authorized) -> Why | None:
    if ticked.type not in WAYS:
        return Why.OTHER
    return None if ticked.valid else Why.INVALID


def _nothing(listed: Sequence[_Listed], ticked: Sequence[Authorized]) -> NeedsPerson:
    """Why no account is reached; a refusal, if any, tells more than an empty list."""
    invalid = sum(_skipped(one) == Why.INVALID for one in ticked)
    msg = f"the token reaches no 本地推 account ({len(ticked)} ticked, {len(listed)} listed, {invalid} invalid)"
    refusal = next((one.refusal for one in listed if one.refusal), None)
    if refusal is None:
        return NeedsPerson(msg, what_to_do=TICK_ALL)
    says = refusal if isinstance(refusal, NeedsPerson) else None
    return NeedsPerson(
        f"{msg}: {refusal.message}",
        what_to_do=says.what_to_do if says else TICK_ALL,
        for_maintainer=says.for_maintainer if says else None,
        code=refusal.code,
        request_id=refusal.request_id,
    )


def _under(api: OceanEngine, parent: Authorized, found_before: Set[str]) -> _Listed:
    """The accounts under one that was ticked.

    Args:
        found_before: Places that had accounts before: there a refusal is an error, and an empty list must be stated.
    """
    way = WAYS[parent.type]
    try:
        return _Listed(parent, way.listing(api, parent, found_before))
    except _NotLocal:
        return _Listed(parent, skipped=Why.NOT_LOCAL)
    except (AccountUnavailable, NeedsPerson) as error:
        refused = isinstance(error, AccountUnavailable) or error.code == NOT_GRANTED
        if not (way.may_be_refused and refused) or parent.id in {place.partition("/")[0] for place in found_before}:
            raise
        log.warning("listing_refused", parent=parent.id, type=parent.type, error=error.message)
        return _Listed(parent, skipped=Why.REFUSED, refusal=error)


def _of_life(api: OceanEngine, parent: Authorized, found_before: Set[str]) -> Places:
    ids = accounts_of_life(api, parent.id, stated=parent.id in found_before)
    return {parent.id: [Found(account_id, "", LIFE) for account_id in ids]}


def _of_workbench(api: OceanEngine, parent: Authorized, found_before: Set[str]) -> Places:
    found = accounts_of_workbench(api, parent.id, stated=parent.id in found_before)
    return {parent.id: [Found(account_id, name, WORKBENCH) for account_id, name in found.items()]}


def _of_ebp(api: OceanEngine, parent: Authorized, found_before: Set[str]) -> Places:
    way = GROUP if parent.type in GROUP_TYPES else EBP
    found = accounts_of_ebp(api, parent.id, stated=parent.id in found_before)
    return {parent.id: [Found(account_id, name, way) for account_id, name in found.items()]}


def _of_agent(api: OceanEngine, parent: Authorized, found_before: Set[str]) -> Places:
    """The accounts of an agent and of its second-level agents.

    Asks for the names here, so that one refusal covers all permissions that an app may lack for an agent.

    Raises:
        _NotLocal: They are of another kind.
    """
    below = f"{parent.id}/"
    agents = {parent.id: parent.id}
    if parent.type in AGENT_TYPES:
        had_some = any(place.startswith(below) for place in found_before)
        agents |= {f"{below}{child}": child for child in child_agents(api, parent.id, stated=had_some)}
    lists = {place: accounts_of_agent(api, agent, stated=place in found_before) for place, agent in agents.items()}
    local = (LOCAL, "") if parent.type == LOCAL_AGENT else (LOCAL,)
    ours = {place: one.ids for place, one in lists.items() if one.source in local}
    if not any(ours.values()) and any(one.ids for one in lists.values()):
        raise _NotLocal
    names = names_of(api, list(dict.fromkeys(chain.from_iterable(ours.values()))))
    return {place: [Found(one, names.get(one, ""), AGENT) for one in ids] for place, ids in ours.items()}


WAYS: Mapping[str, _Way] = {
    **dict.fromkeys(LIFE_TYPES, _Way(_of_life)),
    **dict.fromkeys(WORKBENCH_TYPES, _Way(_of_workbench)),
    **dict.fromkeys((*EBP_TYPES, *GROUP_TYPES), _Way(_of_ebp, may_be_refused=True)),
    **dict.fromkeys((*AGENT_TYPES, *CHILD_AGENT_TYPES), _Way(_of_agent, may_be_refused=True)),
}


def _named(api: OceanEngine, found: Sequence[Found], last: Roster | None) -> list[Found]:
    """Name the nameless: as another way names them, else by the public name, the last name, or the id."""
    names = {one.id: one.name for one in found if one.name}
    nameless = list(dict.fromkeys(one.id for one in found if one.id not in names))
    before = {one.id: one.called for one in last.members} if last else {}
    names |= {account_id: before.get(account_id, account_id) for account_id in nameless} | names_of(api, nameless)
    return [Found(one.id, names[one.id], one.way) for one in found]
