"""运行: the list of runs, and below it what people did."""

from starlette.responses import Response

from console.inputs import choice_in, day_in, number_in, text_in
from console.routes import page
from console.visit import Visit
from console.words import KINDS, RUNS
from pipeline.core.outcome import RunState
from pipeline.core.overview.runs.lines import Wanted
from pipeline.core.run_kind import RunKind
from pipeline.steps.overview import runs
from pipeline.steps.overview.hindrances import unattended

ACTS_SHOWN = 30
FILTERS = ("state", "kind", "day", "account", "bad")


def show(visit: Visit) -> Response:
    """List the runs that are wanted, the newest first."""
    wanted, after = _wanted(visit), number_in(visit.query, "after")
    asked = {name: text_in(visit.query, name) for name in FILTERS}
    found = runs.page_of(visit.ctx, wanted, after)
    return visit.render(
        "runs.html",
        page=found,
        unattended=unattended(visit.ctx, (line.state for line in found.lines)),
        wanted=wanted,
        query={name: value for name, value in asked.items() if value},
        states=[(state, RUNS[state].word) for state in RunState],
        kinds=[(kind, KINDS[kind]) for kind in RunKind],
        acts=visit.site.acts.newest(ACTS_SHOWN),
    )


def _wanted(visit: Visit) -> Wanted:
    return Wanted(
        failed=bool(text_in(visit.query, "bad")),
        day=day_in(visit.query, "day"),
        account=text_in(visit.query, "account") or None,
        state=choice_in(visit.query, "state", RunState),
        kind=choice_in(visit.query, "kind", RunKind),
    )


ROUTES = [page("/runs", show, "runs")]
