"""Grant and take away: endpoints that the two apps may call, and the right on a base."""

from collections.abc import Callable
from typing import Any

from emulator.feishu.bitable.model import Base
from emulator.world.routes import DENIABLE
from emulator.world.world import World

DOCUMENT_RIGHTS = ("none", "view", "edit", "full_access")
OF_A_BASE = ("document", "advanced")


def change(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """`{"denied"?, "document"?, "advanced"?, "feishu_app_in_use"?, "app_token"?}`: others keep theirs.

    `denied`: endpoints that the apps may not call; it replaces the former list. `document`: the right on the base
    (none, view, edit, full_access). `advanced`: whether advanced permissions are on; a search without full_access then
    finds nothing. `app_token`: the base that these two are about, else the first one; only they go with it.
    """
    wanted = {name: value for name, value in body.items() if name != "app_token"}
    base = _base(world, body)
    for name, value in wanted.items():
        if name not in ACCEPTED or not ACCEPTED[name](value):
            raise ValueError(f"permission {name!r} does not take {value!r}; {WORDS}")
    if "app_token" in body and not wanted.keys() <= set(OF_A_BASE):
        raise ValueError(f"only {' and '.join(OF_A_BASE)} are about a base")
    for name, value in wanted.items():
        setattr(base if name in OF_A_BASE else world.permissions, name, value)
    return {"permissions": shown(world, base)}


def shown(world: World, base: Base) -> dict[str, Any]:
    """What the apps may do, with the right on this base."""
    return {
        "denied": world.permissions.denied,
        **of_base(base),
        "feishu_app_in_use": world.permissions.feishu_app_in_use,
    }


def of_base(base: Base) -> dict[str, Any]:
    """The right on a base."""
    return {name: getattr(base, name) for name in OF_A_BASE}


def _base(world: World, body: dict[str, Any]) -> Base:
    if "app_token" not in body:
        return world.feishu.base
    if body["app_token"] not in world.feishu.bases:
        raise ValueError(f"no base {body['app_token']!r}; there are {', '.join(world.feishu.bases)}")
    return world.feishu.bases[body["app_token"]]


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


ACCEPTED: dict[str, Callable[[object], bool]] = {
    "denied": lambda value: isinstance(value, list) and all(name in DENIABLE for name in value),
    "document": lambda value: value in DOCUMENT_RIGHTS,
    "advanced": _is_flag,
    "feishu_app_in_use": _is_flag,
}
WORDS = (
    f"denied: a list of {', '.join(sorted(DENIABLE))}; document: {', '.join(DOCUMENT_RIGHTS)}; "
    "advanced and feishu_app_in_use: true or false"
)
