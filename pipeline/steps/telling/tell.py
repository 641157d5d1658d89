"""Send cards to the group. A card that cannot be sent never fails its run."""

from collections.abc import Mapping
from enum import Enum, auto

import structlog

from pipeline.clients.feishu.bot import Bot
from pipeline.context import Context
from pipeline.core.errors import LaikeError, Retryable
from pipeline.core.model import china_day
from pipeline.render.cards import greeting_card, seconds_to_wait

SET_THE_HOOK = "请在飞书群「设置」→「群机器人」→「自定义机器人」复制 Webhook 地址，填入 LAIKE_FEISHU_WEBHOOK_URL。"
_REFUSED = {
    19021: "请把机器人「安全设置」→「签名校验」的密钥填入 LAIKE_FEISHU_WEBHOOK_SECRET，并校准本机时间。",
    19022: "请把本机 IP 加入机器人「安全设置」→「IP 白名单」。",
    19024: "请在机器人「安全设置」→「自定义关键词」中加入“同步”，或去掉关键词。",
}

log = structlog.get_logger()


class Sent(Enum):
    """Whether the group has a card; `PERHAPS`: the answer was lost."""

    YES = auto()
    NOT = auto()
    PERHAPS = auto()


def greet(ctx: Context, bot: Bot) -> str:
    """Send a test message; returns the bot's answer.

    Raises:
        BadRequest: The bot refuses it; `bot_cure` says what to do.
        Retryable: Too many messages just now, or no answer.
    """
    return bot.send(greeting_card(ctx.now()), ctx.now())


def bot_cure(error: LaikeError) -> str:
    """What to do about an error of the bot, by its documented code if it has one."""
    passes = isinstance(error, Retryable) and error.code is not None
    return _REFUSED.get(error.code or 0, error.for_maintainer if passes else SET_THE_HOOK)


def send(ctx: Context, card: Mapping[str, object]) -> Sent:
    """Send a card to the group; `NOT` if no bot is set."""
    if not (bot := ctx.bot()):
        return Sent.NOT
    ctx.pause(seconds_to_wait(ctx.now()))
    try:
        bot.send(card, ctx.now())
    except LaikeError as error:
        log.warning("card_failed", error=error.message)
        return Sent.PERHAPS if error.effect_possible else Sent.NOT
    return Sent.YES


def tell_once(ctx: Context, what: str, card: Mapping[str, object]) -> None:
    """Tell of a trouble once a day; a card that could not be sent is tried again when the trouble is met next."""
    today = china_day(ctx.now())
    if not ctx.told.of_trouble(today, what) and send(ctx, card) == Sent.YES:
        ctx.told.mark_trouble(today, what)
