"""Through the steps: of sixty days each of six things is on exactly one card, and quiet days are quiet."""

import json
import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from pipeline.context import Context
from pipeline.core.coverage.day import Loaded
from pipeline.core.model import CHINA, Account, AccountDay, DayRange, Totals
from pipeline.core.outcome import AccountResult, DayState, FetchOutcome, LoadOutcome, Run, RunState, Summary
from pipeline.core.runs.flow import LOAD, Step
from pipeline.core.runs.quality import checksum
from pipeline.core.runs.source import Fetched
from pipeline.state import codec, keys
from pipeline.state.runs.outcomes import STEP
from pipeline.steps.telling.card import tell_run
from tests.cards import problems
from tests.lab import Lab
from tests.staged import put_fetched
from tests.year import BEGINS, PLANTED, Year


def run_of(year: Year, number: int, names: dict[str, str]) -> Run:
    day = year.days[number]
    began = datetime.combine(day + timedelta(days=1), time(7), CHINA)
    return Run(
        run_id=f"daily-{day}",
        day=day,
        days=DayRange(day - timedelta(days=6), day),
        accounts=tuple(Account(one, names[one]) for one in year.ids),
        started_at=began,
        deadline=began + timedelta(seconds=300),
    )


def carried_out(ctx: Context, year: Year, run: Run, number: int) -> Summary:
    """Leave behind what the steps of a run do, without making its calls."""
    ctx.ledger.open(run)
    results = []
    for place, account in enumerate(run.accounts):
        at = AccountDay(account.id, run.day)
        its = year.figures[at]
        totals = Totals(its.cost, its.conversions or Decimal(0))
        ctx.coverage.learn({at: Loaded(its.rows, str(its.cost), f"c{number}", run.started_at, totals)})
        rows = tuple(year.rows(place, number))
        outcome = FetchOutcome(
            account_id=account.id, days=(), rows=len(rows), checksum=checksum(rows), as_of=run.started_at
        )
        put_fetched(ctx.client, run.batch_id, Fetched(outcome, rows))
        state = DayState.LOADED if its.rows else DayState.EMPTY
        results.append(
            AccountResult(
                id=account.id,
                name=account.name,
                state=state,
                rows=its.rows,
                cost=its.cost,
                window_rows=its.rows,
                window_cost=its.cost,
            )
        )
    load = LoadOutcome(shifts=year.shifts(number))
    ctx.client.hset(keys.run(run.run_id), STEP + str(Step(LOAD, 0)), codec.dump(load, LoadOutcome))
    ended = Summary(
        run_id=run.run_id,
        state=RunState.SUCCESS,
        day=run.day,
        days=run.days,
        accounts=tuple(results),
        verified=True,
        started_at=run.started_at,
        ended_at=run.started_at,
    )
    ctx.ledger.close(ended)
    return ended


def alerts_of(lab: Lab) -> list[str]:
    """The section of the newest card, line by line."""
    card = lab.look("state")["messages"][-1]["card"]
    assert problems(card) == []
    texts = [one["content"] for one in card["body"]["elements"] if one["tag"] == "markdown"]
    return [line for text in texts if text.startswith("**异常提醒**") for line in text.split("\n")[1:]]


def test_each_of_six_things_in_sixty_days_is_on_one_card_and_at_most_one_quiet_day_is_not(lab: Lab) -> None:
    ctx, year = lab.context(), Year(lab.accounts)
    names = lab.facts["accounts"]
    told: dict[date, list[str]] = {}
    for number in range(len(year.days)):
        run = run_of(year, number, names)
        summary = carried_out(ctx, year, run, number)
        tell_run(ctx, summary)
        assert ctx.told.of_run(run.run_id)
        told[run.day] = alerts_of(lab)
    for thing in PLANTED:
        who = names[year.ids[thing.account]]
        days = [
            day for day, lines in told.items() if any(who in line and re.search(thing.words, line) for line in lines)
        ]
        assert days == [year.days[BEGINS[thing.name]]], (thing, told)
    begins = {year.days[number] for number in BEGINS.values()}
    false = {day: lines for day, lines in told.items() if lines and day not in begins}
    assert len(false) <= 1, false
    assert len(lab.look("state")["messages"]) == len(year.days)


def test_a_card_that_is_tried_again_has_the_same_alerts_and_another_run_none(lab: Lab) -> None:
    ctx, year = lab.context(), Year(lab.accounts)
    names, last = lab.facts["accounts"], BEGINS["cost"]
    for number in range(last):
        carried_out(ctx, year, run_of(year, number, names), number)
    summary = carried_out(ctx, year, run_of(year, last, names), last)
    lab.fault("bot.webhook", "code", code=11232, times=1)
    tell_run(ctx, summary)
    assert lab.look("state")["messages"] == []
    tell_run(ctx, summary)
    assert "元，高于正常范围" in json.dumps(alerts_of(lab), ensure_ascii=False)
    settle = Run(
        run_id=f"settle-{summary.day}",
        day=summary.day,
        days=DayRange(summary.day, summary.day),
        accounts=run_of(year, last, names).accounts,
        started_at=summary.started_at + timedelta(hours=3),
        deadline=summary.started_at + timedelta(hours=4),
    )
    tell_run(ctx, carried_out(ctx, year, settle, last))
    assert alerts_of(lab) == []
