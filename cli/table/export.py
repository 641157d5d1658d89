"""`laike export`: write rows of some days as csv, Excel or jsonl."""

import shlex
import sys
from collections.abc import Sequence
from typing import Any

from cli.arguments import day_of, of_table
from cli.session import opened
from cli.terminal import output
from cli.terminal.progress import bar
from pipeline.context import Context
from pipeline.core.errors import LaikeError, WrongInput
from pipeline.core.runs.plan import told_apart
from pipeline.file_input import path_of
from pipeline.render.export import Format
from pipeline.state.files import own_folder
from pipeline.steps.accounts.roster import remembered_accounts
from pipeline.steps.on_demand.export import Exported, From, Tell, Wanted, export_file, export_stream, wanted
from pipeline.steps.rollover.chosen import chain_chosen

STDOUT = "-"


def export(
    start: str,
    end: str,
    accounts: Sequence[str],
    *,
    table: str | None = None,
    as_: Format,
    source: From,
    to: str | None,
    by_account: bool,
    as_json: bool,
) -> int:
    """Write rows of some days into a file or to stdout: 0 all, 1 without some accounts.

    Raises:
        WrongInput: The days, an account, the table or the options are wrong, or there is such a file.
        LaikeError: As the service says, or no account could be read; no file is written.
    """
    _check(as_, to, by_account=by_account, as_json=as_json)
    first, last = day_of(start), day_of(end)
    with opened() as opened_ctx:
        ctx = chain_chosen(opened_ctx, table)
        what = wanted(ctx, first, last, accounts, source=source, format_=as_, by_account=by_account)
        with bar("days" if source == "table" else "accounts") as tell:
            if to == STDOUT:
                file, made = STDOUT, _to_stdout(ctx, what, tell)
            else:
                name = f"laike-export-{of_table(ctx.table)}{first}-{last}.{as_}"
                path = path_of(to) if to is not None else own_folder(ctx.settings.output, "export") / name
                file, made = str(path), export_file(ctx, what, path, tell)
        document = _document(ctx, what, file, made)
    _print_totals(ctx, what, made)
    if as_json:
        output.print_json(document)
    elif to != STDOUT:
        output.say(file)
    return output.IN_PART if made.tally.unread else output.DONE


def _check(as_: Format, to: str | None, *, by_account: bool, as_json: bool) -> None:
    if by_account and as_ != "xlsx":
        raise WrongInput("--sheet-per-account goes with --format xlsx: other files have no sheets")
    if to == STDOUT and as_ == "xlsx":
        raise WrongInput("an Excel file does not go to stdout: give a file by --output")
    if to == STDOUT and as_json:
        raise WrongInput("--json goes to stdout, and so would the rows: give a file by --output")


def _to_stdout(ctx: Context, what: Wanted, tell: Tell) -> Exported:
    try:
        # not through sys.stdout: its buffer would raise at exit after the reader went away
        with open(sys.stdout.fileno(), "wb", closefd=False) as file:
            return export_stream(ctx, what, file, tell)
    except OSError as error:
        msg = f"stdout takes no more: {error.strerror or error}"
        raise LaikeError(msg, what_to_do="接收导出数据的程序已退出或磁盘已满。") from None


def _document(ctx: Context, what: Wanted, file: str, made: Exported) -> dict[str, Any]:
    tally, accounts = made.tally, remembered_accounts(ctx)
    ids = {name: account_id for account_id, name in told_apart(accounts.names if accounts else {}).items()}
    return {
        "file": file,
        "from": what.source,
        "start": what.days.first.isoformat(),
        "end": what.days.last.isoformat(),
        "rows": tally.rows,
        "cost": f"{tally.cost:.2f}",
        "accounts": [
            {"id": ids.get(name), "name": name, "rows": tally.account_rows[name], "cost": f"{cost:.2f}"}
            for name, cost in sorted(tally.account_cost.items())
        ],
        "not_read": [
            {"id": account.id, "name": account.name, **output.trouble_document(trouble)}
            for account, trouble in tally.unread
        ],
        "duplicates": tally.doubled,
        "unreadable_cells": tally.unreadable,
        "cut_texts": made.cut,
    }


def _print_totals(ctx: Context, what: Wanted, made: Exported) -> None:
    tally = made.tally
    for account, trouble in tally.unread:
        output.note(("not read:", "red"), f" {account.name} ({account.id}): {trouble.message}")
        output.note(f"  → {trouble.at_terminal}")
    for words in _warnings(ctx, what, made):
        output.note((words, "yellow"))
    rest = f" of {len(what.accounts) - len(tally.unread)} of {len(what.accounts)} accounts" if tally.unread else ""
    output.note(f"{tally.rows} rows, 消耗 {tally.cost:.2f} 元{rest}")


def _warnings(ctx: Context, what: Wanted, made: Exported) -> list[str]:
    tally, days = made.tally, f"{what.days.first} {what.days.last}"
    from_table, table = what.source == "table", f" --table {shlex.quote(ctx.table)}" if ctx.table else ""
    found = []
    if tally.doubled and from_table:
        check = f"laike dedup check {days}{table}"
        found.append(f"{tally.doubled} rows are of a key that has one already: `{check}` lists them")
    elif tally.doubled:
        found.append(
            f"{tally.doubled} rows are of a {ctx.report.name} that an earlier account reports too: the table has one"
        )
    if tally.unreadable:
        found.append(f"{tally.unreadable} cells are no figure although their column is one of figures: they are empty")
    if made.cut:
        found.append(f"{made.cut} texts are longer than a cell of Excel holds and were cut: csv has them whole")
    if not tally.rows and from_table:
        found.append("the table has no rows of these days: if it has, the app's permission is lost")
    return found
