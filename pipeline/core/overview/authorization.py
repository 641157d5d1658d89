"""What the page 授权 shows: who is authorized now, an authorization that has begun, and what the last one changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pipeline.core.trouble import Trouble


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
    """

    at: datetime
    person: str
    accounts: int | None
    arrived: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    trouble: Trouble | None = None
    first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The authorization as it stands.

    Attributes:
        until: When it ends if nobody refreshes it; `None` without one.
        accounts: How many accounts it is known to reach; `None` if none were listed yet.
        refreshed_at: When the last new pair came.
        trouble: Why a person must authorize again.
        callback: The address to register with the app; `None` if neither it nor the console's own is set.
        ours: Whether that address is the console's own, so that the browser comes back by itself.
    """

    until: datetime | None
    accounts: int | None
    refreshed_at: datetime | None
    trouble: Trouble | None
    callback: str | None
    ours: bool
    last: Authorized | None


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of accounts that arrived, and of those that are missing."""
    arrived = tuple(name for account_id, name in after.items() if account_id not in before)
    return arrived, tuple(name for account_id, name in before.items() if account_id not in after)
