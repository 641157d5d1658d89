"""The accounts that a token reaches: merge the ways to them, give lasting names, compare with the last roster."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from pipeline.core.model import china_day

SETTINGS, LIFE, WORKBENCH = "settings", "来客", "工作台"
EBP, GROUP, AGENT = "升级版工作台", "集团工作台", "代理商"
ENDING = 4  # digits of an id that tell accounts of one name apart
NAMES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Found:
    """One account in one listing."""

    id: str
    name: str
    way: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One account of a roster: `name` is written into the table, `called` is its name at the service now."""

    id: str
    name: str
    called: str
    ways: tuple[str, ...]


class Why(StrEnum):
    """Why an account that was ticked leads to no accounts."""

    INVALID = "invalid"  # the person no longer manages it
    REFUSED = "refused"  # the service lists nothing under it, and never did
    NOT_LOCAL = "not local"  # an agent without 本地推 accounts
    OTHER = "other"  # of another product or an unknown type


@dataclass(frozen=True, slots=True)
class Skipped:
    """An account that was ticked and leads to no accounts."""

    id: str
    name: str
    why: Why = Why.INVALID


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """The accounts reached at a time, by an app and an authorization (`TokenPair.brought`)."""

    at: datetime
    members: tuple[Member, ...]
    skipped: tuple[Skipped, ...] = ()
    parents: tuple[str, ...] = ()  # where accounts were found: there a later empty list must be stated clearly
    app_id: str = ""  # empty, as `brought` is 0, in a roster of an older release
    brought: int = 0

    @property
    def names(self) -> dict[str, str]:
        """The written name of each account, by id."""
        return {one.id: one.name for one in self.members}

    def without(self, account_ids: Collection[str]) -> "Roster":
        """The roster without some accounts."""
        return replace(self, members=tuple(one for one in self.members if one.id not in account_ids))


def roster(
    found: Iterable[Found],
    skipped: Iterable[Skipped],
    sticky: Mapping[str, str],
    at: datetime,
    parents: Iterable[str] = (),
) -> Roster:
    """Merge the ways to each account.

    Args:
        found: The first name of an account counts.
        sticky: Names written before, by id: they stay, whatever the service says now.
    """
    called: dict[str, str] = {}
    ways: dict[str, list[str]] = {}
    for one in found:
        called.setdefault(one.id, one.name)
        ways.setdefault(one.id, []).append(one.way)
    names = _written(called, sticky)
    members = (
        Member(id=account_id, name=names[account_id], called=name, ways=tuple(dict.fromkeys(ways[account_id])))
        for account_id, name in called.items()
    )
    return Roster(
        at=at, members=tuple(members), skipped=tuple(dict.fromkeys(skipped)), parents=tuple(dict.fromkeys(parents))
    )


def _written(called: Mapping[str, str], sticky: Mapping[str, str]) -> dict[str, str]:
    """A distinct name for each account: equal names get the end of the id, or the whole id."""
    names = {account_id: sticky[account_id] for account_id in called if account_id in sticky}
    taken = set(sticky.values())
    newcomers = [account_id for account_id in called if account_id not in sticky]
    for account_id in newcomers:
        name = called[account_id]
        shared = name in taken or sum(called[other] == name for other in newcomers) > 1
        choices = [f"{name} ({account_id[-ENDING:]})", f"{name} ({account_id})"]
        free = [choice for choice in ([] if shared else [name]) + choices if choice not in taken]
        names[account_id] = free[0] if free else account_id
        taken.add(names[account_id])
    return names


def news(old: Roster | None, new: Roster) -> list[str]:
    """What changed: a line in Chinese for each kind, with the day, so that a change is told again on another day."""
    day = f"{china_day(new.at):%m-%d}"
    if old is None:
        lines = [f"{day} 自动发现 {len(new.members)} 个账户：{_together(one.name for one in new.members)}"]
    else:
        lines = [*_arrived(day, old, new), *_vanished(day, old, new), *_renamed(day, old, new)]
    return [*lines, *_nameless(day, old, new), *_left_out(day, old, new)]


def _arrived(day: str, old: Roster, new: Roster) -> list[str]:
    arrived = [one.name for one in new.members if one.id not in old.names]
    return [f"{day} 新增 {len(arrived)} 个账户，已纳入同步：{_together(arrived)}"] if arrived else []


def _vanished(day: str, old: Roster, new: Roster) -> list[str]:
    vanished = [one.name for one in old.members if one.id not in new.names]
    advice = "新的授权会覆盖原先的勾选，若非有意，请重新授权并勾选全部账户"
    told = f"{day} {len(vanished)} 个账户已不在授权范围内，已停止同步：{_together(vanished)}；{advice}"
    return [told] if vanished else []


def _renamed(day: str, old: Roster, new: Roster) -> list[str]:
    before = {one.id: one.called for one in old.members}
    renamed = [one for one in new.members if before.get(one.id, one.called) != one.called]
    words = [f"{before[one.id]} 改名为 {one.called}（表格中仍写作 {one.name}）" for one in renamed]
    return [f"{day} {len(renamed)} 个账户在巨量引擎改名：{_together(words)}"] if words else []


def _nameless(day: str, old: Roster | None, new: Roster) -> list[str]:
    known = old.names if old else {}
    nameless = [one.id for one in new.members if one.called == one.id and one.id not in known]
    told = f"{day} {len(nameless)} 个账户未取得名称，以账户 ID 写入表格：{_together(nameless)}"
    return [told] if nameless else []


_LEFT_OUT = {
    Why.INVALID: "个账号已失效，已跳过其下的账户",
    Why.REFUSED: "个账号的下级账户无法列出，已跳过（若其下有本地推账户，请联系维护人员申请账户列表权限，再重新授权）",
    Why.NOT_LOCAL: "个代理商下没有本地推账户，已跳过",
    Why.OTHER: "个账号不含本地推账户，已跳过",
}


def _left_out(day: str, old: Roster | None, new: Roster) -> list[str]:
    before = {(one.id, one.why) for one in old.skipped} if old else set()
    fresh = [one for one in new.skipped if (one.id, one.why) not in before]
    named = {why: [one.name or one.id for one in fresh if one.why == why] for why in Why}
    return [
        f"{day} 授权中有 {len(names)} {_LEFT_OUT[why]}：{_together(names)}" for why, names in named.items() if names
    ]


def _together(names: Iterable[str]) -> str:
    listed: Sequence[str] = list(names)
    more = f" 等 {len(listed)} 个" if len(listed) > NAMES_SHOWN else ""
    return "、".join(listed[:NAMES_SHOWN]) + more
