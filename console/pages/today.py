"""今日: whether yesterday's figures can be relied upon, what to do, and what stands around it."""

from starlette.responses import Response

from console import today_words
from console.inputs import number_in
from console.routes import page
from console.visit import Visit
from pipeline.steps.overview.today.page import today
from worker.presence import workers_of


def show(visit: Visit) -> Response:
    """Show whether yesterday's figures can be relied upon."""
    told = today(visit.ctx, number_in(visit.query, "page"), visit.site.held, workers_of(visit.ctx).next_times())
    return visit.render(
        "today.html",
        told=told,
        course=today_words.course(told),
        change=today_words.change,
        go=today_words.GO,
        tables=today_words.TABLES,
        coming=list(today_words.coming(told.next_times)),
        places={name for name, _ in visit.pages},
    )


ROUTES = [page("/", show, "today")]
