"""授权: how the authorization stands, authorize again, and watch what was owed being loaded.

The link to the service is on a page, and is not where a form leads: browsers let no form lead to another site. The
callback answers with a redirect whatever happens, so that no page's address holds a code.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from celery import Celery
from starlette.responses import Response

from console import answers
from console.routes import act, fragment, page, whole
from console.visit import Visit
from pipeline.core.errors import LaikeError, WrongInput
from pipeline.core.overview.authorization import Authorized, Standing, following
from pipeline.core.token import Answer, answer_in
from pipeline.state.console.keys import STATE_TTL_S
from pipeline.state.store import StoreTrouble
from pipeline.steps.overview import authorization
from pipeline.steps.overview.authorization import Visitor
from pipeline.steps.overview.hindrances import unattended
from pipeline.steps.runs.plan import daily_is_outstanding
from worker.transport import as_store_trouble

DAYS_WARNED = 3  # before the end
PASTED_MOST = 4_000  # characters of an address
MAY_ONLY_LOOK = "您的账号只能查看，不能授权；本次没有生效。"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Headline:
    """The sentence on top of a page."""

    tone: str
    words: str
    more: str = ""


def show(visit: Visit) -> Response:
    """Show how the authorization stands, and why the last try failed."""
    return _page(visit)


def begin(visit: Visit) -> Response:
    """Make a link to the service, good for ten minutes."""
    until = visit.now + timedelta(seconds=STATE_TTL_S)
    return _page(visit, link=authorization.begin(visit.ctx, _visitor(visit)), until=until)


def come_back(visit: Visit) -> Response:
    """Take what the service answers through the browser."""
    if not visit.person.may_act:
        return _refused(visit, WrongInput("a viewer came back", what_to_do=MAY_ONLY_LOOK))
    return _taken(visit, f"https://callback/?{visit.request.url.query}", by_itself=True)


def paste(visit: Visit) -> Response:
    """Take the address on which the browser ended where it could not come back."""
    return _taken(visit, visit.form.get("address", "")[:PASTED_MOST], by_itself=False)


def done(visit: Visit) -> Response:
    """Show what the last authorization changed, the runs that load what was owed, and whether it holds no more."""
    there = authorization.standing(visit.ctx)
    if there.last is None:
        return visit.go("authorize")
    dead = there.trouble is not None or there.until is None
    headline = _headline(visit, there) if dead else _outcome(there.last)
    shown = _following(visit, there.last)
    return visit.render("authorized.html", last=there.last, headline=headline, dead=dead, **shown)


def progress(visit: Visit) -> Response:
    """Show the runs once more."""
    last = authorization.standing(visit.ctx).last
    return visit.render("_authorized.html", **_following(visit, last)) if last else Response("")


def _visitor(visit: Visit) -> Visitor:
    visitors, now = visit.site.visitors, visit.now
    return Visitor(visitors.digest_of(visit.request), visit.person.name, lambda one: visitors.has_ended(one, now))


def _page(visit: Visit, link: str | None = None, until: datetime | None = None) -> Response:
    there = authorization.standing(visit.ctx)
    refused = None if link else authorization.refusal(visit.ctx, _visitor(visit))
    return visit.render(
        "authorize.html", there=there, headline=_headline(visit, there), refused=refused, link=link, until=until
    )


def _headline(visit: Visit, there: Standing) -> Headline:
    if there.until is None:
        return Headline("warn", there.trouble or "尚未授权", "完成授权后才能开始同步。")
    if there.trouble:
        words = there.trouble if there.trouble.startswith("授权") else f"授权失效：{there.trouble}"
        return Headline("bad", words, "同步已停止，请重新授权；欠缺的数据会在授权后立即补齐。")
    left = there.days_left(visit.now)
    if left < DAYS_WARNED:
        when = f"还有 {left} 天到期" if left else "将在 24 小时内到期"
        return Headline("warn", f"授权{when}", "到期后同步会停止，请尽快重新授权。")
    return Headline("good", f"授权有效，还有 {left} 天到期", "系统会自动续期，平时不需要操作。")


def _outcome(last: Authorized) -> Headline:
    if last.missing:
        return Headline("warn", f"授权成功，但有 {len(last.missing)} 个账户没有勾选")
    return Headline("warn" if last.trouble else "good", "授权成功")


def _taken(visit: Visit, address: str, *, by_itself: bool) -> Response:
    """Exchange a code once; whatever came of it, lead on to a page whose reload repeats nothing."""
    ctx, visitor = visit.ctx, _visitor(visit)
    try:
        answer = answer_in(address, ctx.settings.oceanengine_app_id)
        if by_itself and answer.state is None:
            answer = Answer(answer.code, "")  # that of nobody
        made = authorization.complete(ctx, answer, visitor)
    except LaikeError as error:
        return _refused(visit, error)
    visit.did("重新授权", f"{made.accounts} 个账户" if made.accounts is not None else "账户列表未能读取")
    authorization.sent(ctx, made, None if made.first else _send(visit))
    return visit.go("setup" if made.first and not made.trouble else "authorized")  # the first is a step of the set-up


def _refused(visit: Visit, error: LaikeError) -> Response:
    authorization.refuse(visit.ctx, error, _visitor(visit))
    return visit.go("authorize")


def _send(visit: Visit) -> str | None:
    """Let the workers load what is owed; the id of the task. If it cannot be sent, the hourly one does the same."""
    name = "laike.daily" if daily_is_outstanding(visit.ctx) else "laike.catch_up"
    try:
        with as_store_trouble():
            return str(_tasks().send_task(name).id)
    except StoreTrouble as error:
        log.warning("not_sent", task=name, error=type(error).__name__)
        return None


def _following(visit: Visit, last: Authorized) -> dict[str, Any]:
    """The runs that load what was owed, and whether they wait for a worker."""
    found = following(last, authorization.runs_since(visit.ctx, last), visit.now, ended=_ended(last.task))
    return {"following": found, "unattended": unattended(visit.ctx, (one.state for one in found.runs))}


def _ended(task: str | None) -> bool:
    """Whether the task has begun all runs that it begins."""
    return bool(task and _tasks().AsyncResult(task).ready())


def _tasks() -> Celery:
    from worker.app import app  # noqa: PLC0415 it reads the settings of the process

    return app


ROUTES = [
    page("/authorize", show, "authorize"),
    act("/authorize/begin", begin, "authorize_begin"),
    act("/authorize/paste", paste, "authorize_paste"),
    whole("/authorize/callback", come_back, "authorize_callback", answers.to_login_and_authorize),
    page("/authorize/done", done, "authorized"),
    fragment("/authorize/progress", progress, "authorize_progress"),
]
