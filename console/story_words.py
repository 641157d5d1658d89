"""The story of a run in Chinese: its steps, its calls, its accounts, and the sentence on top."""

from collections.abc import Mapping

from console.words import WAITS, Sign, day_sign, duration
from pipeline.core.outcome import DayState, RunState, Summary
from pipeline.core.overview.runs.spans import QUEUE, Span
from pipeline.core.overview.runs.story import AccountStory, Phase, RunTold
from pipeline.core.runs.flow import FETCH, FINISH, LOAD, READ, VERIFY, VIEWS
from pipeline.core.tables.ends import ends, good_accounts, results, said
from pipeline.render.words import seen

STEPS: Mapping[str, str] = {
    QUEUE: "排队",
    READ: "读取表格",
    FETCH: "读取账户数据",
    LOAD: "比较并写入",
    VERIFY: "重新读取核对",
    VIEWS: "检查视图",
    FINISH: "更新状态表并结束",
}
CALLS: Mapping[str, str] = {
    "report/promotion": "广告数据",
    "report/account": "账户数据",
    "report/project": "项目数据",
    "records/search": "查询记录",
    "records/batch_create": "新增记录",
    "records/batch_update": "更新记录",
    "records/batch_delete": "删除记录",
    "tables/fields": "列",
    "tables/views": "视图",
    "apps/tables": "数据表",
    "tenant_access_token/internal": "飞书凭证",
    "oauth2/refresh_token": "刷新授权",
}
OCEANENGINE = ("report/", "oauth2/", "account/", "advertiser/", "child_agent/")
_FETCHED: Mapping[str, Sign] = {
    "loaded": Sign("✓", "已读取", "good"),
    "empty": Sign("0", "无数据", "calm"),
    "failed": Sign("✕", "失败", "bad"),
    "": Sign("…", "等待中", "calm"),
    "fetching": Sign("◌", "读取中", "live"),
    "postponed": Sign("!", "稍后重试", "warn"),
}
_TONES = {RunState.SUCCESS: "good", RunState.PARTIAL: "warn", RunState.INTERRUPTED: "warn", RunState.RUNNING: "live"}


def step_words(phase: Phase) -> str:
    """The name of a step, with its table if the run is in several."""
    name = STEPS.get(phase.step, phase.step)
    return f"{seen(phase.table)}：{name}" if phase.table else name


def phase_words(phase: Phase) -> str:
    """What came of a step, as far as it says, and how long it waited for others."""
    waited = f"等待其他写入 {duration(phase.locked_ms / 1000)}" if phase.locked_ms else ""
    return "；".join(one for one in (_came_of(phase), waited) if one)


def _came_of(phase: Phase) -> str:
    facts = phase.facts
    if phase.step == FETCH:
        failed = f"，{facts['bad']} 个失败" if int(facts["bad"]) else ""
        return f"{facts['done']}/{phase.accounts} 个账户，{int(facts['rows']):,} 行{failed}"
    if phase.step == READ and "rows" in facts:
        return f"表格中已有 {int(facts['rows']):,} 行"
    if phase.step == LOAD and "created" in facts:
        made, changed, same = (int(facts[name]) for name in ("created", "updated", "unchanged"))
        return f"新增 {made:,} 行，更新 {changed:,} 行，{same:,} 行无变化"
    if phase.step == VERIFY and "agrees" in facts:
        return "一致" if facts["agrees"] == "true" else "未能核对一致"
    if phase.step == VIEWS and "created" in facts:
        return f"新建 {facts['created']} 个，修复 {facts['repaired']} 个"
    return ""


def calls_words(calls: Mapping[str, int]) -> str:
    """Calls by what was asked for."""
    return "、".join(f"{CALLS.get(name, name)} {count}" for name, count in calls.items())


def service_calls(calls: Mapping[str, int]) -> tuple[int, int]:
    """How many calls went to Ocean Engine, and how many to Feishu."""
    ocean = sum(count for name, count in calls.items() if name.startswith(OCEANENGINE))
    return ocean, sum(calls.values()) - ocean


def account_sign(one: AccountStory) -> Sign:
    """How an account in a run is shown."""
    if one.end:
        return day_sign(one.end.state if one.bad else one.end.of_day)
    if one.bad or one.last is None:
        return _FETCHED["failed" if one.bad else ""]
    said = one.last.event if one.last.ended_ms is None or one.last.event == "postponed" else one.last.facts["state"]
    return _FETCHED[said]


def span_tone(span: Span) -> str:
    """The tone of a try at fetching an account."""
    if span.ended_ms is None:
        return "live"
    if span.event == "postponed":
        return "warn"
    return "good" if span.facts.get("state", "loaded") in ("loaded", "empty") else "bad"


def tone(told: RunTold) -> str:
    """The tone of a run."""
    return _TONES.get(told.state, "bad")


def sentence(told: RunTold, unattended: object = False) -> str:  # noqa: FBT002 as the template's own
    """The sentence on top of a run's page; `unattended`: no worker is there to go on with it."""
    if told.end is None:
        return WAITS.word if unattended and not queued(told) else _open_sentence(told)
    accounts = results(told.end).values()
    waited = sum(any(one.state != DayState.PARKED for one in those) for those in accounts)
    good = good_accounts(told.end)
    if told.end.dry_run:
        return f"试运行：{good}/{waited} 个账户可以写入，未写入表格"
    if told.state == RunState.SUCCESS:
        return f"成功：{_came_in(told.end, waited)}核对一致"
    if told.state == RunState.INTERRUPTED:
        return "已中断：没有完成的部分会由系统补齐"
    return f"{'部分完成' if told.state == RunState.PARTIAL else '失败'}：{waited} 个账户中 {waited - good} 个未完成"


def _came_in(end: Summary, waited: int) -> str:
    """What came of a run that is a success."""
    lines = [one for those in results(end).values() for one in those]
    if any(one.window_rows or one.state not in (DayState.EMPTY, DayState.PARKED) for one in lines):
        return f"{waited} 个账户已写入并"
    return f"{waited} 个账户在数据源都没有数据，已" if waited > 1 else "该账户在数据源没有数据，已"


def queued(told: RunTold) -> bool:
    """Whether nobody has begun a run yet."""
    return told.end is None and len(told.story.phases) == 1


def _open_sentence(told: RunTold) -> str:
    if told.state == RunState.INTERRUPTED:
        return "没有进展：系统会接着完成"
    if told.progress and told.progress.stopping:
        return "正在停止：已开始的部分完成后结束"
    step = next((phase for phase in reversed(told.story.phases) if phase.ms is None), None)
    if step is None or step.step == QUEUE:
        return "排队中：等待同步服务开始" if queued(told) else "进行中"
    return f"进行中：{STEPS[step.step]}"


def counted(end: Summary) -> list[tuple[str, int, str]]:
    """What a run did to rows: name, count, and the unit; only what happened, but for the first three."""
    every = ends(end)
    written = ("created", "updated", "unchanged")
    created, updated, unchanged = (sum(getattr(one, name) for one in every) for name in written)
    first = [("新增", created, "行"), ("更新", updated, "行"), ("无变化", unchanged, "行")]
    others = [
        ("数据源修正", len({at for one in every for at in one.restatements}), "项"),
        ("人工改动，已恢复", sum(one.edited for one in every), "行"),
        ("数据源已不返回", sum(one.gone for one in every), "行"),
        ("他人添加", sum(one.foreign for one in every), "行"),
        ("重复", sum(one.duplicates for one in every), "行"),
    ]
    return [*first, *(one for one in others if one[1])]


def spent(told: RunTold) -> str:
    """The longest step until a run's end, its calls, retries and waits in one line."""
    ocean, feishu = service_calls(told.story.calls)
    said = [f"巨量引擎 {ocean:,} 次调用，飞书 {feishu:,} 次"]
    until_end = [phase for phase in told.story.phases if phase.step != VIEWS]
    if told.end and until_end:
        longest = max(until_end, key=lambda one: one.ms or 0)
        said.insert(0, f"用时最长的步骤：{step_words(longest)} {duration((longest.ms or 0) / 1000)}")
    said += [f"重试 {told.story.retries} 次"] if told.story.retries else []
    said += [f"为限速共等待 {duration(told.story.waited_ms / 1000)}"] if told.story.waited_ms else []
    return "；".join(said)


def verified(end: Summary) -> bool:
    """Whether all that was written was read back and agrees, in each table."""
    return all(one.verified for one in ends(end))


def notes(end: Summary) -> list[str]:
    """What people should know, with the tables that it is about."""
    return [*said([end], lambda one: one.warnings), *said([end], lambda one: one.view_notes)]
