"""Whether a day can be relied upon: one word and one line for an outside monitor."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from pipeline.core.coverage.day import DayCoverage
from pipeline.core.model import CHINA

NAMES_SHOWN = 5


class Verdict(StrEnum):
    """Loaded for every account, for some, or not to be relied upon."""

    OK = "ok"
    IN_PART = "in_part"
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The verdict on a day; `lacking` names accounts without it, `as_of` is the time of the newest figures."""

    verdict: Verdict
    day: date
    accounts: int
    lacking: tuple[str, ...]
    as_of: datetime | None
    words: str


def judge(
    day: date, names: Mapping[str, str], days: Mapping[str, DayCoverage], now: datetime, longest: timedelta | None
) -> Health:
    """The verdict on a day.

    Args:
        names: Accounts that are not parked, by id.
        days: What is known of the day, by account id.
        longest: How old the newest figures may be.
    """
    loaded = {account_id: one.loaded.as_of for account_id, one in days.items() if one.loaded and one.state.good}
    lacking = tuple(name for account_id, name in names.items() if account_id not in loaded)
    as_of = max(loaded.values(), default=None)
    old = as_of is not None and longest is not None and now - as_of > longest
    verdict = Verdict.BAD if as_of is None or old else Verdict.IN_PART if lacking else Verdict.OK
    words = _words(day, len(names), lacking, as_of, old=old)
    return Health(verdict=verdict, day=day, accounts=len(names), lacking=lacking, as_of=as_of, words=words)


def _words(day: date, accounts: int, lacking: tuple[str, ...], as_of: datetime | None, *, old: bool) -> str:
    if not accounts:
        return "bad: no account is known yet"
    if as_of is None:
        return f"bad: nothing of {day} is loaded, {accounts} account(s) are waited for"
    since = f"figures as of {as_of.astimezone(CHINA):%Y-%m-%d %H:%M}"
    told = f"{day} is loaded for {accounts - len(lacking)} of {accounts} account(s), {since}"
    if old:
        return f"bad: too old: {told}"
    more = f" and {len(lacking) - NAMES_SHOWN} more" if len(lacking) > NAMES_SHOWN else ""
    return f"in part: {told}; missing {', '.join(lacking[:NAMES_SHOWN])}{more}" if lacking else f"ok: {told}"
