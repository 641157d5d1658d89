"""Ask the accounts under whose names keys of others stand in the table, and decide what becomes of those keys."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import structlog

from pipeline.clients.oceanengine.reports import promotion_report
from pipeline.context import Context
from pipeline.core.errors import AccountUnavailable, LaikeError, Trouble
from pipeline.core.model import Account, AccountDay, FoundRow, Key, ReportRow, WantedRow, ranges
from pipeline.core.outcome import Doubt, LoadOutcome, Run
from pipeline.core.runs.plan import choose_accounts, parts
from pipeline.core.table.columns import metrics_of
from pipeline.core.table.layout import Layout
from pipeline.core.table.shared_keys import Guest, SharedKey, decided, guests, settled, under_other_names
from pipeline.steps.accounts.roster import remembered_accounts
from pipeline.steps.runs.fetched import has_metrics

PROMOTIONS_NAMED = 3
Told = Mapping[Key, ReportRow] | Trouble  # a day of an account as it reports it, or why that is not known

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Shared:
    """What was decided about a batch's keys that stand under other accounts."""

    keys: tuple[SharedKey, ...] = ()
    conflicts: tuple[AccountDay, ...] = ()  # of both accounts
    doubts: tuple[Doubt, ...] = ()
    warnings: tuple[str, ...] = ()


def settle_with_holders(
    ctx: Context, run: Run, layout: Layout, wanted: Sequence[WantedRow], found: Iterable[FoundRow]
) -> Shared:
    """Decide about every key that stands under another account of ours; without one nothing is asked.

    A holder that the token does not reach any more reports nothing; one that cannot be asked just now leaves a doubt.
    """
    elsewhere = under_other_names(wanted, found, {account.id: account.name for account in run.accounts})
    accounts = _known(ctx, run) if elsewhere else {}
    asked = guests(elsewhere, accounts.values())
    if not asked:
        return Shared()
    told = _Reports(ctx, run).of({guest.at_holder for guest in asked})
    unknown = [(guest, why) for guest in asked if isinstance(why := told[guest.at_holder], Trouble)]
    known = [(guest, said) for guest in asked if not isinstance(said := told[guest.at_holder], Trouble)]
    verdicts = [(guest, decided(layout, guest, said.get(guest.row.key))) for guest, said in known]
    torn = [guest for guest, one in verdicts if one and one.row is None]
    return Shared(
        keys=(*(one for _, one in verdicts if one), *(SharedKey.of(guest, None) for guest, _ in unknown)),
        conflicts=tuple(sorted({at for guest in torn for at in (guest.at, guest.at_holder)})),
        doubts=_doubts(unknown),
        warnings=tuple(_named(torn, accounts)),
    )


def settled_by_load(
    ctx: Context, run: Run, load: LoadOutcome, layout: Layout, wanted: list[WantedRow]
) -> list[WantedRow]:
    """The wanted rows of a read-back, by what the load decided.

    Raises:
        LaikeError: What it decided is not staged any more.
    """
    if not load.shared:
        return wanted
    shared = ctx.staging.shared(run.batch_id)
    if len(shared) != load.shared:
        raise LaikeError(f"{run.run_id}: what the load decided about shared promotions is not staged any more")
    return settled(wanted, shared, layout)


def _known(ctx: Context, run: Run) -> dict[str, Account]:
    """The accounts of the whole run, and the others that we know, by id; each with the name that is written."""
    remembered = remembered_accounts(ctx)
    others = choose_accounts(remembered.names, []) if remembered else ()
    return {account.id: account for account in (*others, *ctx.ledger.run(run.run_id).accounts)}


def _doubts(unknown: Iterable[tuple[Guest, Trouble]]) -> tuple[Doubt, ...]:
    why = {guest.at: trouble for guest, trouble in unknown}
    return tuple(Doubt(account_id=at.account_id, day=at.day, trouble=trouble) for at, trouble in sorted(why.items()))


def _named(torn: Iterable[Guest], accounts: Mapping[str, Account]) -> Iterable[str]:
    """A line for each two accounts and day that contradict each other."""
    promotions: dict[tuple[date, str, str], list[str]] = defaultdict(list)
    for guest in torn:
        place = (guest.row.key.day, guest.holder.name, accounts[guest.row.account_id].name)
        promotions[place].append(guest.row.key.promotion_id)
    for (day, holder, other), ids in promotions.items():
        shown = "、".join(ids[:PROMOTIONS_NAMED]) + (f" 等 {len(ids)} 个" if len(ids) > PROMOTIONS_NAMED else "")
        yield f"{day} “{holder}”与“{other}”的单元 {shown} 数据不同，未写入，两个账户当日均不完整"


class _Reports:
    """What accounts report of single days: as this run has it staged, else asked for."""

    def __init__(self, ctx: Context, run: Run) -> None:
        self._ctx, self._plan = ctx, ctx.ledger.run(run.run_id)
        self._metrics = metrics_of(ctx.settings.columns)

    def of(self, places: Iterable[AccountDay]) -> dict[AccountDay, Told]:
        """Each account's day by key, or why it is not known."""
        days: dict[str, set[date]] = defaultdict(set)
        for at in places:
            days[at.account_id].add(at.day)
        told: dict[AccountDay, Told] = {}
        for account_id, wanted in days.items():
            told |= self._staged(account_id, wanted)
            left = {day for day in wanted if AccountDay(account_id, day) not in told}
            told |= self._asked(account_id, left)
        return told

    def _staged(self, account_id: str, days: set[date]) -> dict[AccountDay, Told]:
        found: dict[AccountDay, Told] = {}
        for part in parts(self._plan):
            if not any(account.id == account_id for account in part.accounts):
                continue
            for one in self._ctx.staging.fetched(part.batch_id, [account_id]):
                whole = {day.day for day in one.outcome.days if not day.failed} & days
                found |= _by_day(account_id, whole if has_metrics(one, self._metrics) else (), one.rows)
        return found

    def _asked(self, account_id: str, days: set[date]) -> dict[AccountDay, Told]:
        api, rows = self._ctx.oceanengine(None), list[ReportRow]()
        try:
            for block in ranges(days):
                rows += promotion_report(api, account_id, block, self._metrics)
        except AccountUnavailable:
            return _by_day(account_id, days, ())
        except LaikeError as error:
            log.warning("holder_not_asked", account=account_id, error=error.message)
            return {AccountDay(account_id, day): error.trouble() for day in days}
        return _by_day(account_id, days, rows)


def _by_day(account_id: str, days: Iterable[date], rows: Sequence[ReportRow]) -> dict[AccountDay, Told]:
    return {AccountDay(account_id, day): {row.key: row for row in rows if row.day == day} for day in days}
