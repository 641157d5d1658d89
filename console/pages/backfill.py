"""补数: load a range of days; what it will cost is said before it is begun."""

import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from starlette.responses import Response

from console import backfills
from console.choice import FIRST
from console.inputs import day_in, text_in
from console.ranges import usual
from console.routes import act, fragment, page
from console.visit import Unknown, Visit
from pipeline.core.errors import WrongInput
from pipeline.core.model import china_day
from pipeline.core.outcome import RunState
from pipeline.core.overview.runs.lines import RunLine, Wanted
from pipeline.core.run_kind import RunKind
from pipeline.core.runs.plan import OLDEST_DAYS, told_apart, yesterday
from pipeline.core.text import plain
from pipeline.render.words import days_words, named
from pipeline.steps.accounts.roster import remembered_accounts
from pipeline.steps.overview import runs, story
from pipeline.steps.overview.estimate import estimate
from pipeline.steps.overview.hindrances import unattended
from pipeline.steps.runs.backfill import stop as stop_run

BAD_INPUT = 400
TICKS = 50  # accounts with a box to tick; others are typed
LINES_MOST = 2_000
TEXT_MOST = 100_000
ADDRESS_MOST = 3_000  # of an address: proxies take 8 KB with all its headers
_ONCE = re.compile(r"[0-9a-f]{12}")


def show(visit: Visit) -> Response:
    """Show the form, what is under way, and what ended lately."""
    return _form(visit, visit.query, visit.request.query_params.getlist("account")[:LINES_MOST])


def show_open(visit: Visit) -> Response:
    """Show the backfills that are under way."""
    return visit.render("_backfills.html", **_lists(visit))


def ask(visit: Visit) -> Response:
    """Lead to the estimate of what was filled in: reload and back repeat nothing there."""
    wanted, typed = _wanted(visit), visit.form
    asked = {"first": text_in(typed, "first"), "last": text_in(typed, "last"), "accounts": ",".join(wanted)}
    if len(asked["accounts"]) > ADDRESS_MOST:
        return _estimate(visit, typed, wanted)
    return visit.go("backfill_estimate", asked)


def weigh(visit: Visit) -> Response:
    """Say what a backfill will cost, and ask whether to begin it."""
    return _estimate(visit, visit.query, _listed(visit.query.get("accounts", "")))


def begin(visit: Visit) -> Response:
    """Begin it, and show how it goes."""
    wanted, once = _wanted(visit), text_in(visit.form, "once")
    if not _ONCE.fullmatch(once):
        raise WrongInput("表单已失效，请重新填写")
    first, last = _days(visit, visit.form)
    answers = backfills.a_worker_answers()
    try:
        run = backfills.begin(visit.ctx, first, last, wanted, once=once)
    except WrongInput as error:  # an account that is gone since it was estimated
        raise WrongInput(_what_is_wrong(visit, wanted, error)) from None
    if not any(one.act == "补数" for one in visit.site.acts.of_run(run.run_id)):
        visit.did("补数", f"{days_words(run.days)}，{len(run.accounts)} 个账户", run.run_id)
    return visit.go("run", run_id=run.run_id, query={} if answers else {"waits": "1"})


def stop(visit: Visit) -> Response:
    """Let no further batch begin."""
    run_id = text_in(visit.form, "run_id")
    if not story.exists(visit.ctx, run_id) or RunKind.of(run_id) is not RunKind.BACKFILL:
        raise Unknown("没有这次补数，或记录已超过保存期限。")
    if story.under_way(visit.ctx, [run_id]):
        stop_run(visit.ctx, run := visit.ctx.ledger.run(run_id))
        visit.did("停止补数", days_words(run.days), run_id)
    return visit.go("backfill")


def _estimate(visit: Visit, fields: Mapping[str, str], wanted: Sequence[str]) -> Response:
    try:
        first, last = _days(visit, fields)
        told, same = estimate(visit.ctx, first, last, wanted)
    except WrongInput as error:
        return _form(visit, fields, wanted, _what_is_wrong(visit, wanted, error))
    names = _names(visit) if wanted else {}
    chosen = named([names.get(one, one) for one in wanted]) if wanted else ""
    once = secrets.token_hex(6)
    return visit.render("estimate.html", told=told, same=same, accounts=wanted, chosen=chosen, once=once, first=FIRST)


def _form(visit: Visit, fields: Mapping[str, str], chosen: Sequence[str], wrong: str = "") -> Response:
    names, newest = _names(visit), yesterday(visit.now)
    ticks = dict(list(names.items())[:TICKS])
    typed = [one for one in chosen if one not in ticks]
    return visit.render(
        "backfill.html",
        BAD_INPUT if wrong else 200,
        wrong=wrong,
        first=text_in(fields, "first") or (newest - timedelta(days=6)).isoformat(),
        last=text_in(fields, "last") or newest.isoformat(),
        oldest=_oldest(visit),
        newest=newest,
        usual=usual(china_day(visit.now)),
        count=len(names),
        all_ticked=len(names) <= TICKS,
        ticks=ticks,
        ticked=set(chosen),
        typed=typed,
        **_lists(visit),
    )


def _oldest(visit: Visit) -> date:
    """The oldest day that the source serves."""
    return china_day(visit.now) - timedelta(days=OLDEST_DAYS)


def _lists(visit: Visit) -> dict[str, Any]:
    """Backfills under way with their progress, and those that ended."""
    lines = runs.page_of(visit.ctx, Wanted(kind=RunKind.BACKFILL)).lines
    open_ = {one.run_id: one for one in lines if one.state == RunState.RUNNING}
    progress = {one.run_id: one for one in story.under_way(visit.ctx, list(open_))}
    ended: list[RunLine] = [one for one in lines if one.run_id not in open_]
    idle = unattended(visit.ctx, (one.state for one in lines))
    return {"open": open_, "progress": progress, "ended": ended[:20], "unattended": idle}


def _days(visit: Visit, fields: Mapping[str, str]) -> tuple[date, date]:
    """The days that were filled in; `WrongInput`, in Chinese, if they cannot be loaded."""
    first, last = day_in(fields, "first"), day_in(fields, "last")
    newest = yesterday(visit.now)
    oldest = _oldest(visit)
    if first is None or last is None:
        raise WrongInput("请填写开始日期和结束日期")
    if last < first:
        raise WrongInput("开始日期不能晚于结束日期")
    if first < oldest or last > newest:
        raise WrongInput(f"只能补 {oldest} 至 {newest}（昨天）的数据")
    return first, last


def _wanted(visit: Visit) -> list[str]:
    """The accounts of the form, ticked or typed, or those of an earlier backfill; none means all."""
    if run_id := text_in(visit.form, "like"):
        if not story.exists(visit.ctx, run_id):
            raise Unknown("没有这次补数，或记录已超过保存期限。")
        return [one.id for one in visit.ctx.ledger.run(run_id).accounts]
    ticked = [one for value in visit.form_list("account") for one in _listed(value)]
    return list(dict.fromkeys([*ticked, *_listed(visit.form.get("accounts", ""))]))[:LINES_MOST]


def _listed(text: str) -> list[str]:
    """Ids or names of accounts, one a line or separated by commas."""
    lines = (plain(one).strip() for one in re.split(r"[\n,，;；]", text[:TEXT_MOST]))
    return list(dict.fromkeys(one for one in lines if one))[:LINES_MOST]


def _names(visit: Visit) -> Mapping[str, str]:
    listed = remembered_accounts(visit.ctx)
    return told_apart(listed.names) if listed else {}


def _what_is_wrong(visit: Visit, wanted: Sequence[str], error: WrongInput) -> str:
    """The error in Chinese; that about accounts names those that are not known."""
    names = _names(visit)
    if not names:
        return "还没有账户：请先完成授权"
    if unknown := [one for one in wanted if one not in names and one not in names.values()]:
        return f"找不到或不能补数的账户：{named(unknown)}"
    return error.message


ROUTES = [
    page("/backfill", show, "backfill"),
    fragment("/backfill/open", show_open, "backfill_open"),
    act("/backfill/estimate", ask, "backfill_ask"),
    page("/backfill/estimate", weigh, "backfill_estimate"),
    act("/backfill/begin", begin, "backfill_begin"),
    act("/backfill/stop", stop, "backfill_stop"),
]
