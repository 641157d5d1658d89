"""What the page 授权 shows: who is authorized now, an authorization that has begun, and what the last one changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.core.outcome import Run, RunState
from pipeline.core.trouble import Trouble

SILENT_AFTER = timedelta(seconds=30)  # a worker takes a task within seconds
PATIENCE = timedelta(minutes=10)
SEARCHING = "正在查找欠缺的数据……"
SILENT = "同步服务暂时没有响应，可能没有运行，请联系维护人员；恢复后会自动补齐。"
NOTHING_OWED = "没有欠缺的数据，无需补齐。"
NOT_SENT = "补齐任务没有发出；系统会在一小时内自动补齐欠缺的数据。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """An authorization that a person began in a session of the console, whose digest is kept."""

    session: str
    person: str
    at: datetime

    def fits(self, session: str, person: str, *, ended: bool) -> bool:
        """Whether its answer may be taken: in the session that began it, or by the same person once that has ended."""
        return self.session == session or (ended and self.person == person)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorized:
    """What the last authorization changed.

    Attributes:
        accounts: How many accounts are synced now; `None`: they could not be listed.
        arrived: Names of accounts that were not there before.
        missing: Names of accounts that were there before, or that the settings name, and are not authorized now.
        trouble: Why the accounts could not be listed.
        first: Whether there was no authorization before.
        task: The id of the task that loads what is owed; `None` if it could not be sent, or was not.
    """

    at: datetime
    person: str
    accounts: int | None
    arrived: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    trouble: Trouble | None = None
    first: bool = False
    task: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The authorization as it stands.

    Attributes:
        until: When it ends if nobody refreshes it; `None` without one.
        accounts: How many accounts it is known to reach; `None` if none were listed yet.
        refreshed_at: When the last new pair came.
        trouble: Why a person must authorize again, in Chinese, without how: the page says that.
        callback: The address to register with the app; `None` if neither it nor the console's own is set.
        ours: Whether that address is the console's own, so that the browser comes back by itself.
    """

    until: datetime | None
    accounts: int | None
    refreshed_at: datetime | None
    trouble: str | None
    callback: str | None
    ours: bool
    last: Authorized | None

    def days_left(self, now: datetime) -> int:
        """Whole days until it ends; 0 without one."""
        return max(0, (self.until - now).days) if self.until else 0


@dataclass(frozen=True, slots=True)
class Loading:
    """A run that loads what was owed, its state now, and why it failed, if it did."""

    run: Run
    state: RunState
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """What became of what was owed: the runs that load it, whether more is to come, and what to say besides."""

    runs: Sequence[Loading]
    live: bool
    words: str = ""


def following(last: Authorized, runs: Sequence[Loading], now: datetime, *, ended: bool) -> Following:
    """What became of what was owed.

    Args:
        runs: Those under way, and those begun since.
        ended: Whether the task has begun all runs that it begins.
    """
    waits = last.task is not None and not ended
    if runs:
        running = any(one.state is RunState.RUNNING for one in runs)
        return Following(runs=runs, live=running or (waits and now - last.at < PATIENCE))
    if last.first:
        return Following(runs=runs, live=False)
    if last.task is None:
        return Following(runs=runs, live=False, words=NOT_SENT)
    if ended:
        return Following(runs=runs, live=False, words=NOTHING_OWED)
    return Following(runs=runs, live=True, words=SEARCHING if now - last.at < SILENT_AFTER else SILENT)


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of accounts that arrived, and of those that are missing."""
    arrived = tuple(name for account_id, name in after.items() if account_id not in before)
    return arrived, tuple(name for account_id, name in before.items() if account_id not in after)
