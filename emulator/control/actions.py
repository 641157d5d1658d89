"""What tests do to the two services, by action."""

from collections.abc import Callable
from datetime import date
from typing import Any

from emulator.control import people, permissions
from emulator.control.inspection import oauth
from emulator.feishu.bitable import bases
from emulator.feishu.bitable.model import Table
from emulator.feishu.state import Feishu
from emulator.feishu.wiki import node_of
from emulator.oceanengine import materials, selection
from emulator.oceanengine.metrics import whole
from emulator.oceanengine.source import RHYTHMS
from emulator.shared.settings import is_duration, is_span, is_zone
from emulator.shared.wire import Refusal
from emulator.world import faults, seed
from emulator.world.routes import ENDPOINTS
from emulator.world.world import Step, World

Answer = dict[str, Any]
PROBLEMS = (LookupError, TypeError, ValueError, OverflowError, Refusal)  # raised by an action that cannot be done
MOST_ADDED = 100_000  # accounts, or promotions of one
LEFT = ("access_expires_in", "refresh_expires_in")
FIGURE_KEYS = ("account_id", "promotion_id", "day", "absent", "missing_from")
REPORTS = {"promotion", "project", "material"}  # a row can be missing from these


def act(world: World, action: str, body: Any) -> Answer:  # noqa: ANN401 - any JSON, each action checks its own
    """Do a control action, or raise one of PROBLEMS that says why not."""
    if action not in ACTIONS:
        raise ValueError(f"no action {action!r}; there are {', '.join(ACTIONS)}")
    with world.lock:
        return ACTIONS[action](world, body)


def act_scripted(world: World, step: Step) -> None:
    """Do a step of a script. `GET state` shows its error; the caller of the endpoint never sees it."""
    try:
        act(world, step.action, step.body)
    except PROBLEMS as problem:
        world.script_errors.append(f"{step.action} before {step.endpoint}: {words(problem)}")


def words(problem: Exception) -> str:
    """The error of an action, as a sentence."""
    return f"missing or unknown {problem}" if isinstance(problem, LookupError) else str(problem)


def _reset(world: World, _body: Any) -> Answer:  # noqa: ANN401
    world.reset()
    return {}


def _faults(world: World, body: Any) -> Answer:  # noqa: ANN401
    """Add one fault or a list of them."""
    given = body if isinstance(body, list) else [body]
    added = [faults.parse(fault, ENDPOINTS) for fault in given]
    world.faults.faults.extend(added)
    return {"faults": len(world.faults.faults)}


def _clear_faults(world: World, _body: Any) -> Answer:  # noqa: ANN401
    world.faults.faults.clear()
    world.steps.clear()
    return {}


def _latency(world: World, body: dict[str, Any]) -> Answer:
    """Seconds by endpoint; others keep theirs."""
    for name, seconds in body.items():
        if name not in ENDPOINTS or not is_duration(seconds):
            raise ValueError(f"latency {seconds!r} of {name!r}; endpoints are {', '.join(sorted(ENDPOINTS))}")
    world.latency |= body
    return {"latency": world.latency}


def _settings(world: World, body: dict[str, Any]) -> Answer:
    world.configure(body)
    return {"settings": world.settings.as_dict()}


def _unsure(world: World, body: dict[str, Any]) -> Answer:
    """`{"<fact>": "<alternative>"}`: choose where sources disagree; `GET unsure` lists the facts."""
    world.choose(body)
    return {"unsure": world.unsure}


def _add_base(world: World, body: dict[str, Any]) -> Answer:
    """`{"name"?, "time_zone"?}`: a person makes a base and adds the app to it, with the right to edit."""
    name, zone = body.get("name", ""), body.get("time_zone")
    if not body.keys() <= {"name", "time_zone"} or not isinstance(name, str):
        raise ValueError(f"a base has a name and a time_zone, not {body!r}")
    if zone is not None and not is_zone(zone):
        raise ValueError(f"no time zone {zone!r}")
    base = bases.add_base(world.feishu, name.strip(), zone)
    ids = {"app_token": base.app_token, "wiki_token": node_of(base), "table_id": next(iter(base.tables))}
    return {**ids, "url": bases.address_of(base)}


def _figures(world: World, body: dict[str, Any]) -> Answer:
    """`{"account_id", "promotion_id", "day", "<metric>": value …}` or `"absent": true`: correct the source.

    `"missing_from"`: the reports (`promotion`, `project`, `material`) that leave the row out from now on.
    """
    account_id, promotion_id = int(body["account_id"]), int(body["promotion_id"])
    day = date.fromisoformat(body["day"])
    if account_id not in world.oceanengine.source.accounts:
        raise ValueError(f"no account {account_id}")
    if body.get("absent") is True:
        world.oceanengine.source.withdraw(account_id, promotion_id, day)
    else:
        given = {name: value for name, value in body.items() if name not in FIGURE_KEYS}
        world.oceanengine.source.change(account_id, promotion_id, day, given)
    if "missing_from" in body:
        world.oceanengine.source.leave_out(account_id, promotion_id, day, _reports(body["missing_from"]))
    return {}


def _reports(named: list[str]) -> frozenset[str]:
    if not set(named) <= REPORTS:
        raise ValueError(f"a row can be missing from {', '.join(sorted(REPORTS))}, not from {named!r}")
    return frozenset(named)


def _roi2(world: World, body: dict[str, Any]) -> Answer:
    """`{"account_id", "stat_cost", "day"?}`: an account's spend in 全域推广, on one day or each.

    The account report has it with the setting `roi2`: `account`.
    """
    account_id, day = int(body["account_id"]), body.get("day")
    if account_id not in world.oceanengine.source.accounts:
        raise ValueError(f"no account {account_id}")
    place = account_id, date.fromisoformat(day) if day else None
    world.oceanengine.source.roi2[place] = whole("stat_cost", body["stat_cost"])
    return {}


def _add_accounts(world: World, body: dict[str, Any]) -> Answer:
    """`{"count"?, "name"?, "promotions"?, "rhythm"?}`: add accounts."""
    rhythm = body.get("rhythm", "daily")
    if rhythm not in RHYTHMS:
        raise ValueError(f"rhythm {rhythm!r}; there are {', '.join(RHYTHMS)}")
    first = seed.next_place(world.oceanengine.source.accounts)
    added = [
        seed.make_account(
            place, body.get("name", f"门店{place + 1}"), _amount(body, "promotions", 3), rhythm, world.names
        )
        for place in range(first, first + _amount(body, "count", 1))
    ]
    world.oceanengine.source.accounts |= {account.account_id: account for account in added}
    return {"accounts": {str(account.account_id): account.name for account in added}}


def _amount(body: dict[str, Any], name: str, usual: int) -> int:
    amount = int(body.get(name, usual))
    if not 0 <= amount <= MOST_ADDED:
        raise ValueError(f"{name} is 0 to {MOST_ADDED}")
    return amount


def _rename_account(world: World, body: dict[str, Any]) -> Answer:
    """`{"account_id", "name"}`."""
    world.oceanengine.source.accounts[int(body["account_id"])].name = str(body["name"])
    return {}


def _remove_account(world: World, body: dict[str, Any]) -> Answer:
    """`{"account_id"}`: take the account away; its reports answer 40002."""
    del world.oceanengine.source.accounts[int(body["account_id"])]
    return {}


def _rename(world: World, body: dict[str, Any]) -> Answer:
    """`{"account_id", "promotion_id" | "project_id" | "material_id", "name"}`: as an account calls it from now on."""
    source, name = world.oceanengine.source, str(body["name"])
    account = source.accounts[int(body["account_id"])]
    if "material_id" in body:
        materials.rename(account, int(body["material_id"]), name)
    elif "promotion_id" in body:
        source.rename(account.account_id, int(body["promotion_id"]), name)
    else:
        source.rename_project(account.account_id, int(body["project_id"]), name)
    return {}


def _oauth(world: World, body: dict[str, Any]) -> Answer:
    """`{"access_expires_in"?, "refresh_expires_in"?}`: seconds that the current pair has left; below zero: expired."""
    if not body.keys() <= set(LEFT) or not all(is_span(seconds) for seconds in body.values()):
        raise ValueError(f"oauth takes {' and '.join(LEFT)} in seconds, not {body!r}")
    world.oceanengine.oauth.set_left(*(body.get(name) for name in LEFT))
    return {"oauth": oauth(world)}


def _kill_refresh(world: World, _body: Any) -> Answer:  # noqa: ANN401
    """Replace the pair as another program would: the product's own is dead."""
    world.oceanengine.oauth.rotate()
    return {}


def _script(world: World, body: dict[str, Any]) -> Answer:
    """`{"before": "<endpoint>", "call": n, "do": "<action>", "body": {…}}`: act right before the n-th call from now."""
    endpoint, action, call = body["before"], body["do"].removeprefix("/_control/"), body.get("call", 1)
    if endpoint not in ENDPOINTS or action not in ACTIONS or type(call) is not int or call < 1:
        raise ValueError(f"cannot do {action!r} before call {call!r} of {endpoint!r}")
    world.steps.append(Step(endpoint, call, action, body.get("body", {})))
    return {"steps": len(world.steps)}


def _in_the_table(do: Callable[[Feishu, Table, Any], Answer]) -> Callable[[World, Any], Answer]:
    return lambda world, body: do(world.feishu, people.table_of(world.feishu, body), body)


ACTIONS: dict[str, Callable[[World, Any], Answer]] = {
    "reset": _reset,
    "faults": _faults,
    "faults/clear": _clear_faults,
    "latency": _latency,
    "settings": _settings,
    "unsure": _unsure,
    "permissions": permissions.change,
    "bases/add": _add_base,
    "figures": _figures,
    "roi2": _roi2,
    "rename": _rename,
    "accounts/add": _add_accounts,
    "accounts/rename": _rename_account,
    "accounts/remove": _remove_account,
    "authorized": lambda world, body: selection.change(world.oceanengine.selection, body),
    "auth_code": lambda world, _body: {"auth_code": world.oceanengine.oauth.issue_code()},
    "oauth": _oauth,
    "rotate": _kill_refresh,
    "script": _script,
    **{name: _in_the_table(do) for name, do in people.ACTIONS.items()},
}
