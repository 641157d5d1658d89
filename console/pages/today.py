"""今日: the first page."""

from starlette.responses import Response

from console.routes import page
from console.visit import Visit


def show(visit: Visit) -> Response:
    """Show whether yesterday's figures can be relied upon."""
    return visit.render("today.html")


ROUTES = [page("/", show, "today")]
