"""`laike report`: some days as a page with charts."""

from collections.abc import Sequence
from pathlib import Path

from cli import output
from cli.arguments import day_of
from cli.session import opened
from pipeline.core.errors import WrongInput
from pipeline.core.plan import over
from pipeline.render.report import report_page
from pipeline.render.report_card import report_card
from pipeline.state.files import replacing
from pipeline.steps.report import report as make
from pipeline.steps.tell import Sent, send


def report(start: str, end: str, accounts: Sequence[str], *, file: str | None, tell: bool, as_json: bool) -> int:
    """Write the page: 0 done, 1 where days are not whole, 3 where the group could not be told.

    Raises:
        WrongInput: The range or an account is not one, or there is no bot that could tell.
    """
    with opened() as ctx:
        if tell and not ctx.bot():
            msg = "--send: LAIKE_FEISHU_WEBHOOK_URL is not set"
            raise WrongInput(msg)
        days = over(day_of(start), day_of(end), ctx.now())
        output.err.print(f"reading the rows of {len(days)} day(s)")
        made = make(ctx, days, accounts)
        path = Path(file or f"laike-report-{days.first}-{days.last}.html").absolute()
        _write(path, report_page(made))
        told = not tell or send(ctx, report_card(made, str(path))) == Sent.YES
    total = made.total
    if as_json:
        document = {"file": str(path), "rows": total.rows, "cost": f"{total.cost:.2f}"}
        document |= {
            "conversions": f"{total.conversions or 0:f}",
            "days_not_whole": made.days_not_whole,
            "sent": tell and told,
        }
        output.print_json(document)
    else:
        output.out.print(f"{output.safe(str(path))}: {total.rows} rows, 消耗 {total.cost:.2f} 元", highlight=False)
    if made.days_not_whole:
        output.err.print(f"[yellow]{made.days_not_whole} account day(s) are not whole[/]: the page says which")
    if not told:
        output.err.print("[red]error:[/] the group was not told; `laike notify test` says why")
        return output.FAILED
    return output.IN_PART if made.days_not_whole else output.DONE


def _write(path: Path, page: str) -> None:
    try:
        with replacing(path) as file:
            file.write(page.encode())
    except OSError as error:
        msg = f"{path} cannot be written: {error.strerror}"
        raise WrongInput(msg) from None
