"""Views of accounts: their names, which filters to check, how many to make.

Follows Bitable: 新增视图. A name has 1 to 100 characters and no square bracket, and is trimmed by the service; a table
takes 200 views, those that people keep to themselves included.
"""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from pipeline.core.model import CHINA, Account

VIEWS_MAX = 200
VIEWS_NEAR = 180  # beyond, only accounts with cost get a view: people make views, too
NAME_MAX = 100
WEEK_DAYS = 7
AUDIT_FROM = timedelta(hours=10)  # of the day: the run at 07:00, for which people wait, checks nothing
_BRACKETS = str.maketrans("[]", "【】")
_BLANK = re.compile(r"[\s\x00-\x1f\x7f]+")


class ViewState(StrEnum):
    """The state of an account's view."""

    RIGHT = "right"
    NEW = "new"  # never made
    WRONG = "wrong"  # no condition, or one on the account column that does not match: to repair
    CHANGED = "changed"  # a person filters it otherwise: left alone
    DELETED = "deleted"  # a person deleted it: stays so until --fix
    WAITING = "waiting"  # the account column has no such option before the account's first row
    QUEUED = "queued"  # beyond what one run makes
    SPARED = "spared"  # the table is near its limit of views
    UNPROVEN = "unproven"  # its filter was written and does not read back


@dataclass(frozen=True, slots=True)
class AccountView:
    """The view of one account as found."""

    account: Account
    state: ViewState
    view_id: str | None = None


def view_names(accounts: Sequence[Account]) -> dict[str, tuple[str, ...]]:
    """Names for each account's view, by account id, the best first.

    The first names differ even if cleaning or cutting makes them alike; the others serve where a person's view has
    the name already.
    """
    plain = {account.id: _clean(account.name) for account in accounts}
    often = Counter(map(cut, plain.values()))
    made = {}
    for account_id, name in plain.items():
        endings = ("", f" ({account_id[-4:]})", f" ({account_id})")
        short = [other for other in plain if other[-4:] == account_id[-4:] and plain[other] == name]
        first = 0 if often[cut(name)] == 1 else 1 if len(short) == 1 else 2
        made[account_id] = tuple(cut(name, ending) for ending in endings[first:])
    return made


def audit_due(checked: Mapping[str, float], now: datetime) -> set[str]:
    """Accounts whose filters to read again: each once a week on a weekday of its own, however many runs a day has.

    Args:
        checked: When each account's filter was last right, in s since the epoch.
    """
    begun = datetime.combine((now.astimezone(CHINA) - AUDIT_FROM).date(), time(), CHINA) + AUDIT_FROM
    due = set()
    for place, account_id in enumerate(sorted(checked)):
        ago = (begun.weekday() - place) % WEEK_DAYS
        since = (begun - timedelta(days=ago)).timestamp()
        if not since <= checked[account_id] <= now.timestamp():  # a later time: the clock stepped back
            due.add(account_id)
    return due


def affordable(new: Sequence[Account], there: int, active: Collection[str]) -> list[Account]:
    """Which of the new accounts get a view: all while capacity is ample, then only those with cost, up to the limit.

    Args:
        there: Views of the table; people's private ones may be hidden from us.
        active: Ids of accounts with recent cost.
    """
    if there + len(new) <= VIEWS_NEAR:
        return list(new)
    return [account for account in new if account.id in active][: max(0, VIEWS_MAX - there)]


def _clean(name: str) -> str:
    return _BLANK.sub(" ", name.translate(_BRACKETS)).strip() or "账户"


def cut(name: str, ending: str = "") -> str:
    """Cut to the limit by any way of counting: a letter beyond the first 65,536 may count as two."""
    most = max(0, NAME_MAX - len(ending))
    while _length(name) > most:
        name = name[:-1]
    return (name.rstrip() + ending)[:NAME_MAX]


def _length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
