"""设置: from an empty base to the first success. The engineer reads it, so it names settings and files.

Secrets stay in `.env`: no form here takes one, and no line shows one.
"""

from collections.abc import Mapping
from dataclasses import replace

from starlette.responses import Response

from console.routes import act, fragment, page
from console.visit import Visit
from console.words import Sign
from pipeline.context import Context
from pipeline.core.errors import WrongInput
from pipeline.core.overview.setup.choice import line_for
from pipeline.core.overview.setup.model import Facts, StepState
from pipeline.core.overview.setup.steps import setup_of
from pipeline.core.overview.setup.words import ITEMS
from pipeline.state import keys
from pipeline.state.lease import hold
from pipeline.steps.accounts.roster import current_accounts
from pipeline.steps.coverage.known_tables import unknown_tables_of
from pipeline.steps.overview.hindrances import Silent, silent, unattended
from pipeline.steps.overview.setup.here import Here, choices, facts_of, here
from pipeline.steps.overview.setup.table import make_table, plan_table
from pipeline.steps.overview.setup.trial import tried
from pipeline.steps.runs.plan import begin
from worker.dispatch import start
from worker.presence import require_worker, workers_of

STEPS: Mapping[StepState, Sign] = {
    StepState.DONE: Sign("✓", "已完成", "good"),
    StepState.OPEN: Sign("○", "待完成", "warn"),
    StepState.WRONG: Sign("✕", "需要处理", "bad"),
    StepState.WAITS: Sign("·", "等待前面的步骤", "calm"),
    StepState.RUNNING: Sign("◌", "进行中", "live"),
}
RESULTS: Mapping[str, Sign] = {
    "ok": Sign("✓", "正常", "good"),
    "warning": Sign("!", "请留意", "warn"),
    "broken": Sign("✕", "未通过", "bad"),
}
LISTED_MOST = 300  # accounts with a tick each; more make a page that nobody reads


def show(visit: Visit) -> Response:
    """Show how far the set-up is."""
    at = _here(visit)
    return _page(visit, at, facts_of(at))


def watch(visit: Visit) -> Response:
    """Show how far the first run is."""
    at = _here(visit)
    facts = facts_of(at)
    step = setup_of(facts).steps[-1]
    answer = visit.render("_setup_run.html", step=step, last=facts.last, unattended=_unattended(at, facts))
    if step.state != StepState.RUNNING:
        answer.headers["HX-Redirect"] = visit.path("setup")  # what the whole page says has changed
    return answer


def check(visit: Visit) -> Response:
    """Test some credentials and permissions, or all and what the base lacks; reads only."""
    wanted = set(visit.form_list("item") or ITEMS) - {"webhook"}  # only a message shows whether the bot works
    at = _here(visit)
    facts = facts_of(at)
    if at.ctx is None:
        return _page(visit, at, facts)
    tested = tried(at.ctx, setup_of(facts).testable & wanted, workers_of(at.ctx))
    facts = replace(facts, tested=tested)
    plan = plan_table(at.ctx) if setup_of(facts).may_plan and not visit.form_list("item") else None
    return _page(visit, at, replace(facts, plan=plan))


def look(visit: Visit) -> Response:
    """Show what the base lacks."""
    at = _here(visit)
    return _page(visit, at, replace(facts_of(at), plan=plan_table(_usable(at))))


def make(visit: Visit) -> Response:
    """Make what the base lacks."""
    plan = make_table(_usable(_here(visit)))
    visit.did("创建数据表", "按计划创建或补全数据表")
    at = _here(visit)  # the table's id may be in the settings now
    facts = facts_of(at)
    if at.ctx:  # the table shows that the Feishu app works; without a token only a test shows it of the other
        tested = tried(at.ctx, setup_of(facts).testable & {"oceanengine"}, workers_of(at.ctx))
        facts = replace(facts, tested=tested)
    return _page(visit, at, replace(facts, plan=plan))


def discover(visit: Visit) -> Response:
    """Ask Ocean Engine for the accounts."""
    current_accounts(visit.ctx, anew=True)
    return visit.go("setup")


def choose(visit: Visit) -> Response:
    """Make the line that says which accounts are synced."""
    wanted, known = visit.form_list("account"), {one.id for one in choices(visit.ctx) or ()}
    if not known.intersection(wanted):
        raise WrongInput("请至少勾选一个账户。")
    at = _here(visit)
    line = line_for(visit.ctx.settings.account_options, known, wanted)
    return _page(visit, at, facts_of(at), chosen=set(wanted), line=line)


def send(visit: Visit) -> Response:
    """Let the bot send a message to the group."""
    tested = tried(visit.ctx, ["webhook"], workers_of(visit.ctx), send=True)
    visit.did("测试群机器人", "发送测试消息")
    at = _here(visit)
    return _page(visit, at, replace(facts_of(at), tested=tested))


def run(visit: Visit) -> Response:
    """Begin the first run, through the workers; one that is under way is joined."""
    ctx = visit.ctx
    # two at once would each see none under way
    with hold(ctx.client, keys.step("setup", "begin"), ctx.time_left(None)):
        if setup_of(facts_of(Here(ctx, ()))).steps[-1].state != StepState.RUNNING:
            require_worker()
            begun = begin(ctx, None, [], dry_run=False)
            start(ctx, begun)
            visit.did("首次同步", f"同步 {begun.day}", begun.run_id)
    return visit.go("setup")


def _here(visit: Visit) -> Here:
    return here(lambda: visit.ctx)


def _usable(at: Here) -> Context:
    if at.ctx is None:
        raise WrongInput("请先补全设置，再查看数据表。")
    return at.ctx


def _unattended(at: Here, facts: Facts) -> bool:
    return bool(at.ctx and facts.last and unattended(at.ctx, [facts.last.state]))


def _page(visit: Visit, at: Here, facts: Facts, chosen: set[str] | None = None, line: str | None = None) -> Response:
    facts = replace(facts, address=visit.address)
    listed = (choices(at.ctx) or []) if at.ctx and at.complete else []
    return visit.render(
        "setup.html",
        setup=setup_of(facts),
        signs=STEPS,
        results=RESULTS,
        complete=at.complete,
        idle=at.ctx is not None and silent(at.ctx) != Silent(beat=False, workers=False),
        last=facts.last,
        unattended=_unattended(at, facts),
        listed=listed,
        too_many=len(listed) > LISTED_MOST,
        chosen={one.id for one in listed if one.enabled} if chosen is None else chosen,
        line=line,
        unmade=unknown_tables_of(at.ctx) if at.ctx and at.complete else [],
    )


ROUTES = [
    page("/setup", show, "setup"),
    fragment("/setup/watch", watch, "setup_watch"),
    act("/setup/check", check, "setup_check"),
    act("/setup/table", look, "setup_look"),
    act("/setup/table/make", make, "setup_make"),
    act("/setup/accounts/discover", discover, "setup_discover"),
    act("/setup/accounts", choose, "setup_choose"),
    act("/setup/bot", send, "setup_send"),
    act("/setup/run", run, "setup_run"),
]
