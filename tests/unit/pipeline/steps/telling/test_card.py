"""When the group gets a run's card, and when it is tried again."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.core.errors import BadRequest, LaikeError, NeedsPerson, Retryable, Trouble
from pipeline.core.model import Account, AccountDay, DayRange
from pipeline.core.outcome import AccountResult, DayState, Run, RunState, Summary
from pipeline.core.telling.background import Background
from pipeline.state.no_redis import in_memory
from pipeline.state.runs.ledger import Ledger
from pipeline.state.telling.told import Told
from pipeline.state.telling.untold import Untold
from pipeline.steps.telling import card

DAY = date(2026, 2, 11)
NOW = datetime(2026, 2, 12, 7, 1, tzinfo=UTC)
REFUSED, LOST = BadRequest("code 19021"), Retryable("no answer", effect_possible=True)
PERSON = NeedsPerson("code 91403").trouble()


class Group:
    """A group with a bot that takes cards, or meets an error."""

    def __init__(self) -> None:
        self.cards: list[object] = []
        self.error: LaikeError | None = None
        self.tries = 0

    def send(self, sent: object, _: datetime) -> str:
        self.tries += 1
        if self.error:
            raise self.error
        self.cards.append(sent)
        return "ok"


class Ground:
    """Runs that ended, and what the group was told of them."""

    def __init__(self) -> None:
        client, self.group, self.now = in_memory(), Group(), NOW
        self.told, self.untold, self.ledger = Told(client), Untold(client), Ledger(client)
        self.ctx: Any = SimpleNamespace(
            told=self.told,
            untold=self.untold,
            ledger=self.ledger,
            bot=lambda: self.group,
            now=lambda: self.now,
            pause=lambda _: None,
            of=lambda _: self.ctx,
        )

    def end(self, run_id: str, state: RunState, trouble: Trouble | None = None, *, tell: bool = True) -> Summary:
        """A run of one account that ended so."""
        days, good = DayRange(DAY, DAY), state == RunState.SUCCESS
        run = Run(run_id=run_id, day=DAY, days=days, accounts=(ONE,), started_at=NOW, deadline=NOW, tell=tell)
        account = AccountResult(
            id=ONE.id,
            name=ONE.name,
            state=DayState.LOADED if good else DayState.FAILED,
            rows=2,
            cost=Decimal(1),
            window_rows=2,
            window_cost=Decimal(1),
        )
        ended = Summary(
            run_id=run_id,
            state=state,
            day=DAY,
            days=days,
            accounts=(account,),
            trouble=trouble,
            started_at=NOW,
            ended_at=NOW,
        )
        self.ledger.open(run)
        self.ledger.close(ended)
        return ended

    def left(self, run_id: str) -> tuple[bool, bool]:
        """Whether a run counts as told, and whether its card is to be sent again."""
        return self.told.of_run(run_id), run_id in self.untold.unsent(self.now)


ONE = Account("1", "城东店")


@pytest.fixture
def ground(monkeypatch: pytest.MonkeyPatch) -> Ground:
    monkeypatch.setattr(card, "_background", lambda _ctx, _summary, besides: Background(unheard=tuple(besides)))
    monkeypatch.setattr("pipeline.steps.telling.hearing.owed", lambda *_: {})
    return Ground()


def test_a_run_is_told_once(ground: Ground) -> None:
    ended = ground.end("run1", RunState.SUCCESS)
    for _ in range(2):
        card.tell_run(ground.ctx, ended)
    assert (len(ground.group.cards), ground.left("run1")) == (1, (True, False))


@pytest.mark.parametrize(
    ("state", "error", "told", "again"),
    [
        (RunState.SUCCESS, REFUSED, False, True),
        (RunState.SUCCESS, LOST, True, False),  # good news rather not at all than twice
        (RunState.PARTIAL, REFUSED, False, True),
        (RunState.PARTIAL, LOST, False, True),  # bad news rather twice than not at all
    ],
)
def test_a_card_is_tried_again_unless_a_success_may_have_arrived(
    ground: Ground, state: RunState, error: LaikeError, *, told: bool, again: bool
) -> None:
    ground.group.error = error
    card.tell_run(ground.ctx, ground.end("run1", state))
    assert ground.left("run1") == (told, again)
    ground.group.error = None
    card.tell_unsent(ground.ctx)
    assert (len(ground.group.cards), ground.left("run1")) == (int(again), (True, False))


def test_while_the_bot_takes_no_card_one_try_is_enough(ground: Ground) -> None:
    ground.group.error = REFUSED
    for number in range(3):
        card.tell_run(ground.ctx, ground.end(f"run{number}", RunState.PARTIAL))
    card.tell_unsent(ground.ctx)
    assert (ground.group.tries, len(ground.untold.unsent(NOW))) == (3 + 1, 3)


def test_a_trouble_that_lasts_until_a_person_acts_is_told_once_a_day(ground: Ground) -> None:
    for number in range(2):
        card.tell_run(ground.ctx, ground.end(f"run{number}", RunState.FAILED, PERSON))
    assert (len(ground.group.cards), ground.left("run1")) == (1, (True, False))
    ground.now = NOW + timedelta(days=1)
    card.tell_run(ground.ctx, ground.end("run2", RunState.FAILED, PERSON))
    assert len(ground.group.cards) == 2


def test_a_run_by_hand_is_quiet_and_leaves_its_news_to_the_next_card(ground: Ground) -> None:
    ended = replace(ground.end("by-hand", RunState.SUCCESS, tell=False), restatements=(AccountDay("1", DAY),))
    card.tell_run(ground.ctx, ended)
    assert (ground.group.cards, ground.untold.quiet()) == ([], ["by-hand"])
    card.tell_run(ground.ctx, ground.end("daily", RunState.SUCCESS))
    assert (len(ground.group.cards), ground.untold.quiet()) == (1, [])


def test_a_run_by_hand_that_ends_a_trouble_of_a_card_has_one_too(ground: Ground) -> None:
    earlier = ground.end("daily", RunState.FAILED)
    ground.told.mark_run(earlier.run_id)
    mended = replace(ground.end("by-hand", RunState.SUCCESS, tell=False), started_at=NOW + timedelta(hours=1))
    card.tell_run(ground.ctx, mended)
    assert len(ground.group.cards) == 1


def test_without_a_bot_nothing_is_marked(ground: Ground) -> None:
    ground.ctx.bot = lambda: None
    card.tell_run(ground.ctx, ground.end("run1", RunState.PARTIAL))
    assert ground.left("run1") == (False, False)
