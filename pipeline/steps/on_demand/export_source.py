"""Read the rows of an export from the table or the API, in blocks; each is whole before it is handed on."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

import structlog

from pipeline.clients.feishu.base import Base
from pipeline.clients.oceanengine.reports import read_report
from pipeline.context import Context
from pipeline.core.errors import LaikeError, NeedsPerson
from pipeline.core.model import Account, DayRange, blocks
from pipeline.core.runs.plan import BLOCK_DAYS
from pipeline.core.table.columns import metrics_of
from pipeline.core.table.export import Block, Line, doubled, lines_of, next_days, of_report
from pipeline.core.table.layout import Layout
from pipeline.steps.table.read import layout_now, read_following

Item = tuple[str, str | None]

log = structlog.get_logger()


def of_the_table(ctx: Context, days: DayRange, accounts: Collection[Account]) -> Iterator[Block]:
    """`table_blocks` of each table that holds some of the days; raises as `match_fields` does."""
    done = 0
    for table_id, held in ctx.pinned().chain.spans(days):
        here = ctx.at_table(table_id)
        layout, _ = layout_now(here, here.base(None))
        for block in table_blocks(partial(here.base, None), layout, held, accounts):
            yield replace(block, done=done + block.done)
        done += len(held)


def table_blocks(
    base: Callable[[], Base], layout: Layout, days: DayRange, accounts: Collection[Account] = ()
) -> Iterator[Block]:
    """The table's rows of some days, in blocks of a few days each.

    A reading that contradicts itself is repeated, and never exported in part.

    Args:
        base: Makes the base for each block, with a time limit of its own.
        accounts: Without accounts, all rows, also people's and those of unknown accounts.

    Raises:
        BadResponse: Three readings of a block in a row contradicted themselves.
    """
    first, many = days.first, 1
    while first <= days.last:
        block = DayRange(first, min(days.last, first + timedelta(days=many - 1)))
        layout, found = read_following(base(), layout, block, partial(lines_of, block, accounts))
        done = (block.last - days.first).days + 1
        lines = sorted(found.lines, key=lambda line: line.place)
        yield Block(lines=lines, done=done, doubled=doubled(lines), unreadable=found.unreadable)
        first, many = block.last + timedelta(days=1), next_days(len(block), found.read)


def of_the_api(ctx: Context, days: DayRange, accounts: Sequence[Account]) -> Iterator[Block]:
    """Each account's rows of the table's report; the block of an unreadable account says why.

    Raises:
        NeedsPerson: The token or a permission is at fault: all other accounts would fail, too.
    """
    reported = set[Item]()  # of earlier accounts: a main account and its copy report the same promotions
    for done, account in enumerate(accounts, start=1):
        try:
            lines = _report(ctx, account, days)
        except NeedsPerson:
            raise
        except LaikeError as error:
            log.warning("account_not_exported", account=account.id, error=error.message)
            yield Block(lines=(), done=done, account=account, trouble=error.trouble())
            continue
        items = [(line.item_id, line.owner) for line in lines]
        twice = sum(item in reported for item in items)
        reported.update(items)
        yield Block(lines=lines, done=done, doubled=twice, account=account)


def _report(ctx: Context, account: Account, days: DayRange) -> list[Line]:
    columns = ctx.settings.columns
    api, metrics, lines = ctx.oceanengine(None), metrics_of(columns), []
    for block in blocks(days, BLOCK_DAYS):
        rows = read_report(api, ctx.report, account.id, block, metrics)
        lines += [of_report(row, account, columns, ctx.report) for row in rows]
    return sorted(lines, key=lambda line: line.place)
