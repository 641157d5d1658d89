"""`laike backup` and `laike restore`: save the table into a file, and restore what it lacks."""

from cli.session import opened
from cli.terminal import output
from cli.terminal.progress import bar
from pipeline.core.errors import WrongInput
from pipeline.core.table.backup import Backup
from pipeline.file_input import path_of
from pipeline.state.table import backups
from pipeline.steps.on_demand.restore import Lacks, look
from pipeline.steps.on_demand.restore import restore as carry_out
from pipeline.steps.rollover.chosen import at_backed_up, at_chosen
from pipeline.steps.table.save import WHOLE, back_up


def backup(file: str | None, keep: int | None, table: str | None, *, as_json: bool) -> int:
    """Save the whole table into a file; with `keep`, delete older files in the folder.

    Raises:
        WrongInput: There is such a file, `keep` is given with a file, or there is no such table.
    """
    if file and keep:
        raise WrongInput("--keep counts the backups in their folder: give no FILE")
    with opened() as opened_ctx:
        ctx = at_chosen(opened_ctx, table)
        with bar("rows read") as tell:
            made = back_up(ctx, path_of(file) if file is not None else None, tell)
        table_id = ctx.settings.bitable_table_id
        gone = backups.prune(ctx.settings.backups, WHOLE, table_id, keep) if keep else []
    if as_json:
        document = {"file": str(made.path), "rows": made.rows, "views": made.views}
        output.print_json({**document, "deleted": [str(path) for path in gone]})
    else:
        output.say(f"{made.rows} rows and {made.views} views: {made.path}")
        for path in gone:
            output.say(f"deleted: {path}")
        if others := [one for one in ctx.chain.ids if one != table_id]:
            output.note(f"saved is table {table_id} alone; the others with --table: {', '.join(others)}")
        if further := [one.name for one in opened_ctx.settings.tables if one.name != ctx.table]:
            output.note(f"each further table is saved by itself, with --table: {', '.join(further)}")
    if not made.rows:
        output.note(("the table reads as empty", "yellow"), ": if it is not, the app's permission is lost")
    return output.DONE


def restore(file: str, table: str | None, *, dry_run: bool, yes: bool) -> int:
    """Restore what the table lacks of a backup, if a person agrees: 0 done, 1 a view is left out, 2 not agreed.

    Raises:
        WrongInput: There is no such file or table, it is damaged, or it is not clear where it goes.
        TableMismatch: The table lacks columns of the backup.
    """
    saved = backups.read(path_of(file))
    with opened() as opened_ctx:
        ctx = at_backed_up(opened_ctx, saved.header.table_id, table)
        _print(saved, look(ctx, saved), ctx.settings.bitable_table_id)
        if dry_run:
            return output.DONE
        if not (yes or output.agreed()):
            output.note("nothing was changed; --yes carries this out")
            return output.WRONG_USAGE
        with bar("rows created") as tell:
            done = carry_out(ctx, saved, tell)
    output.say(f"read back: {done.rows} rows and {len(done.views)} views were made")
    for name in done.views_left:
        output.note(("view not made:", "yellow"), f" {name}: a column or an option of its filter is gone")
    return output.IN_PART if done.views_left else output.DONE


def _print(saved: Backup, lacks: Lacks, table_id: str) -> None:
    head, rows = saved.header, lacks.rows
    output.say(f"backup of {head.table_id}, {head.made_at}: {len(saved.rows)} rows")
    if head.table_id != table_id:
        output.say(("goes into another table:", "yellow"), f" {table_id}")
    lines = {
        "rows to create": len(rows.create),
        "rows that are there": rows.same,
        "rows whose key is there with other cells, which stay": rows.kept,
        "further rows of a key, which are left out": rows.doubled,
    }
    lines = {words: count for words, count in lines.items() if count or words == "rows to create"}
    for words, count in lines.items():
        output.say(f"  • {words}: {count}")
    if lacks.views:
        names = ", ".join(view.name for view in lacks.views)
        output.say(f"  • views to make: {names}")
