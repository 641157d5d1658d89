"""Texts of others are read on cards and never obeyed: whatever they are, a card's own markup stays the same."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from emulator.feishu.cards import check_card
from pipeline.core.coverage.history import Figures
from pipeline.core.errors import Trouble
from pipeline.core.model import Account, AccountDay, DayRange
from pipeline.core.outcome import AccountResult, DayState, RunState, Summary
from pipeline.core.telling.background import Background
from pipeline.core.telling.recovery import Recovery
from pipeline.core.telling.week import AccountWeek, Compared, Week
from pipeline.core.unforeseen import Defect
from pipeline.render.cards import run_card, trouble_card
from pipeline.render.period_card import report_card, weekly_card
from pipeline.render.unforeseen import aside_card, error_card
from tests.cards import problems
from tests.hostile import TEXTS, markup, strings, unseen
from tests.unit.pipeline.core.telling.test_report import report, row, summed

Card = dict[str, Any]
DAY = date(2026, 2, 11)
NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)
WEEK = DayRange(DAY, DAY + timedelta(days=6))


def trouble(text: str) -> Trouble:
    return Trouble(reason="account_unavailable", message=f"店{text}", what_to_do=f"店{text}", code=40002)


def daily(text: str, state: RunState = RunState.PARTIAL) -> Card:
    """The card of a run in which every text is of somebody else."""
    names, cost = (f"店{text}", f"{text}店"), Decimal("12.30")
    accounts = [
        AccountResult(
            id=str(number), name=name, state=DayState.FAILED, rows=1, cost=cost, window_rows=1, window_cost=cost,
            trouble=trouble(text), outside=cost,
        )
        for number, name in enumerate(names)
    ]  # fmt: skip
    summary = Summary(
        run_id="daily-2026-02-11", state=state, day=DAY, days=DayRange(DAY, DAY), accounts=tuple(accounts),
        restatements=(AccountDay("0", DAY),), warnings=(f"店{text}",), view_notes=(f"{text}视图",),
        trouble=trouble(text) if state == RunState.FAILED else None, started_at=NOW, ended_at=NOW,
    )  # fmt: skip
    beside = Background(
        history={AccountDay("0", DAY): Figures(1, cost, None)},
        recoveries=(Recovery(names, NOW),),
        alerts=(f"店{text}", f"{text}店"),
    )
    return run_card(summary, beside)


def weekly(text: str) -> Card:
    figures = Figures(1, Decimal(3), Decimal(1))
    name = f"店{text}"
    return weekly_card(Week(WEEK, (AccountWeek(name, figures, Compared(7, figures, figures), (DAY,)),)))


def of_report(text: str) -> Card:
    name = f"店{text}"
    made = report(summed(row(account=name)), a1_0=DayState.MISSING, a1_1=DayState.PARKED)
    grid = {Account("1", name): next(iter(made.grid.values()))}
    return report_card(replace(made, grid=grid))


CARDS: dict[str, Callable[[str], Card]] = {
    "daily": daily,
    "failure": lambda text: daily(text, RunState.FAILED),
    "trouble": lambda text: trouble_card(f"店{text}", [f"店{text}", f"{text}店"], None),
    "unforeseen": lambda text: error_card(f"店{text}", trouble(text), f"店{text}"),
    "aside": lambda text: aside_card({f"daily{text}": Defect.GONE}),
    "weekly": weekly,
    "report": of_report,
}


def paragraphs(card: Card) -> Iterator[list[str]]:
    return (markup(one["content"]) for one in card["body"]["elements"] if one["tag"] == "markdown")


@pytest.mark.parametrize("kind", CARDS)
@given(text=TEXTS)
def test_no_text_of_others_is_obeyed_on_any_card(kind: str, text: str) -> None:
    card, plain = CARDS[kind](text), CARDS[kind]("甲")
    assert list(paragraphs(card)) == list(paragraphs(plain))
    assert problems(card) == []
    check_card(json.loads(json.dumps(card)))
    found = [mark for one in strings(card) for mark in unseen(one)]
    assert [mark for mark in found if mark != "\n"] == []
    json.dumps(card, ensure_ascii=False).encode()


@pytest.mark.parametrize("kind", CARDS)
def test_nobody_is_called_by_a_name(kind: str) -> None:
    said = json.dumps(CARDS[kind]("<at id=all></at>"), ensure_ascii=False)
    body = json.dumps([one for one in CARDS[kind]("<at id=all></at>")["body"]["elements"] if one["tag"] == "markdown"])
    assert "at id=all" in said
    assert "<at" not in body
