"""Which anomalies are on a run's card: each once, and only news."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.core.coverage.history import Figures
from pipeline.core.model import Account, AccountDay, DayRange, ReportRow
from pipeline.core.outcome import (
    AccountResult,
    DayState,
    FetchOutcome,
    LoadOutcome,
    Run,
    RunState,
    Shift,
    Summary,
)
from pipeline.core.reports import PROMOTION
from pipeline.core.runs.flow import LOAD, Step
from pipeline.core.runs.quality import checksum
from pipeline.core.runs.source import Fetched
from pipeline.core.telling.thresholds import Thresholds
from pipeline.state import codec, keys
from pipeline.state.no_redis import in_memory
from pipeline.state.runs.ledger import Ledger
from pipeline.state.runs.outcomes import Outcomes
from pipeline.state.runs.staging import Staging, staged
from pipeline.state.telling.told import Told
from pipeline.steps.accounts.roster import Accounts
from pipeline.steps.telling import alerts as step
from pipeline.steps.telling.alerts import alerts

DAY = date(2026, 2, 11)
NOW = datetime(2026, 2, 12, 7, 1, tzinfo=UTC)
BY = Thresholds()
EAST, WEST = Account("1801", "城东店"), Account("1802", "城西店")
CORRECTED = Shift(account_id=EAST.id, day=DAY - timedelta(days=3), before=Decimal(1000), after=Decimal(2000))


def history(*accounts: Account, newest: int = 9000, last: date = DAY) -> dict[AccountDay, Figures]:
    """Nine weeks of the same figures, and a newest day with another 消耗."""
    figures = {last - timedelta(days=ago): Figures(30, Decimal(1000), Decimal(50)) for ago in range(63)}
    figures[last] = Figures(30, Decimal(newest), Decimal(50))
    return {AccountDay(account.id, day): one for account in accounts for day, one in figures.items()}


class Ground:
    """Runs with what they fetched and loaded, and the group that hears of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.client = in_memory()
        self.listed: dict[str, str] | None = {EAST.id: EAST.name, WEST.id: WEST.name}
        self.parked: set[str] = set()
        self.ledger = Ledger(self.client)
        self.ctx: Any = SimpleNamespace(
            report=PROMOTION,
            ledger=self.ledger,
            outcomes=Outcomes(self.client),
            staging=Staging(self.client),
            told=Told(self.client),
            absences=SimpleNamespace(parked=lambda _: self.parked),
            settings=SimpleNamespace(anomalies=BY),
        )
        monkeypatch.setattr(step, "remembered_accounts", lambda _: Accounts(self.listed) if self.listed else None)

    def ended(
        self,
        run_id: str,
        *accounts: Account,
        days: int = 1,
        last: date = DAY,
        shifts: Sequence[Shift] = (),
        further: Sequence[str] = (),
    ) -> Summary:
        """A run that ended well."""
        covered = DayRange(last - timedelta(days=days - 1), last)
        run = Run(run_id=run_id, day=last, days=covered, accounts=accounts, started_at=NOW, deadline=NOW)
        self.ledger.open(replace(run, further=tuple(replace(run, table=name) for name in further)))
        load = codec.dump(LoadOutcome(shifts=tuple(shifts)), LoadOutcome)
        self.client.hset(keys.run(run_id), f"step:{Step(LOAD)}", load)
        nothing: Any = {"rows": 0, "cost": Decimal(0), "window_rows": 0, "window_cost": Decimal(0)}
        return Summary(
            run_id=run_id,
            state=RunState.SUCCESS,
            day=last,
            days=covered,
            accounts=tuple(
                AccountResult(id=one.id, name=one.name, state=DayState.LOADED, **nothing) for one in accounts
            ),
            started_at=NOW,
            ended_at=NOW,
        )

    def fetched(self, run_id: str, account: Account, days: int, batch: int = 0) -> None:
        """A promotion with 消耗 and no 转化 on so many days."""
        figures = {"stat_cost": Decimal(100), "convert_cnt": Decimal(0)}
        rows = tuple(ReportRow(account.id, DAY - timedelta(days=n), "p1", "春节", figures) for n in range(days))
        outcome = FetchOutcome(account_id=account.id, days=(), rows=days, checksum=checksum(rows), as_of=NOW)
        kept = staged(f"{run_id}.{batch}", Fetched(outcome, rows))
        self.client.set(kept.key, kept.data)


@pytest.fixture
def ground(monkeypatch: pytest.MonkeyPatch) -> Ground:
    return Ground(monkeypatch)


def test_an_anomaly_is_on_one_card_and_there_again_if_that_card_is_sent_again(ground: Ground) -> None:
    daily, settle = ground.ended("daily", EAST), ground.ended("settle", EAST)
    [told] = alerts(ground.ctx, daily, history(EAST))
    assert told.startswith("城东店：消耗 9,000.00 元")
    assert alerts(ground.ctx, settle, history(EAST)) == ()
    assert alerts(ground.ctx, daily, history(EAST)) == (told,)


@pytest.mark.parametrize("state", [RunState.FAILED, RunState.INTERRUPTED])
def test_a_run_without_figures_has_no_alerts(ground: Ground, state: RunState) -> None:
    assert alerts(ground.ctx, replace(ground.ended("daily", EAST), state=state), history(EAST)) == ()


def test_figures_of_an_older_day_are_no_news_and_its_corrections_are(ground: Ground) -> None:
    last = DAY - timedelta(days=1)
    caught_up = ground.ended("catch-up", EAST, last=last, shifts=[CORRECTED])
    [told] = alerts(ground.ctx, caught_up, history(EAST, last=last))
    assert told == "城东店：02-08 消耗由 1,000.00 元修正为 2,000.00 元"


def test_corrections_of_a_run_without_a_card_are_on_the_next_one(ground: Ground) -> None:
    quiet = ground.ended("by-hand", EAST, shifts=[CORRECTED])
    told = alerts(ground.ctx, ground.ended("daily", WEST), history(WEST, newest=1000), [quiet])
    assert told == ("城东店：02-08 消耗由 1,000.00 元修正为 2,000.00 元",)


@pytest.mark.parametrize(
    ("ran", "listed", "parked", "total"),
    [
        ((EAST, WEST), ("1801", "1802"), (), True),
        ((EAST, WEST), ("1801", "1802", "1803"), (), False),
        ((EAST, WEST), ("1801", "1802", "1803"), ("1803",), True),
        ((EAST,), ("1801",), (), False),
        ((EAST, WEST), (), (), False),
        ((EAST, WEST), ("1801",), ("1801",), False),
    ],
    ids=["all", "one is missing", "the missing one is parked", "a single account", "no list", "all are parked"],
)
def test_the_sum_of_all_accounts_is_judged_if_none_that_is_waited_for_is_missing(
    ground: Ground,
    ran: tuple[Account, ...],
    listed: tuple[str, ...],
    parked: tuple[str, ...],
    total: bool,  # noqa: FBT001 a table
) -> None:
    ground.listed, ground.parked = dict.fromkeys(listed, "店") or None, set(parked)
    told = alerts(ground.ctx, ground.ended("daily", *ran), history(*ran))
    assert any(sentence.startswith("合计：") for sentence in told) is total


@pytest.mark.parametrize(("days", "told"), [(BY.idle_days, 1), (BY.idle_days - 1, 0)], ids=["as long", "too short"])
def test_promotions_without_conversions_are_told_by_runs_that_look_back_so_far(
    ground: Ground, days: int, told: int
) -> None:
    ended = ground.ended("daily", EAST, WEST, days=days)
    ground.fetched("daily", WEST, BY.idle_days)
    found = alerts(ground.ctx, ended, history(EAST, WEST, newest=1000))
    assert [sentence.startswith("城西店：单元“春节”") for sentence in found] == [True] * told


@pytest.mark.parametrize(("batch", "told"), [(0, 1), (1, 0)], ids=["of the first table", "of a further one"])
def test_what_was_fetched_for_a_further_table_is_taken_for_no_promotion(ground: Ground, batch: int, told: int) -> None:
    ended = ground.ended("daily", WEST, days=BY.idle_days, further=["项目日报"])
    ground.fetched("daily", WEST, BY.idle_days, batch)
    assert len(alerts(ground.ctx, ended, history(WEST, newest=1000))) == told
