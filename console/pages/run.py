"""一次运行: what came of a run and what to do, then how it went; live while it goes on."""

from typing import Any

from starlette.responses import Response

from console import story_words
from console.inputs import number_in
from console.routes import fragment, page
from console.visit import Unknown, Visit
from pipeline.core.overview.runs.story import RunTold
from pipeline.steps.overview import story
from pipeline.steps.overview.hindrances import unattended

NO_SUCH_RUN = "没有这次运行，或记录已超过保存期限。"
PHASES_SHOWN = 40  # the newest: a year's backfill has hundreds


def show(visit: Visit) -> Response:
    """Show one run."""
    told = _told(visit)
    acts = visit.site.acts.of_run(told.run.run_id)
    return visit.render("run.html", acts=acts, flower=visit.ctx.settings.flower_url, **_shown(visit, told))


def show_story(visit: Visit) -> Response:
    """Show the part of the page that changes while the run goes on."""
    return visit.render("_story.html", **_shown(visit, _told(visit)))


def _told(visit: Visit) -> RunTold:
    run_id = visit.param("run_id")
    if not story.exists(visit.ctx, run_id):
        raise Unknown(NO_SUCH_RUN)
    return story.told(visit.ctx, run_id, number_in(visit.query, "after"))


def _shown(visit: Visit, told: RunTold) -> dict[str, Any]:
    phases = told.story.phases[-PHASES_SHOWN:]
    begins = min((phase.began_ms for phase in phases), default=0)
    return {
        "told": told,
        "waits": bool(visit.query.get("waits")),  # no worker answered when it was begun
        "unattended": unattended(visit.ctx, [told.state]),
        "words": story_words,
        "phases": phases,
        "batches": len({phase.batch for phase in phases} - {None}),
        "hidden": len(told.story.phases) - len(phases),
        "begins": begins,
        "width": max(1, told.story.end_ms - begins),
        "per_page": story.ACCOUNTS_SHOWN,
    }


ROUTES = [
    fragment("/runs/{run_id}/story", show_story, "run_story"),
    page("/runs/{run_id:path}", show, "run"),
]
