"""Keep the token alive, and warn the group before it ends."""

from datetime import timedelta

import structlog

from pipeline.context import Context
from pipeline.core.causes import CAUSES, cure_of
from pipeline.core.errors import BadResponse, LaikeError, NeedsPerson, Retryable
from pipeline.core.model import TokenPair
from pipeline.render.cards import trouble_card
from pipeline.steps.telling.tell import tell_once

WARN_LEFT = timedelta(days=3)

log = structlog.get_logger()


def keep_token(ctx: Context) -> TokenPair:
    """The pair, refreshed if under an hour was left; the group is told what a person must know.

    Raises:
        NeedsPerson: There is no token, or it cannot be refreshed any more.
        Retryable, BadResponse: It could not be refreshed now.
    """
    try:
        pair = ctx.tokens.keep()
        if trouble := ctx.tokens.trouble():  # a run met it before its access token was due
            raise trouble
        _warn_of_the_end(ctx, pair)
        _warn_of_the_mirror(ctx)
    except (NeedsPerson, Retryable, BadResponse) as error:
        log.error("token_not_kept", error=error.message)
        _tell_not_kept(ctx, error)
        raise
    return pair


def _tell_not_kept(ctx: Context, error: LaikeError) -> None:
    trouble = error.trouble()
    lines = [trouble.what_to_do, f"错误码 {trouble.code or '无'}，请求编号 {trouble.request_id or '无'}"]
    tell_once(ctx, told_as(trouble.reason), trouble_card("巨量引擎授权更新失败", lines, ctx.tokens.link))


def _warn_of_the_end(ctx: Context, pair: TokenPair) -> None:
    left = pair.refresh_expires_at - ctx.now()
    if left >= WARN_LEFT:
        return
    hours = max(0, int(left.total_seconds() // 3600))
    log.warning("token_ends_soon", hours=hours)
    lines = [f"授权将在 {hours} 小时后到期，到期后同步停止，只能重新授权恢复。", ctx.tokens.entrance.cure]
    tell_once(ctx, told_as("ends_soon"), trouble_card("巨量引擎授权即将到期", lines, ctx.tokens.link))


def _warn_of_the_mirror(ctx: Context) -> None:
    if ctx.tokens.vault.mirrored():
        return
    title, cure = CAUSES["token_mirror"].words, cure_of("token_mirror")
    tell_once(ctx, told_as("token_mirror"), trouble_card(title, [cure], None))


def told_as(reason: str) -> str:
    """The name under which a trouble with the token is remembered as told."""
    return f"token:{reason}"
