"""覆盖: accounts × days, the days of one account, the story of one day, and reading a day again."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import partial
from typing import Any

from markupsafe import Markup
from starlette.responses import Response

from console import backfills
from console.choice import Choice, chosen
from console.inputs import figures_day_in, number_in, text_in
from console.routes import act, fragment, page
from console.visit import Unknown, Visit
from console.words import DAYS
from pipeline.core.errors import WrongInput
from pipeline.core.overview.account_days import AccountDays
from pipeline.core.overview.cell_story import shut
from pipeline.core.overview.coverage_page import SPANS, Asked
from pipeline.steps.overview import cell_story, coverage_page
from pipeline.steps.overview.hindrances import silent

NO_ACCOUNT, NO_DAY = "没有这个账户，或者它已停用。", "没有这一天。"
# thousands of cells on a page: each is made once, and as short as HTML allows
BEGINS = {
    state: Markup("<td>") if of.tone == "good" else Markup("<td class={}>").format(of.tone[0])
    for state, of in DAYS.items()
}
CELLS = {state: begin + DAYS[state].sign for state, begin in BEGINS.items()}


def show(visit: Visit) -> Response:
    """Show the grid: the worst accounts first."""
    asked, choice = asked_for(visit), chosen(visit)
    grid = coverage_page.page_of(choice.ctx, asked)
    query = {"days": asked.days, "only": "1" if asked.only_problems else None, "q": asked.search or None}
    query |= choice.query
    return visit.render(
        "coverage.html", grid=grid, query=query, choice=choice, spans=SPANS, signs=DAYS, begins=BEGINS, cells=CELLS
    )


def asked_for(visit: Visit) -> Asked:
    """What the address asks for; a range of days that is no choice of the form counts as the usual one."""
    days = text_in(visit.query, "days")
    return Asked(
        days=next((span for span in SPANS if str(span) == days), SPANS[0]),
        page=number_in(visit.query, "page"),
        only_problems=text_in(visit.query, "only") == "1",
        search=text_in(visit.query, "q"),
    )


def account(visit: Visit) -> Response:
    """Show the days of one account, with figures."""
    choice = chosen(visit)
    found = _days(visit, choice)
    here = partial(visit.path, account_id=found.account.id)
    return visit.render("coverage_account.html", found=found, here=here, choice=choice)


def day(visit: Visit) -> Response:
    """Show everything that is known of one account's day."""
    return visit.render("coverage_day.html", **_story(visit))


def reading(visit: Visit) -> Response:
    """Show that the day is being read; once it is not any more, let the whole page be loaded again."""
    told = _story(visit)
    answer = visit.render("_coverage_reading.html", **told)
    if not told["story"].reading:
        answer.headers["HX-Refresh"] = "true"
    return answer


def read_again(visit: Visit) -> Response:
    """Load exactly one account's day again, and lead to its story, which follows it."""
    account_id, wanted, choice = visit.form.get("account_id", ""), _day_in(visit, visit.form), chosen(visit, visit.form)
    try:
        account = cell_story.account_of(choice.ctx, account_id)
    except WrongInput:
        raise Unknown(NO_ACCOUNT) from None
    if why := shut(wanted, visit.now):  # midnight passed since the page was made, say
        raise WrongInput(why)
    run = backfills.begin(visit.ctx, wanted, wanted, [account.id])
    visit.did("重新读取", f"{account.name} {wanted}", run_id=run.run_id)
    return visit.go("coverage_day", choice.query, account_id=account.id, day=wanted.isoformat())


def _days(visit: Visit, choice: Choice) -> AccountDays:
    page_asked = number_in(visit.query, "page")
    try:
        return cell_story.days_of(choice.ctx, visit.param("account_id"), page_asked)
    except WrongInput:
        raise Unknown(NO_ACCOUNT) from None


def _story(visit: Visit) -> dict[str, Any]:
    wanted, choice = _day_in(visit, {"day": visit.param("day")}), chosen(visit)
    try:
        story = cell_story.story_of(choice.ctx, visit.param("account_id"), wanted)
    except WrongInput:
        raise Unknown(NO_ACCOUNT) from None
    return {"story": story, "choice": choice, "unattended": silent(visit.ctx).workers}


def _day_in(visit: Visit, fields: Mapping[str, str]) -> date:
    """A day that may have figures."""
    try:
        found = figures_day_in(fields, "day")
    except WrongInput:
        found = None
    if found is None or found > visit.now.date() + timedelta(days=1):
        raise Unknown(NO_DAY)
    return found


ROUTES = [
    page("/coverage", show, "coverage"),
    act("/coverage/read", read_again, "coverage_read"),
    page("/coverage/{account_id}", account, "coverage_account"),
    page("/coverage/{account_id}/{day}", day, "coverage_day"),
    fragment("/coverage/{account_id}/{day}/reading", reading, "coverage_reading"),
]
