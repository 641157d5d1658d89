"""体检: every check of `laike doctor`, on a button."""

from collections import Counter
from collections.abc import Mapping

from starlette.responses import Response

from console.routes import act, page
from console.visit import Visit
from console.words import Sign
from pipeline.steps.doctor.examine import examine
from pipeline.steps.doctor.findings import State, worst
from worker.presence import workers_of

SIGNS: Mapping[State, Sign] = {
    State.OK: Sign("✓", "正常", "good"),
    State.WARNING: Sign("!", "注意", "warn"),
    State.BROKEN: Sign("✕", "有问题", "bad"),
    State.SKIPPED: Sign("–", "未检查", "calm"),
}
# by the name of a check, or by what comes before its first dot
SUBJECTS: Mapping[str, str] = {
    "settings": "设置",
    "addresses": "服务地址",
    "clock": "时钟",
    "redis": "存储",
    "token": "巨量引擎授权",
    "oceanengine": "巨量引擎接口",
    "accounts": "账户",
    "feishu": "飞书应用",
    "base": "多维表格",
    "table": "数据表",
    "tables": "数据表清单",
    "columns": "列",
    "rows": "数据行",
    "room": "剩余空间",
    "views": "账户视图",
    "other_writers": "其他写入程序",
    "webhook": "群机器人",
    "worker": "任务执行",
    "beat": "定时调度",
}
ORDER = (State.BROKEN, State.WARNING, State.SKIPPED, State.OK)


def show(visit: Visit) -> Response:
    """Show the button: a check sends calls, and takes some seconds."""
    return visit.render("doctor.html", findings=None, greets=bool(visit.ctx.bot()))


def subject(check: str) -> str:
    """What a check is about."""
    return SUBJECTS.get(check.partition(".")[0], "其他")


def run(visit: Visit) -> Response:
    """Check everything, and show what was found, the worst first."""
    ctx, notify = visit.ctx, visit.form.get("notify") == "yes"
    found = examine(ctx, workers_of(ctx), notify=notify)
    visit.did("体检", "含测试消息" if notify else "")
    return visit.render(
        "doctor.html",
        findings=sorted(found, key=lambda one: ORDER.index(one.state)),
        counts=Counter(one.state for one in found),
        worst=worst(found),
        signs=SIGNS,
        subject=subject,
        greets=bool(ctx.bot()),
    )


ROUTES = [page("/doctor", show, "doctor"), act("/doctor/run", run, "doctor_run")]
