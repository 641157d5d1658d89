"""Whether a day can be relied upon: one word and one line for an outside monitor."""

from collections.abc import Mapping, Sequence
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


_OF_ALL = {Verdict.OK: "ok", Verdict.IN_PART: "in part", Verdict.BAD: "bad"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The verdict on a day; `lacking` names accounts without it, `as_of` is the time of the newest figures.

    Of several tables together it is that of the oldest table, and `tables` has each of them.
    """

    verdict: Verdict
    day: date
    accounts: int
    lacking: tuple[str, ...]
    as_of: datetime | None
    words: str
    table: str = ""  # its name, where there are several
    tables: tuple["Health", ...] = ()


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


def together(tables: Sequence[Health], accounts: int) -> Health:
    """The verdict on a day in all tables: it is good only if it is in each, and bad if it is in each.

    Args:
        tables: The first one first; at least one.
        accounts: How many there are in all tables.
    """
    first, *others = tables
    if not others:
        return first
    verdicts = {one.verdict for one in tables}
    verdict = first.verdict if len(verdicts) == 1 else Verdict.IN_PART
    ranked = sorted(tables, key=lambda one: one.verdict == Verdict.OK)
    said = "; ".join(f"{one.table}: {one.words}" for one in ranked)
    return Health(
        verdict=verdict,
        day=first.day,
        accounts=accounts,
        lacking=tuple(dict.fromkeys(name for one in tables for name in one.lacking)),
        as_of=min((one.as_of for one in tables if one.as_of), default=None),
        words=f"{_OF_ALL[verdict]}: {said}",
        tables=tuple(tables),
    )


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
