"""Where the rows of an export come from: the table, or the API; in blocks, each read whole before it is given on."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import structlog

from pipeline.clients.feishu.base import Base
from pipeline.clients.oceanengine.reports import promotion_report
from pipeline.context import Context
from pipeline.core.errors import LaikeError, NeedsPerson
from pipeline.core.model import Account, DayRange, FoundRow, blocks
from pipeline.core.runs.plan import BLOCK_DAYS
from pipeline.core.table.columns import Column, metrics_of
from pipeline.core.table.export import Block, Line, concerns, doubled, next_days, of_report, of_table
from pipeline.core.table.layout import Layout
from pipeline.core.table.record import Record
from pipeline.steps.table.read import layout_now, read_following

log = structlog.get_logger()


def of_the_table(ctx: Context, days: DayRange, accounts: Collection[Account]) -> Iterator[Block]:
    """As `table_blocks` says, from the table of the settings.

    Raises:
        TableMismatch: A column is missing or cannot hold what we write.
    """
    layout, _ = layout_now(ctx, ctx.base(None))
    yield from table_blocks(lambda: ctx.base(None), layout, days, accounts)


def table_blocks(
    base: Callable[[], Base], layout: Layout, days: DayRange, accounts: Collection[Account] = ()
) -> Iterator[Block]:
    """The table's rows of some days in blocks of so many days that each is a small part of a large table.

    A block is read whole before it is given on: what contradicts itself is read again and never half exported.

    Args:
        base: Gives the base anew for each block, with time of its own.
        accounts: Only rows of these; without any, all rows, also of people and of accounts that nobody knows.

    Raises:
        BadResponse: Three readings of a block in a row contradicted themselves.
        LaikeError: As the service says.
    """
    first, many = days.first, 1
    while first <= days.last:
        block = DayRange(first, min(days.last, first + timedelta(days=many - 1)))
        layout, found = read_following(base(), layout, block, partial(_lines, block, accounts))
        done = (block.last - days.first).days + 1
        lines = sorted(found.lines, key=lambda line: line.place)
        yield Block(lines=lines, done=done, doubled=doubled(lines), unreadable=found.unreadable)
        first, many = block.last + timedelta(days=1), next_days(len(block), found.read)


@dataclass(slots=True)
class _Found:
    """What a reading of a block brought."""

    lines: list[Line]
    read: int = 0  # rows of these days, whosever they are
    unreadable: int = 0


def _lines(days: DayRange, accounts: Collection[Account], layout: Layout, records: Iterable[Record]) -> _Found:
    found, decode = _Found([]), layout.decoder()
    for record in records:
        row = decode(record)
        if row.day not in days:
            continue
        found.read += 1
        if _chosen(row, layout.columns, accounts):
            found.lines.append(of_table(row))
            found.unreadable += layout.unreadable(record, row)
    return found


def _chosen(row: FoundRow, columns: Sequence[Column], accounts: Collection[Account]) -> bool:
    return not accounts or concerns(row, columns, accounts)


def of_the_api(ctx: Context, days: DayRange, accounts: Sequence[Account]) -> Iterator[Block]:
    """Each account's rows of the promotion report; an account that cannot be read has none, and the block says why.

    Raises:
        NeedsPerson: The token or a permission is at fault: no other account would do better.
    """
    reported: set[str] = set()  # promotions of earlier accounts: a main account and its copy report the same ones
    for done, account in enumerate(accounts, start=1):
        try:
            lines = _report(ctx, account, days)
        except NeedsPerson:
            raise
        except LaikeError as error:
            log.warning("account_not_exported", account=account.id, error=error.message)
            yield Block(lines=(), done=done, account=account, trouble=error.trouble())
            continue
        twice = sum(line.promotion_id in reported for line in lines)
        reported.update(line.promotion_id for line in lines)
        yield Block(lines=lines, done=done, doubled=twice, account=account)


def _report(ctx: Context, account: Account, days: DayRange) -> list[Line]:
    columns = ctx.settings.columns
    api, metrics, lines = ctx.oceanengine(None), metrics_of(columns), []
    for block in blocks(days, BLOCK_DAYS):
        lines += [of_report(row, account, columns) for row in promotion_report(api, account.id, block, metrics)]
    return sorted(lines, key=lambda line: line.place)
