"""Decide about keys that stand in the table under another account, by that account's own report."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.core.errors import Trouble
from pipeline.core.model import Account, AccountDay, Key, ReportRow, grouped
from pipeline.core.outcome import Doubt
from pipeline.core.table.layout import Layout
from pipeline.core.table.shared_keys import Guest, SharedKey, decided

PROMOTIONS_NAMED = 3
Report = Mapping[Key, ReportRow] | Trouble  # an account's rows of a day, or why they are not known


@dataclass(frozen=True, slots=True)
class Shared:
    """The decisions about a batch's keys that stand under other accounts."""

    keys: tuple[SharedKey, ...] = ()
    conflicts: tuple[AccountDay, ...] = ()  # of both accounts
    doubts: tuple[Doubt, ...] = ()
    warnings: tuple[str, ...] = ()


def decide(
    layout: Layout, guests: Sequence[Guest], reports: Mapping[AccountDay, Report], accounts: Mapping[str, Account]
) -> Shared:
    """Decide about each key by the report of its holder's day; one that is not known leaves a doubt."""
    unknown = [(guest, why) for guest in guests if isinstance(why := reports[guest.at_holder], Trouble)]
    known = [(guest, said) for guest in guests if not isinstance(said := reports[guest.at_holder], Trouble)]
    verdicts = [(guest, decided(layout, guest, said.get(guest.row.key))) for guest, said in known]
    torn = [guest for guest, one in verdicts if one and one.row is None]
    return Shared(
        keys=(*(one for _, one in verdicts if one), *(SharedKey.of(guest, None) for guest, _ in unknown)),
        conflicts=tuple(sorted({at for guest in torn for at in (guest.at, guest.at_holder)})),
        doubts=_doubts(unknown),
        warnings=tuple(_named(torn, accounts, layout.about.item)),
    )


def by_day(account_id: str, days: Iterable[date], rows: Sequence[ReportRow]) -> dict[AccountDay, Report]:
    """An account's rows as the report of each day; a day without rows has an empty one."""
    return {AccountDay(account_id, day): {row.key: row for row in rows if row.day == day} for day in days}


def _doubts(unknown: Iterable[tuple[Guest, Trouble]]) -> tuple[Doubt, ...]:
    why = {guest.at: trouble for guest, trouble in unknown}
    return tuple(Doubt(account_id=at.account_id, day=at.day, trouble=trouble) for at, trouble in sorted(why.items()))


def _named(torn: Iterable[Guest], accounts: Mapping[str, Account], item: str) -> Iterable[str]:
    """A line for each day and pair of accounts that contradict each other."""
    promotions = grouped(
        ((one.row.key.day, one.holder.name, accounts[one.row.account_id].name), one.row.key.item_id) for one in torn
    )
    for (day, holder, other), ids in promotions.items():
        shown = ", ".join(ids[:PROMOTIONS_NAMED]) + (f" 等 {len(ids)} 个" if len(ids) > PROMOTIONS_NAMED else "")
        yield f"{day} “{holder}”与“{other}”的{item} {shown} 数据不同，未写入，两个账户当日均不完整"
