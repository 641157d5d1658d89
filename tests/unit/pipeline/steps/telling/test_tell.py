"""Troubles outside of runs, told once a day."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from pipeline.core.errors import BadRequest, Throttled
from pipeline.state.no_redis import in_memory
from pipeline.state.telling.told import Told
from pipeline.steps.telling.tell import SET_THE_HOOK, Sent, bot_cure, send, tell_once

NOW = datetime(2026, 2, 12, 7, 1, tzinfo=UTC)


class Bot:
    """Takes cards unless it is down."""

    def __init__(self) -> None:
        self.cards: list[object] = []
        self.down = False

    def send(self, card: object, _: datetime) -> None:
        if self.down:
            raise BadRequest("code 19021")
        self.cards.append(card)


def context(bot: Bot | None, now: datetime = NOW, told: Told | None = None) -> Any:  # noqa: ANN401 a small fake
    return SimpleNamespace(bot=lambda: bot, now=lambda: now, pause=lambda _: None, told=told or Told(in_memory()))


def test_a_trouble_is_told_once_a_day_and_again_the_next() -> None:
    bot, told = Bot(), Told(in_memory())
    for when in (NOW, NOW + timedelta(hours=1), NOW + timedelta(days=1)):
        tell_once(context(bot, when, told), "token:x", {})
    assert len(bot.cards) == 2


def test_one_that_could_not_be_sent_is_tried_again() -> None:
    bot, told = Bot(), Told(in_memory())
    for bot.down in (True, False, False):
        tell_once(context(bot, told=told), "token:x", {})
    assert len(bot.cards) == 1


def test_without_a_bot_no_card_is_sent() -> None:
    assert send(context(None), {}) == Sent.NOT


def test_a_cure_is_that_of_the_bot_s_code_else_to_set_the_hook_anew() -> None:
    assert "签名校验" in bot_cure(BadRequest("sign", code=19021))
    assert bot_cure(BadRequest("who knows", code=9499)) == SET_THE_HOOK
    assert bot_cure(Throttled("slow", code=11232)) == Throttled("slow").what_to_do
