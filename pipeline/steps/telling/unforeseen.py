"""Tell of unforeseen errors that are on no run's card, and of runs that nobody can read."""

from collections.abc import Mapping

import structlog

from pipeline.context import Context
from pipeline.core.errors import LaikeError
from pipeline.core.unforeseen import Defect, trouble_of
from pipeline.render.cards import trouble_card
from pipeline.render.unforeseen import aside_card, error_card
from pipeline.steps.telling.tell import Sent, send, tell_once
from pipeline.steps.telling.token import told_as

log = structlog.get_logger()


def tell_error(ctx: Context, title: str, error: Exception) -> None:
    """Tell the group of an error that is on no run's card, once a day for each kind."""
    trouble = trouble_of(error)
    if isinstance(error, LaikeError) and trouble.needs_person:
        tell_once(ctx, told_as(trouble.reason), trouble_card(title, [trouble.what_to_do], ctx.tokens.link))
    else:
        tell_once(ctx, f"error:{type(error).__name__}", error_card(title, trouble, type(error).__name__))


def put_aside_if_unreadable(ctx: Context, run_id: str) -> bool:
    """Take an unreadable run from the open ones and tell of it; `False` if it can be read."""
    defect = ctx.aside.defect(run_id)
    if defect and ctx.aside.put(run_id, defect):
        log.error("run_put_aside", run=run_id, defect=defect)
        _tell_aside(ctx, {run_id: defect})
    return defect is not None


def tell_aside(ctx: Context) -> None:
    """Tell of runs that were put aside and whose card could not be sent."""
    if untold := ctx.aside.untold():
        _tell_aside(ctx, untold)


def _tell_aside(ctx: Context, defects: Mapping[str, Defect]) -> None:
    if send(ctx, aside_card(defects)) == Sent.YES:
        ctx.aside.learn_told(defects)
