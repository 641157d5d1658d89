"""Write the table's or the API's rows of some days into a file or a stream, block by block."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

from pipeline.context import Context
from pipeline.core.errors import LaikeError
from pipeline.core.model import Account, DayRange
from pipeline.core.runs.plan import over, past_days
from pipeline.core.table.export import Block, Line, Tally
from pipeline.render.export import Format, csv_head, csv_rows, jsonl_rows
from pipeline.state.files import new_file
from pipeline.steps.accounts.roster import choose, current_accounts
from pipeline.steps.coverage.in_tables import group_of
from pipeline.steps.on_demand.export_source import of_the_api, of_the_table

From = Literal["table", "api"]
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to export; without `accounts`, all rows of the table, also people's."""

    days: DayRange
    accounts: tuple[Account, ...]
    source: From
    format: Format
    by_account: bool = False  # Excel: a sheet for each account


@dataclass(frozen=True, slots=True)
class Exported:
    """The totals of an export; `cut` counts shortened texts."""

    tally: Tally
    cut: int


class Writer(Protocol):
    """Writes rows into a file."""

    cut: int

    def write(self, lines: Iterable[Line]) -> None:
        """Add rows."""

    def end(self) -> None:
        """Finish the file."""


def wanted(
    ctx: Context, start: date, end: date, accounts: Sequence[str], *, source: From, format_: Format, by_account: bool
) -> Wanted:
    """Check what a person asks for; `WrongInput` if days are no past range or not served, or an account is unknown."""
    days = (over if source == "table" else past_days)(start, end, ctx.now())
    # all rows of the table need no list of accounts
    chosen = choose(ctx, group_of(ctx, current_accounts(ctx).names), accounts) if accounts or source == "api" else ()
    return Wanted(days, chosen, source, format_, by_account)


def export_file(ctx: Context, what: Wanted, path: Path, tell: Tell) -> Exported:
    """Write a whole file, or none.

    Args:
        tell: Takes the number of days (table) or accounts (API) done, and of all.

    Raises:
        WrongInput: There is such a file, or its folder is not there.
        LaikeError: As the service says, no account could be read, or the file cannot be written.
    """
    with new_file(path, "export") as file:
        return export_stream(ctx, what, file, tell)


def export_stream(ctx: Context, what: Wanted, file: BinaryIO, tell: Tell) -> Exported:
    """Write rows as they come; after a failure a part of them is written. Raises as `write_blocks` does."""
    of_table = what.source == "table"
    blocks = (of_the_table if of_table else of_the_api)(ctx, what.days, what.accounts)
    many = len(what.days if of_table else what.accounts)
    with _writer(ctx, what, file) as writer:
        tally = write_blocks(blocks, writer, lambda done: tell(done, many))
    return Exported(tally, writer.cut)


def write_blocks(blocks: Iterable[Block], writer: Writer, tell: Callable[[int], None]) -> Tally:
    """Write the blocks; their totals. `LaikeError` if no account could be read."""
    tally, some = Tally(), False
    for block in blocks:
        writer.write(block.lines)
        tally.add(block)
        some |= block.trouble is None
        tell(block.done)
    if tally.unread and not some:
        account, trouble = tally.unread[0]
        msg = f"no account could be read: {account.name}: {trouble.message}"
        raise LaikeError(
            msg,
            what_to_do=trouble.what_to_do,
            for_maintainer=trouble.for_maintainer,
            code=trouble.code,
            request_id=trouble.request_id,
        )
    writer.end()
    return tally


class TextWriter:
    """Writes rows as text, block by block."""

    cut = 0

    def __init__(self, file: BinaryIO, head: bytes, rows: Callable[[Iterable[Line]], bytes]) -> None:
        self._file, self._rows = file, rows
        file.write(head)

    def write(self, lines: Iterable[Line]) -> None:
        """Add rows."""
        self._file.write(self._rows(lines))

    def end(self) -> None:
        """Finish the file."""
        self._file.flush()


@contextmanager
def _writer(ctx: Context, what: Wanted, file: BinaryIO) -> Iterator[Writer]:
    columns = ctx.settings.columns
    if what.format == "csv":
        yield TextWriter(file, csv_head(columns), partial(csv_rows, columns))
    elif what.format == "jsonl":
        yield TextWriter(file, b"", partial(jsonl_rows, columns))
    else:
        from pipeline.render.export_xlsx import sheets  # noqa: PLC0415 other formats need no library

        with sheets(file, columns, ctx.now(), by_account=what.by_account) as book:
            yield book
