"""Tell the group by a card. A card that cannot be sent never fails what it tells of."""

from collections.abc import Mapping
from enum import Enum

import structlog

from pipeline.context import Context
from pipeline.core.errors import LaikeError, Retryable
from pipeline.core.model import china_day
from pipeline.render.cards import seconds_to_wait

log = structlog.get_logger()


class Sent(Enum):
    """Whether a card arrived in the group."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"  # its answer was lost


def send(ctx: Context, card: Mapping[str, object]) -> Sent:
    """Send a card to the group, if there is one; whether it arrived."""
    if not (bot := ctx.bot()):
        return Sent.NO
    ctx.pause(seconds_to_wait(ctx.now()))
    try:
        bot.send(card, ctx.now())
    except LaikeError as error:
        log.warning("card_failed", error=error.message)
        return Sent.UNKNOWN if isinstance(error, Retryable) and error.effect_possible else Sent.NO
    return Sent.YES


def tell_once(ctx: Context, what: str, card: Mapping[str, object]) -> None:
    """Tell of a trouble, once a day; one that could not be sent is tried again by whoever meets it next."""
    today = china_day(ctx.now())
    if not ctx.memory.told(today, what) and send(ctx, card) == Sent.YES:
        ctx.memory.learn_told(today, what)
