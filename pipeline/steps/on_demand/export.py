"""Write rows of some days into a file or a stream: those of the table, or those of the API, block by block."""

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
from pipeline.steps.on_demand.export_source import of_the_api, of_the_table

From = Literal["table", "api"]
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be exported; `accounts` is empty for all rows of the table, whosever they are."""

    days: DayRange
    accounts: tuple[Account, ...]
    source: From
    format: Format
    by_account: bool = False  # Excel: a sheet for each account


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export holds; `cut` texts are shorter in it than they were."""

    tally: Tally
    cut: int


class Writer(Protocol):
    """What makes a file of rows."""

    cut: int

    def write(self, lines: Iterable[Line]) -> None:
        """Add rows."""

    def end(self) -> None:
        """Nothing more comes."""


def wanted(
    ctx: Context, start: date, end: date, accounts: Sequence[str], *, source: From, format_: Format, by_account: bool
) -> Wanted:
    """What a person asks for.

    Raises:
        WrongInput: The days are no range that is over, the API does not serve them, or an account is not known.
    """
    days = (over if source == "table" else past_days)(start, end, ctx.now())
    # the table's rows are those of everybody who is in it: for all of them no list of accounts is needed
    chosen = choose(ctx, current_accounts(ctx).names, accounts) if accounts or source == "api" else ()
    return Wanted(days, chosen, source, format_, by_account)


def export_file(ctx: Context, what: Wanted, path: Path, tell: Tell) -> Exported:
    """Write a file that is whole or not there.

    Args:
        tell: Is told how many days (table) or accounts (API) are done, and of how many.

    Raises:
        WrongInput: There is such a file, or its folder is not there.
        LaikeError: As the service says, no account could be read, or the file cannot be written.
    """
    with new_file(path, "export") as file:
        return export_stream(ctx, what, file, tell)


def export_stream(ctx: Context, what: Wanted, file: BinaryIO, tell: Tell) -> Exported:
    """Write rows as they come; where this fails, a part of them is written.

    Raises:
        LaikeError: As the service says, or no account could be read.
    """
    of_table = what.source == "table"
    blocks = (of_the_table if of_table else of_the_api)(ctx, what.days, what.accounts)
    many = len(what.days if of_table else what.accounts)
    with _writer(ctx, what, file) as writer:
        tally = write_blocks(blocks, writer, lambda done: tell(done, many))
    return Exported(tally, writer.cut)


def write_blocks(blocks: Iterable[Block], writer: Writer, tell: Callable[[int], None]) -> Tally:
    """Write blocks one after the other, and count them.

    Raises:
        LaikeError: Every one of them is of an account that could not be read.
    """
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
    """Rows as text, each block as soon as it comes."""

    cut = 0

    def __init__(self, file: BinaryIO, head: bytes, rows: Callable[[Iterable[Line]], bytes]) -> None:
        self._file, self._rows = file, rows
        file.write(head)

    def write(self, lines: Iterable[Line]) -> None:
        """Add rows."""
        self._file.write(self._rows(lines))

    def end(self) -> None:
        """Nothing more comes."""
        self._file.flush()


@contextmanager
def _writer(ctx: Context, what: Wanted, file: BinaryIO) -> Iterator[Writer]:
    columns = ctx.settings.columns
    if what.format == "csv":
        yield TextWriter(file, csv_head(columns), partial(csv_rows, columns))
    elif what.format == "jsonl":
        yield TextWriter(file, b"", partial(jsonl_rows, columns))
    else:
        from pipeline.render.export_xlsx import sheets  # noqa: PLC0415 the others need no library

        with sheets(file, columns, ctx.now(), by_account=what.by_account) as book:
            yield book
