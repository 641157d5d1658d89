"""变更: figures that moved after they were first loaded."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from starlette.responses import Response

from console.choice import chosen
from console.inputs import figures_day_in, page_in, text_in
from console.routes import page
from console.visit import Visit
from console.words import Sign
from pipeline.core.overview.registers.changes import cause_named
from pipeline.core.runs.plan import yesterday
from pipeline.core.table.columns import holdable
from pipeline.core.table.revisions import Cause, Sought
from pipeline.steps.overview.changes import changes_page

CAUSES: Mapping[Cause, Sign] = {
    Cause.RESTATED: Sign("↻", "数据源修正", "live"),
    Cause.EDITED: Sign("✎", "人工改动，已恢复", "warn"),
    Cause.UNCLEAR: Sign("?", "原因不明", "calm"),
}
EMPTY = "（空）"


def show(visit: Visit) -> Response:
    """Show the changes that match, the newest first."""
    sought = Sought(
        day=figures_day_in(visit.query, "day"),
        cause=cause_named(visit.query.get("cause", "")),
        text=text_in(visit.query, "text"),
    )
    account = text_in(visit.query, "account")
    choice = chosen(visit)
    found = changes_page(choice.ctx, sought, account, page_in(visit.query))
    asked = {"day": sought.day or "", "account": account, "cause": sought.cause or "", "text": sought.text}
    return visit.render(
        "changes.html",
        found=found,
        asked=asked,
        filtered=any(asked.values()),
        usual=_usual(visit),
        causes=CAUSES,
        cell=cell,
        choice=choice,
    )


def _usual(visit: Visit) -> list[tuple[str, date]]:
    """The days that people report on the day after."""
    newest = yesterday(visit.now)
    return [("昨日的数字", newest), ("前日的数字", newest - timedelta(days=1))]


def cell(text: str) -> str:
    """A figure as it stood in a cell, with separators; what is no figure as it is."""
    try:
        figure = Decimal(text)
    except InvalidOperation:
        return text or EMPTY
    return f"{figure:,f}" if holdable(figure) else text


ROUTES = [page("/changes", show, "changes")]
