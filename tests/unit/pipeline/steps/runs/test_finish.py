"""The end of a run: what its steps found, what is written and remembered of it, who is told."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from structlog.testing import capture_logs

from pipeline.core.coverage.day import Loaded
from pipeline.core.errors import LaikeError, NeedsPerson, Trouble
from pipeline.core.model import Account, AccountDay, DayRange
from pipeline.core.outcome import (
    DayOutcome,
    DayState,
    FetchOutcome,
    LoadOutcome,
    Run,
    RunState,
    Summary,
    VerifyOutcome,
)
from pipeline.core.read_back import DayAgreement
from pipeline.core.runs.findings import Word
from pipeline.core.runs.flow import FETCH, FINISH, LOAD, VERIFY, Step
from pipeline.core.runs.plan import parts
from pipeline.core.runs.views import FoundViews
from pipeline.core.table.views import ViewState
from pipeline.state import codec, keys
from pipeline.state.coverage.absences import Absences
from pipeline.state.coverage.book import DayBook
from pipeline.state.coverage.coverage import Coverage
from pipeline.state.coverage.last_outcomes import LastOutcomes
from pipeline.state.store import StoreTrouble
from pipeline.steps.accounts.roster import Accounts
from pipeline.steps.coverage.status import Said
from pipeline.steps.runs import finish as step
from pipeline.steps.runs.finish import finish
from tests.chains import only
from tests.unit.pipeline.steps.runs.fakes import DAY, RUN, SEVEN, WorkingContext

EAST, WEST = RUN.accounts
TWO = replace(RUN, days=DayRange(DAY - timedelta(days=59), DAY))  # two batches of thirty days
STOPPED = Trouble(reason="stopped", message="stopped", what_to_do="再运行一次")
NO_RIGHT = NeedsPerson("no right", what_to_do="请开通权限。")


class Ground(WorkingContext):
    """A run whose steps are done; the status table and the group keep what they are sent."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, run: Run = RUN) -> None:
        super().__init__(run)
        self.coverage, self.last_outcomes = (
            Coverage(self.client, only("tbl1")),
            LastOutcomes(self.client, only("tbl1")),
        )
        self.book, self.absences = DayBook(self.coverage, self.last_outcomes), Absences(self.client)
        self.rosters = SimpleNamespace(take_news=lambda _: ("新账户：城南店",))
        self.sent: set[str] = set()
        self.marks = SimpleNamespace(sent=lambda _: self.sent)
        self.settings.catch_up_days = 30
        self.status: dict[AccountDay, Word] = {}
        self.named: Sequence[Account] = ()  # the accounts whose names were given with the last words
        self.status_error: LaikeError | None = None
        self.errors: dict[str, Exception] = {}  # of what comes after the end, by its name
        monkeypatch.setattr(step, "write_together", self._write_status)
        monkeypatch.setattr(step, "limit_warnings", lambda *_: ("表格将满",))
        monkeypatch.setattr(step, "foretell", lambda *_: ())
        self.table_facts = SimpleNamespace(rows=dict, found_views=lambda: FoundViews(self.views))
        self.views: dict[str, ViewState] = {}  # what is left of them
        self.views_owed = SimpleNamespace(owe=lambda _: self.told.append("views owed"))
        monkeypatch.setattr(step, "tell_error", lambda _, __, error: self.told.append(f"error {type(error).__name__}"))
        for name in ("tell_run", "tell_week", "tell_outside"):
            monkeypatch.setattr(step, name, self._telling(name))

    def shared_now(self) -> Any:  # noqa: ANN401 a time
        return self.now_is

    def _write_status(self, said: Sequence[Said], **_ends: bool) -> list[str]:
        if self.status_error:
            raise self.status_error
        for one in said:
            self.status |= one.words
            self.named = one.run.accounts
        return ["状态表有一列被改名"]

    def _telling(self, name: str) -> Callable[..., None]:
        def tell(*_: object) -> None:
            self.told.append(name)
            if name in self.errors:
                raise self.errors[name]

        return tell

    def found(self, step: Step, outcome: object) -> None:
        """Record a step's outcome."""
        self.client.hset(keys.run(self.run_id), f"step:{step}", codec.dump(outcome, type(outcome)))

    def all_done(self, part: Run, state: DayState = DayState.LOADED, **load: Any) -> None:  # noqa: ANN401 of a load
        """Both accounts were fetched, loaded and read back; their days are in this state."""
        for account in part.accounts:
            days = tuple(DayOutcome(day=day, state=state, rows=2, cost=Decimal(1)) for day in part.days)
            fetch = FetchOutcome(account_id=account.id, days=days, rows=2, checksum="", as_of=SEVEN)
            self.found(Step(FETCH, part.batch, account.id), fetch)
        self.found(Step(LOAD, part.batch), LoadOutcome(created=2, **load))
        agreed = tuple(DayAgreement(account_id=one.id, day=day) for one in part.accounts for day in part.days)
        self.found(Step(VERIFY, part.batch), VerifyOutcome(agreements=agreed, verified=True))

    def end(self) -> Summary:
        ctx: Any = self
        return finish(ctx, self.run_id, lambda _: self.told.append("ended"))


@pytest.fixture(autouse=True)
def no_log() -> Iterator[None]:
    with capture_logs():  # a trace takes longer than all else
        yield


@pytest.fixture
def ground(monkeypatch: pytest.MonkeyPatch) -> Ground:
    made = Ground(monkeypatch)
    made.all_done(RUN)
    return made


def test_a_run_whose_days_are_good_is_a_success_that_is_written_down_and_told(ground: Ground) -> None:
    summary = ground.end()
    assert (summary.state, summary.created, summary.verified) == (RunState.SUCCESS, 2, True)
    assert ground.ledger.summary(RUN.run_id) == summary
    assert ground.status.keys() == {AccountDay(EAST.id, DAY), AccountDay(WEST.id, DAY)}
    assert ground.told == ["views owed", "finished", "archive", "ended", "tell_run", "tell_week", "tell_outside"]


def test_a_second_delivery_ends_nothing_anew(ground: Ground) -> None:
    first = ground.end()
    ground.found(Step(LOAD), LoadOutcome(created=7))
    assert ground.end() == first
    assert ground.told.count("finished") == 1


def test_what_the_group_has_to_know_comes_in_order_and_only_what_no_other_run_repeats_is_news(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ground = Ground(monkeypatch)
    ground.all_done(RUN, warnings=("一列被改名",))
    summary = ground.end()
    assert summary.warnings == ("新账户：城南店", "一列被改名", "状态表有一列被改名", "表格将满")
    assert summary.news == ("新账户：城南店", "一列被改名")


def test_what_breaks_after_the_end_is_told_and_the_rest_is_done(ground: Ground) -> None:
    ground.errors["tell_run"] = KeyError("x")
    assert ground.end().state == RunState.SUCCESS
    assert ground.told[4:] == ["tell_run", "error KeyError", "tell_week", "tell_outside"]


def test_if_redis_is_away_after_the_end_the_task_comes_back(ground: Ground) -> None:
    ground.errors["tell_run"] = StoreTrouble("Redis is away")
    with pytest.raises(StoreTrouble):
        ground.end()
    ground.errors.clear()
    assert ground.end().state == RunState.SUCCESS
    assert ground.told[-3:] == ["tell_run", "tell_week", "tell_outside"]


def test_a_dry_run_leaves_nothing_behind_and_tells_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    run = replace(RUN, dry_run=True)
    ground = Ground(monkeypatch, run)
    ground.all_done(run, DayState.FAILED)
    summary = ground.end()
    assert (summary.state, summary.warnings) == (RunState.FAILED, ())
    assert (ground.status, ground.book.at([AccountDay(EAST.id, DAY)])) == ({}, {})
    assert ground.told == ["finished", "archive", "ended"]


def test_what_is_left_of_the_views_is_told_and_not_what_this_run_will_do_of_them(ground: Ground) -> None:
    ground.views = {EAST.id: ViewState.DELETED, "1899": ViewState.CHANGED}
    assert ground.end().view_notes == (f"缺少视图：{EAST.name}",)


def test_a_status_table_that_cannot_be_written_is_a_warning(ground: Ground) -> None:
    ground.status_error = NO_RIGHT
    summary = ground.end()
    assert summary.state == RunState.SUCCESS
    assert "同步状态表未更新：请开通权限。" in summary.warnings


def test_batches_that_never_began_are_told_with_the_reason_why_the_run_was_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ground = Ground(monkeypatch, TWO)
    ground.all_done(parts(TWO)[0])
    ground.ledger.give_up(TWO.run_id, STOPPED)
    ground.sent = {"0"}
    summary = ground.end()
    assert (summary.state, summary.trouble) == (RunState.PARTIAL, STOPPED)
    assert {at.day for at in ground.status} == set(parts(TWO)[0].days)


def test_a_day_that_another_run_loaded_with_newer_figures_is_good(monkeypatch: pytest.MonkeyPatch) -> None:
    ground = Ground(monkeypatch)
    ground.all_done(RUN, DayState.INCOMPLETE)
    ground.now_is = SEVEN + timedelta(hours=1)
    later = Loaded(3, "5.00", "c1", SEVEN + timedelta(minutes=30))
    ground.coverage.learn({AccountDay(account.id, DAY): later for account in RUN.accounts}, ground.now_is)
    summary = ground.end()
    assert (summary.state, [account.rows for account in summary.accounts]) == (RunState.SUCCESS, [3, 3])


def test_a_key_that_two_accounts_report_differently_makes_the_day_of_both_incomplete_in_every_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = parts(TWO)
    ground = Ground(monkeypatch, TWO)
    at = AccountDay(WEST.id, second.days.last)
    ground.all_done(first, conflicts=(at,))  # the load of one batch met it in a row of the other
    ground.all_done(second)
    assert ground.end().state == RunState.PARTIAL
    assert {one for one, word in ground.status.items() if not word.outcome.state.good} == {at}


@pytest.mark.parametrize(
    ("listed", "told"),
    [({EAST.id: EAST.name, "9": "城南店"}, True), ({EAST.id: EAST.name}, False), (None, False)],
    ids=["listed", "not listed", "no list"],
)
def test_an_account_beyond_the_run_that_contradicts_it_gets_a_status_if_it_is_one_of_ours(
    monkeypatch: pytest.MonkeyPatch, listed: dict[str, str] | None, *, told: bool
) -> None:
    monkeypatch.setattr(step, "remembered_accounts", lambda _: Accounts(listed) if listed else None)
    ground, beyond = Ground(monkeypatch), AccountDay("9", DAY)
    ground.all_done(RUN, conflicts=(beyond,))
    assert ground.end().state == RunState.SUCCESS
    assert (beyond in ground.status) is told
    assert ground.named == ((*RUN.accounts, Account("9", "城南店")) if told else RUN.accounts)


@pytest.mark.parametrize(
    ("listed", "parked", "state"),
    [
        ((EAST,), (), RunState.PARTIAL),
        ((EAST, WEST), (), RunState.SUCCESS),
        ((EAST, WEST), (WEST,), RunState.PARTIAL),
        (None, (), RunState.PARTIAL),
    ],
    ids=["the only account", "one of two", "the only one not parked", "no list"],
)
def test_a_catch_up_without_data_is_suspicious_only_where_it_has_every_account_that_is_not_parked(
    monkeypatch: pytest.MonkeyPatch, listed: Sequence[Account] | None, parked: Sequence[Account], state: RunState
) -> None:
    names = Accounts({one.id: one.name for one in listed}) if listed else None
    monkeypatch.setattr(step, "remembered_accounts", lambda _: names)
    ground = Ground(monkeypatch, replace(RUN, run_id="catch-up-2026-02-11-2", accounts=(EAST,)))
    monkeypatch.setattr(ground.absences, "parked", lambda _: {one.id: None for one in parked})
    empty = (DayOutcome(day=DAY, state=DayState.EMPTY),)
    fetch = FetchOutcome(account_id=EAST.id, days=empty, rows=0, checksum="", as_of=SEVEN, spent_lately=True)
    ground.all_done(replace(RUN, accounts=(EAST,)))
    ground.found(Step(FETCH, 0, EAST.id), fetch)
    assert ground.end().state == state


def test_a_run_whose_end_broke_three_times_has_failed(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "begun_parts", lambda *_: 1 / 0)
    for _ in range(2):
        with pytest.raises(LaikeError, match="ZeroDivisionError"):
            ground.end()
    summary = ground.end()
    assert (summary.state, summary.trouble and summary.trouble.reason) == (RunState.FAILED, "bug")
    assert ground.outcomes.is_done(RUN.run_id, str(Step(FINISH)))
