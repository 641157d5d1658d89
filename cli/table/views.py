"""`laike views`: show each account's view; make the missing ones and repair the wrong ones."""

from cli.session import opened
from cli.terminal import output
from pipeline.core.runs.plan import choose_accounts
from pipeline.core.runs.views import CREATED_A_RUN
from pipeline.core.table.views import ViewState
from pipeline.steps.accounts.roster import current_accounts
from pipeline.steps.coverage.in_tables import group_of
from pipeline.steps.rollover.chosen import at_chosen
from pipeline.steps.runs.views import forget_deleted, inspect, mend
from pipeline.steps.table.write import batches


def views(table: str | None, *, fix: bool, as_json: bool) -> int:
    """Show the view of each account; with `fix`, make the missing and repair the wrong ones first.

    Raises:
        WrongInput: There is no such table.
    """
    with opened() as opened_ctx:
        ctx = at_chosen(opened_ctx, table)
        accounts = choose_accounts(group_of(ctx, current_accounts(ctx).names), [])
        if fix:
            forget_deleted(ctx, accounts)
        found = inspect(ctx, accounts, deep=True)
        if fix:
            for some in batches(found, CREATED_A_RUN):
                mend(ctx, some)
            found = inspect(ctx, accounts, deep=True)
    rows = [(one.account.name, one.account.id, one.state, one.view_id) for one in found]
    if as_json:
        output.print_json([dict(zip(("name", "id", "state", "view_id"), row, strict=True)) for row in rows])
    else:
        shown = [(name, account_id, state, view_id or "") for name, account_id, state, view_id in rows]
        id_column, view_column = output.Column("id", whole=True), output.Column("view id", whole=True)
        output.say_table(("account", id_column, "view", view_column), shown)
    wrong = [one for one in found if one.state in (ViewState.NEW, ViewState.WRONG, ViewState.DELETED)]
    if wrong and not as_json:
        output.note(f"{len(wrong)} view(s) missing or wrong: `laike views --fix` mends them")
    return output.IN_PART if wrong else output.DONE
