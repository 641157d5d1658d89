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
ORDER = (State.BROKEN, State.WARNING, State.SKIPPED, State.OK)


def show(visit: Visit) -> Response:
    """Show the button: a check sends calls, and takes some seconds."""
    return visit.render("doctor.html", findings=None, greets=bool(visit.ctx.bot()))


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
        greets=bool(ctx.bot()),
    )


ROUTES = [page("/doctor", show, "doctor"), act("/doctor/run", run, "doctor_run")]
