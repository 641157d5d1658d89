"""`laike report`: write some days as one HTML page."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cli.arguments import day_of, of_table
from cli.session import opened
from cli.terminal import output
from pipeline.core.errors import WrongInput
from pipeline.core.runs.plan import over
from pipeline.core.telling.report import Report
from pipeline.file_input import path_of
from pipeline.render.report import page
from pipeline.state.files import new_file, own_folder
from pipeline.steps.on_demand.report import gather, send_report
from pipeline.steps.rollover.chosen import chain_chosen
from pipeline.steps.telling.tell import Sent

RESULTS = {Sent.YES: "sent", Sent.NOT: "not_sent", Sent.PERHAPS: "unknown"}
UNSENT = {
    Sent.NOT: "the card could not be sent to the group",
    Sent.PERHAPS: "nobody knows whether the group has the card: the bot's answer was lost",
}


def report(
    start: str,
    end: str,
    accounts: Sequence[str],
    *,
    table: str | None = None,
    to: str | None,
    send: bool,
    as_json: bool,
) -> int:
    """Write the page: 0 written, 1 days are not whole or the group did not get the card.

    Raises:
        WrongInput: The days, an account, the table or the file are wrong, the file exists, or no group is set.
    """
    first, last = day_of(start), day_of(end)
    with opened() as opened_ctx:
        ctx = chain_chosen(opened_ctx, table)
        days = over(first, last, ctx.now())
        if send and not ctx.bot():
            raise WrongInput("--send needs a group: set LAIKE_FEISHU_WEBHOOK_URL")
        name = f"laike-report-{of_table(ctx.table)}{days.first}-{days.last}.html"
        path = (path_of(to) if to is not None else own_folder(ctx.settings.output, "report") / name).absolute()
        with new_file(path, "report") as file:
            made = gather(ctx, days, accounts)
            file.write(page(made).encode())
        sent = send_report(ctx, made) if send else None
    if as_json:
        output.print_json(_document(made, path, sent))
    else:
        output.say(f"{made.tally.total.rows} rows, 消耗 {made.tally.total.cost:.2f} 元: {path}")
        if sent == Sent.YES:
            output.say("the card with the main figures was sent to the group")
    return _print_warnings(made, sent)


def _document(made: Report, path: Path, sent: Sent | None) -> dict[str, Any]:
    return {
        "file": str(path),
        "days": [day.isoformat() for day in made.days],
        "rows": made.tally.total.rows,
        "cost": f"{made.tally.total.cost:.2f}",
        "days_not_whole": [day.isoformat() for day in made.lacking],
        "sent": sent and {"to": "group", "result": RESULTS[sent]},
    }


def _print_warnings(made: Report, sent: Sent | None) -> int:
    """Print to stderr what is not whole; the exit code."""
    short = f"{len(made.lacking)} of {len(made.days)} days are not whole: the sums are too low"
    lines = [short] if made.lacking else []
    lines += [f"parked, and without figures meanwhile: {', '.join(made.parked)}"] if made.parked else []
    lines += [f"{made.tally.unreadable} rows have no 消耗 that could be read"] if made.tally.unreadable else []
    lines += [UNSENT[sent]] if sent in UNSENT else []
    for line in lines:
        output.note((line, "red"))
    return output.IN_PART if lines else output.DONE
