"""The steps from an empty base to the first success, in the order of doing, each with its state.

The state is derived from what is set and remembered, and from what was tested within one visit; nothing is stored, so
that the set-up can be left and taken up anywhere.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from pipeline.core.outcome import RunState
from pipeline.core.overview.setup.model import (
    Act,
    Facts,
    Item,
    Section,
    Setup,
    Step,
    StepState,
    TablePlan,
    is_later,
    state_of,
)
from pipeline.core.overview.setup.problems import TABLE_ID, Problem
from pipeline.core.overview.setup.words import (
    CALLBACK,
    CALLBACK_HERE,
    CALLBACK_LATER,
    CONSOLE_URL,
    HOOK,
    ITEMS,
    OPTIONAL,
    PLACES,
    REST,
    RESTART,
    Place,
)
from pipeline.core.token import callback

BROKEN = "broken"
OF_THE_SOURCE = ("LAIKE_OCEANENGINE_APP_ID", "LAIKE_OCEANENGINE_SECRET")
OF_THE_BASE = ("LAIKE_FEISHU_APP_ID", "LAIKE_FEISHU_APP_SECRET", "LAIKE_BITABLE_APP_TOKEN")


def setup_of(facts: Facts) -> Setup:
    """Every step."""
    made: list[Step] = [_settings(facts)]
    for step in (_checks, _table, _authorize, _accounts, _bot, _first_run):
        made.append(step(facts, made))
    return Setup(tuple(made))


def _settings(facts: Facts) -> Step:
    asked = [problem for problem in facts.problems if not is_later(problem)]
    sections = [_section(place, asked, facts) for place in PLACES]
    named = {variable for place in PLACES for variable in place.variables}
    if rest := tuple(problem for problem in asked if problem.variable not in named):
        sections.append(Section(REST, rest))
    state, missing = state_of(asked), sum(problem.missing for problem in asked)
    wrong = len(asked) - missing
    counted = "，".join([*([f"缺 {missing} 项"] if missing else []), *([f"有误 {wrong} 项"] if wrong else [])])
    says = f"设置{counted}：按下面的顺序取得，写入 .env。" if asked else "设置齐全。"
    block = _block(asked, facts) if missing else ""
    return Step("settings", "填写设置", state, says, RESTART if asked else (), block, tuple(sections))


def _section(place: Place, asked: Sequence[Problem], facts: Facts) -> Section:
    problems = tuple(problem for problem in asked if problem.variable in place.variables)
    if place is not PLACES[0]:
        return Section(place, problems, copy=place.command if problems else "")
    if facts.callback:
        return Section(place, problems, CALLBACK, facts.callback)
    if facts.address:
        return Section(place, problems, CALLBACK_HERE, callback(None, facts.address) or "")
    return Section(place, problems, CALLBACK_LATER)


def _block(problems: Sequence[Problem], facts: Facts) -> str:
    """Lines to copy: names without values. The next look names one that was forgotten; a placeholder would hide it.

    Only the console's address has its value: the one at which this page is open.
    """
    missing = {problem.variable for problem in problems if problem.missing}
    wanted = {name: words for place in PLACES for name, words in place.variables.items() if words and name in missing}
    wanted |= {name: words for name, words in OPTIONAL.items() if name in facts.unset}
    known = {CONSOLE_URL: facts.address}
    return "\n".join(f"# {words}\n{name}={known.get(name, '')}" for name, words in wanted.items())


def _checks(facts: Facts, _: Sequence[Step]) -> Step:
    used = facts.table_known or facts.succeeded
    items = (
        _item(facts, "redis", proven=True, waits=False),
        _item(facts, "oceanengine", proven=facts.token and not facts.token_trouble, waits=facts.lacks(OF_THE_SOURCE)),
        _item(facts, "feishu", proven=used, waits=facts.lacks(OF_THE_BASE)),
    )
    state = _worst(items)
    says = {
        StepState.DONE: "凭证和权限均可用。",
        StepState.OPEN: "还没有全部检测：检测只读取数据，不改动任何内容。",
        StepState.WRONG: "有检测未通过：请按说明处理后再次检测。",
        StepState.WAITS: "先补全设置，再检测。",
    }
    return Step("checks", "检测凭证与权限", state, says[state], items=items)


def _item(facts: Facts, name: str, *, proven: bool, waits: bool, enough: Collection[str] = ("ok", "warning")) -> Item:
    """An item by its test of this visit, else by what is remembered.

    Args:
        enough: The states of results that keep nobody.
    """
    tested = facts.tested.get(name, ())
    if any(one.state == BROKEN for one in tested):
        state = StepState.WRONG
    elif waits or not facts.testable:
        state = StepState.WAITS
    elif tested:
        state = StepState.DONE if all(one.state in enough for one in tested) else StepState.OPEN
    else:
        state = StepState.DONE if proven else StepState.OPEN
    return Item(name, ITEMS[name], state, tested)


def _worst(items: Sequence[Item]) -> StepState:
    states = {item.state for item in items}
    ranked = (StepState.WRONG, StepState.OPEN, StepState.WAITS)
    return next((state for state in ranked if state in states), StepState.DONE)


def _table(facts: Facts, made: Sequence[Step]) -> Step:
    feishu = next(item for item in made[-1].items if item.name == "feishu")
    step = Step("table", "数据表", StepState.WAITS, "飞书应用可用后，在这里新建或接管数据表。")
    if feishu.state in (StepState.WAITS, StepState.WRONG):
        return step
    if any(problem.variable == TABLE_ID and not problem.missing for problem in facts.problems):
        return replace(step, says=f"请先在上面的设置中修正 {TABLE_ID}。")
    if facts.plan:
        return _planned(step, facts.plan)
    if facts.table_known and not facts.lacks((TABLE_ID,)):
        return replace(step, state=StepState.DONE, says=_TABLE_IS_RIGHT, act=Act.LOOK)
    is_set = not facts.lacks((TABLE_ID,))
    says = "数据表已指定，请查看是否缺少列。" if is_set else "还没有数据表：先查看计划，确认后再创建。"
    return replace(step, state=StepState.OPEN, says=says, act=Act.LOOK)


_TABLE_IS_RIGHT = "数据表和各列均符合要求。"


def _planned(step: Step, plan: TablePlan) -> Step:
    """The step of the table, as this visit found the base."""
    if plan.left:
        return replace(step, state=StepState.WRONG, says="数据表有几处需要先手动修改。", lines=plan.left, act=Act.LOOK)
    if plan.lines:
        says = "请核对计划，确认后再创建；其他内容不会改动。"
        return replace(step, state=StepState.OPEN, says=says, lines=plan.lines, act=Act.MAKE)
    if plan.to_set:
        says = "数据表已建好，还差一步：把下面这行写入 .env，然后重启。"
        return replace(step, state=StepState.OPEN, says=says, lines=RESTART[:1], block=f"{TABLE_ID}={plan.to_set}")
    return replace(step, state=StepState.DONE, says=_TABLE_IS_RIGHT, act=Act.LOOK)


def _authorize(facts: Facts, _: Sequence[Step]) -> Step:
    title = "授权"
    if facts.problems:
        return Step("authorize", title, StepState.WAITS, _first_after(facts))
    if facts.token_trouble:
        return Step("authorize", title, StepState.WRONG, facts.token_trouble, act=Act.AUTHORIZE)
    if facts.token:
        return Step("authorize", title, StepState.DONE, "已授权，之后每天自动续期。", act=Act.AUTHORIZE)
    says = "请由管理这些账户的人在巨量引擎授权，并勾选全部账户。"
    return Step("authorize", title, StepState.OPEN, says, act=Act.AUTHORIZE)


def _first_after(facts: Facts) -> str:
    return "数据表建好并写入 .env 后，在这里授权。" if facts.complete else "设置齐全后，在这里授权。"


def _accounts(facts: Facts, made: Sequence[Step]) -> Step:
    title = "选择账户"
    if made[-1].state != StepState.DONE:
        return Step("accounts", title, StepState.WAITS, "授权后会列出可以同步的账户。")
    if facts.accounts is None:
        return Step("accounts", title, StepState.OPEN, "还没有读取账户列表。", act=Act.DISCOVER)
    if not facts.accounts:
        return Step("accounts", title, StepState.WRONG, "账户已全部停用：请至少启用一个。", act=Act.CHOOSE)
    off = f"，另有 {facts.disabled:,} 个已停用" if facts.disabled else ""
    says = f"将同步 {facts.accounts:,} 个账户{off}；默认同步全部。"
    return Step("accounts", title, StepState.DONE, says, act=Act.CHOOSE)


def _bot(facts: Facts, _: Sequence[Step]) -> Step:
    title = "测试群机器人"
    if facts.problems or not facts.testable:
        return Step("bot", title, StepState.WAITS, "设置齐全后，在这里发送测试消息。", optional=True)
    if HOOK in facts.unset:
        says = "没有设置群机器人：同步照常进行，但群里收不到通知。"
        line = "在飞书群「设置」→「群机器人」→「自定义机器人」复制 Webhook 地址，写入 .env 后重启服务。"
        return Step("bot", title, StepState.OPEN, says, (line,), f"{HOOK}=", optional=True)
    item = _item(facts, "webhook", proven=facts.succeeded, waits=False)
    words = {
        StepState.DONE: "群机器人可用。",
        StepState.WRONG: "消息没有发出：请按说明处理后再试。",
        StepState.OPEN: "请发送一条测试消息，并在群里确认收到。",
    }
    return Step("bot", title, item.state, words[item.state], items=(item,), act=Act.SEND, optional=True)


def _first_run(facts: Facts, made: Sequence[Step]) -> Step:
    title, last = "首次同步", facts.last
    ready = all(one.state == StepState.DONE for one in made if one.name in ("table", "authorize", "accounts"))
    item = _item(facts, "schedule", proven=facts.succeeded, waits=bool(facts.problems), enough=("ok",))
    step = Step("first_run", title, StepState.WAITS, "完成前面的步骤后，在这里开始首次同步。", items=(item,))
    if facts.problems:
        return replace(step, items=())
    if last and last.state == RunState.RUNNING and not facts.succeeded:
        return replace(step, state=StepState.RUNNING, says="正在同步，通常一两分钟完成。")
    if facts.succeeded:
        return replace(step, state=StepState.DONE, says="已成功同步，之后每天自动进行。")
    if last:
        return replace(
            step,
            state=StepState.WRONG,
            says="最近一次同步未成功。",
            lines=(last.why,) if last.why else (),
            act=Act.BEGIN,
        )
    if ready:
        says = "一切就绪：现在同步昨天的数据，之后每天自动进行。"
        return replace(step, state=StepState.OPEN, says=says, act=Act.BEGIN)
    return step
